"""Which steps are known of whom: a case tells of its own client, and of whoever was one person with that one.

What was told of a client stays that client's, in whichever case it stands: while two are one it counts for
both, when they are two again for the one of whom it was told.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from intake.domain.order import Step


class Report(NamedTuple):
    """A step that an organisation reported of a client."""

    client: UUID
    step: Step
    org: str


Reports = dict[Report, datetime]
"""What a case tells, each with when we were told of it last."""


class Known(NamedTuple):
    """What counts of a client beside what the case at hand tells of its own one: `clients`, all who are one
    person with the client, who is one of them; `beside`, what the cases of others tell of them; `before`,
    what cases of their own tell that go on in this one."""

    clients: frozenset[UUID] = frozenset()
    beside: frozenset[Report] = frozenset()
    before: frozenset[Report] = frozenset()

    @property
    def elsewhere(self) -> frozenset[Report]:
        """All that other cases tell of them."""
        return self.beside | self.before


ALONE = Known()
"""Of whoever was never merged: the client of the case, and what that case tells."""


def steps_told(reports: Collection[Report], client: UUID, org: str) -> tuple[set[Step], set[Step]]:
    """The steps that are told of this client, and those of them that this organisation told."""
    told, own = set[Step](), set[Step]()
    for whom, step, by in reports:
        if whom is client or whom == client:
            told.add(step)
            if by == org:
                own.add(step)
    return told, own


def steps_of(reports: Collection[Report], clients: Collection[UUID]) -> frozenset[Step]:
    """The steps that are told of one of these clients."""
    return frozenset(one.step for one in reports if one.client in clients)
