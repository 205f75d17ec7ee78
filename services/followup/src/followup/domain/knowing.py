"""What of a way an organisation may know: no answer tells more than reporting would show (`domain.md`, Who
takes part; `reporting.access`).
"""

from __future__ import annotations

from collections.abc import Collection

from contracts.vocabulary import OrgKind

from followup.domain.stays import Stays
from followup.domain.way import Fact

KNOW_THE_WAY = frozenset({OrgKind.COMMUNE_SOCIAL, OrgKind.DISTRICT_SOCIAL, OrgKind.SUPERVISOR})
"""Who takes people up, or supervises that."""


def knows_the_way(org: str, kind: str, stays: Stays) -> bool:
    """Whether it may know all of it; an authority, once the person was handed over to it."""
    handed_over = any(stay.notified_to == org for stay in stays)
    return kind in KNOW_THE_WAY or (kind == OrgKind.COMMUNE_AUTHORITY and handed_over)


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
