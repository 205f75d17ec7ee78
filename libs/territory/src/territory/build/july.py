"""The events that the lists tell of: what there was before 1 July 2025, and what that day made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from territory.build.lists import OTHER, Before, Listed
from territory.events import (
    Code,
    Event,
    Name,
    OrgUnit,
    OrgUnitAbolished,
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
    OtherCode,
)
from territory.names import english, kind_of

LAST_DAY = date(2025, 6, 30)
FIRST_DAY = date(2025, 7, 1)
NO_DISTRICTS = "Resolution 203/2025/QH15, article 2: no districts from 1 July 2025"


def org_unit(listed: Listed, also: Iterable[Code] = ()) -> OrgUnit:
    """The unit of a list as events have it: kind and English name follow from its name."""
    return OrgUnit(
        code=listed.code,
        name=Name(vi=listed.name, en=english(listed.name, listed.level)),
        level=listed.level,
        kind=kind_of(listed.name, listed.level),
        parent=listed.parent,
        also=tuple(OtherCode(code=code, list=OTHER) for code in also),
    )


def snapshot(before: Before, older: frozenset[Code], source: str) -> Iterator[Event]:
    """All units of the day before, but those whose life the file of older units tells."""
    for listed in before.units:
        if listed.code not in older:
            yield OrgUnitCreated(effective=LAST_DAY, source=source, dated="by", unit=org_unit(listed))


def first_of_july(before: Before, after: list[Listed], also: dict[str, str], source: str) -> Iterator[Event]:
    """What 1 July 2025 did: one event for each new unit, each divided commune and each district."""
    whole: dict[str, list[str]] = defaultdict(list)
    for old, new in sorted(before.whole.items()):
        whole[new].append(old)
    grown = {new for parts in before.divided.values() for new in parts}
    for listed in after:
        if listed.level == "province":
            yield from _province(listed, before.provinces[listed.code], source)
        else:
            other = {also[listed.code]} - {listed.code}
            yield _commune(org_unit(listed, other), whole[listed.code], listed.code in grown, source)
    for code, parts in before.divided.items():
        yield OrgUnitSplit(effective=FIRST_DAY, source=source, code=code, into=tuple(parts))
    for listed in before.units:
        if listed.level == "district" and listed.code not in before.whole:
            yield OrgUnitAbolished(effective=FIRST_DAY, source=NO_DISTRICTS, code=listed.code)


def _province(listed: Listed, olds: list[str], source: str) -> Iterator[Event]:
    """A province that nothing joined goes on, and has no event."""
    if olds != [listed.code]:
        yield OrgUnitsMerged(effective=FIRST_DAY, source=source, units=tuple(olds), into=org_unit(listed))


def _commune(unit: OrgUnit, olds: list[str], grown: bool, source: str) -> Event:
    if not olds:
        return OrgUnitCreated(effective=FIRST_DAY, source=source, unit=unit)
    if len(olds) == 1 and not grown:
        return OrgUnitRenamed(effective=FIRST_DAY, source=source, code=olds[0], unit=unit)
    return OrgUnitsMerged(effective=FIRST_DAY, source=source, units=tuple(olds), into=unit)
