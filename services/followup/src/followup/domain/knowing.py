"""What of a way an organisation may know: no answer tells more than reporting would show (`domain.md`, Who
takes part; `reporting.access`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from contracts.vocabulary import OrgKind

from followup.domain.stays import Stays
from followup.domain.way import Fact

TAKEN_UP = "taken_up"
"""It met or registered the client, or was sent them to take them up."""
MOVED_TO = "moved_to"
"""It was told that the client moves to it."""
HANDED_OVER_TO = "handed_over_to"
"""It was told that a stay ends."""

WHOLE_BY = {
    OrgKind.COMMUNE_SOCIAL: frozenset({TAKEN_UP, MOVED_TO, HANDED_OVER_TO}),
    OrgKind.DISTRICT_SOCIAL: frozenset({TAKEN_UP, MOVED_TO, HANDED_OVER_TO}),
    OrgKind.COMMUNE_AUTHORITY: frozenset({MOVED_TO, HANDED_OVER_TO}),
    OrgKind.SUPERVISOR: frozenset[str](),
}
"""Kinds that see the whole of a case, by what ties them to its person; else that of their area."""


class Sight(Protocol):
    """Whom a case is shown to for what intake tells of it."""

    def ties(self, org: str, /) -> Collection[str]:
        """How the organisation came by the person: `TAKEN_UP`, `MOVED_TO`."""
        ...

    def answers_for(self, org: str, /) -> bool:
        """Whether the case belongs in its area."""
        ...


def knows_the_way(org: str, kind: str, stays: Stays, sight: Sight | None) -> bool:
    """Whether it may know all of it: whom the client was taken up by or sent to, and whose area it is."""
    if kind not in WHOLE_BY:
        return False
    ties = WHOLE_BY[OrgKind(kind)]
    if HANDED_OVER_TO in ties and any(stay.notified_to == org for stay in stays):
        return True
    return sight is not None and (not ties.isdisjoint(sight.ties(org)) or sight.answers_for(org))


def own_facts(org: str, stays: Stays, clinics: Collection[str]) -> frozenset[Fact]:
    """What a facility knows of its own stays, a clinic of its own patients."""
    own = stays.at(org)
    facts = {
        Fact.ADMITTED: bool(own),
        Fact.COMPLETED: any(stay.completed_on for stay in own),
        Fact.NOTIFIED: any(stay.notified_to for stay in own),
        Fact.INDUCTED: org in clinics,
    }
    return frozenset(fact for fact, holds in facts.items() if holds)
