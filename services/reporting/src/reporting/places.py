"""Where a case belongs on the map of the day on which its place was told."""

from __future__ import annotations

from reference import Territory

from reporting.indicators.period import HANOI
from reporting.pathway.cases import CaseStatus


def district_of(territory: Territory, case: CaseStatus) -> str:
    """Code of the district that the case's commune lay in on the day of the first contact; "" if in none."""
    if case.commune_told is None:
        return ""
    unit = territory.district_of(case.commune, case.commune_told.occurred_at.astimezone(HANOI).date())
    return unit.code if unit else ""


def communes_of(territory: Territory, district: str) -> frozenset[str]:
    """Codes of all communes that ever lay in the district: who answers for it keeps its older cases."""
    return frozenset(unit.code for unit in territory if unit.level == "commune" and unit.parent == district)
