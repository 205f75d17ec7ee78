"""One reading of an identity: a stream of its own, so that nothing of the case changes by it."""

from __future__ import annotations

from uuid import UUID

from chassis.aggregate import Aggregate, event
from contracts.envelope import Meta
from contracts.events.vault import IdentityRead


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
