"""A routed event that found no referral to act on, or asked for one that cannot be made."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from answering import refused
from chassis.aggregate import Aggregate, event
from chassis.refusal import Refusal
from contracts.envelope import Meta
from contracts.events.common import AgencyEventRefused


class TurnedAway(Aggregate):
    """One refusal, kept for ever: what the agency is told, and the event that it answers as its cause."""

    class Created(Aggregate.Created):
        data: AgencyEventRefused

    @event(Created)
    def __init__(self, data: AgencyEventRefused, meta: Meta) -> None:
        self.code = data.code
        self.cause = meta.causation_id

    @classmethod
    def because(cls, stream: UUID, refusal: Refusal, meta: Meta) -> Self:
        """The answer that `refusal` gives to the event that `meta.causation_id` names."""
        return cls._create(cls.Created, id=stream, data=refused(refusal), meta=meta)
