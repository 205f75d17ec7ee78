"""One proposal that two clients may be one person.

A stream of its own: nothing of the case changes by what is found beside it, sooner or later.
"""

from __future__ import annotations

from uuid import UUID

from chassis.aggregate import Aggregate, event
from contracts.envelope import Meta
from contracts.events.people import MatchesProposed


class Proposal(Aggregate):
    """Its subject is the case of the client who came later."""

    class Created(Aggregate.Created):
        data: MatchesProposed

    @event(Created)
    def __init__(self, data: MatchesProposed, meta: Meta) -> None:
        self.case_id = meta.subject

    @classmethod
    def begin(cls, proposal_id: UUID, data: MatchesProposed, meta: Meta) -> Proposal:
        """Recorded once for each pair and ground."""
        return cls._create(cls.Created, id=proposal_id, data=data, meta=meta)
