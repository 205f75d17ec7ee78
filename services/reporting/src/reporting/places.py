"""Where a case belongs on the map of the day on which its place was told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from reference import Territory, Unit

from reporting.indicators.period import HANOI
from reporting.pathway.cases import CaseStatus


def told_on(case: CaseStatus) -> date | None:
    """The day on which it was told where the case belongs: what its code means depends on that."""
    return case.commune_told.occurred_at.astimezone(HANOI).date() if case.commune_told else None


def district_of(territory: Territory, case: CaseStatus) -> str:
    """Code of the district that the case's commune lay in on the day of the first contact; "" if in none."""
    day = told_on(case)
    if day is None:
        return ""
    unit = territory.district_of(case.commune, day)
    return unit.code if unit else ""


@lru_cache(maxsize=4)  # every indicator of a report asks for the same day, and there are 14,000 units
def districts_on(territory: Territory, on: date) -> Mapping[str, str]:
    """Commune → district, of those districts that there are on that day. A commune that ended before keeps
    the district in which it lay last: whom it counted is not lost."""
    last: dict[str, Unit] = {}
    for unit in territory:
        if unit.level == "commune" and unit.first_day <= on:
            known = last.get(unit.code)
            last[unit.code] = max(unit, known, key=lambda each: each.first_day) if known else unit
    parents = {code: unit.parent for code, unit in last.items() if unit.parent}
    there = {parent for parent in parents.values() if _is_there(territory, parent, on)}
    return {code: parent for code, parent in parents.items() if parent in there}


def _is_there(territory: Territory, district: str, on: date) -> bool:
    unit = territory.unit(district, on)
    return unit is not None and unit.level == "district"


@lru_cache(maxsize=1_000)
def communes_of(territory: Territory, district: str) -> frozenset[str]:
    """Codes of all communes that ever lay in the district: who answers for it keeps its older cases."""
    return frozenset(unit.code for unit in territory if unit.level == "commune" and unit.parent == district)
