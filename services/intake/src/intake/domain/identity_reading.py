"""One reading of an identity, or one refused: streams of their own, so that nothing of a case changes."""

from __future__ import annotations

from uuid import UUID

from chassis.aggregate import Aggregate, event
from contracts.envelope import Meta
from contracts.events.vault import IdentityRead, IdentityReadRefused


class IdentityReading(Aggregate):
    """Its subject is the case."""

    class Created(Aggregate.Created):
        data: IdentityRead

    @event(Created)
    def __init__(self, data: IdentityRead, meta: Meta) -> None:
        self.case_id = meta.subject

    @classmethod
    def begin(cls, reading_id: UUID, data: IdentityRead, meta: Meta) -> IdentityReading:
        """Recorded once for each time that somebody is shown who a client is."""
        return cls._create(cls.Created, id=reading_id, data=data, meta=meta)


MOST_A_DAY = 100
"""How many refused looks of one office are recorded a day, so that nobody fills the disk by asking: whoever
is refused more often is seen by these, and by the count of all."""


class IdentityRefusal(Aggregate):
    """Its subject is the office that was refused."""

    class Created(Aggregate.Created):
        data: IdentityReadRefused

    @event(Created)
    def __init__(self, data: IdentityReadRefused, meta: Meta) -> None:
        self.code = data.code

    @classmethod
    def begin(cls, refusal_id: UUID, data: IdentityReadRefused, meta: Meta) -> IdentityRefusal:
        """Recorded once a day for each who was refused, of each case and for each cause."""
        return cls._create(cls.Created, id=refusal_id, data=data, meta=meta)
