"""A request that came before the consent on which it can rest: kept until that is reported."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from answering import Posting, deferred
from chassis.aggregate import Aggregate, event
from chassis.refusal import Refusal
from contracts.envelope import Meta
from contracts.events.common import AgencyEventDeferred, EventVoided
from reference import Policy


class PutOff(Aggregate):
    """One deferral, kept for ever: what was asked, and the event that it answers as its cause.

    Tried again whenever the case gets a consent. What becomes of it stands in the stream of its referral or
    of its refusal, with the same cause.
    """

    class Created(Aggregate.Created):
        data: AgencyEventDeferred

    class Withdrawn(Aggregate.Event):
        data: EventVoided

        def apply(self, aggregate: Any) -> None:
            """Nobody asks for it any more."""
            super().apply(aggregate)
            aggregate.withdrawn = True

    withdrawn = False

    @event(Created)
    def __init__(self, data: AgencyEventDeferred, meta: Meta) -> None:
        self.posting = Posting.deferred(data, meta)

    def withdraw(self, data: EventVoided, meta: Meta) -> None:
        """Records that what was asked was voided."""
        self.trigger_event(self.Withdrawn, data=data, meta=meta)

    @classmethod
    def until_later(cls, stream: UUID, posting: Posting, refusal: Refusal, policy: Policy) -> Self:
        """The answer that `refusal`, one for now, gives to what was posted."""
        data = deferred(posting, refusal, policy)
        return cls._create(cls.Created, id=stream, data=data, meta=posting.meta)
