"""Provinces, districts and communes: units with a life, by their national code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Literal

from reference.entries import Code, Lasting, Name, read_entries
from reference.errors import ReferenceInvalid

Level = Literal["province", "district", "commune"]


class Unit(Lasting):
    """An administrative unit during a stretch of its life; a renamed unit has two entries with one code."""

    code: Code
    name: Name
    level: Level
    parent: Code | None = None
    note: str | None = None


class Territory:
    """All units by code; a code may have several entries that follow each other in time."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._by_code: dict[str, list[Unit]] = {}
        for unit in units:
            self._by_code.setdefault(unit.code, []).append(unit)

    @classmethod
    def load(cls, file: Path) -> Territory:
        """Reads `territory.yaml`; raises `ReferenceInvalid` for overlapping lives and unknown parents."""
        territory = cls(read_entries(file, "units", Unit, "code"))
        for unit in territory:
            territory._check(file, unit)
        return territory

    def unit(self, code: str, on: date) -> Unit | None:
        """The unit that bore the code on that day, or none."""
        return next((unit for unit in self._by_code.get(code, ()) if unit.holds(on)), None)

    def commune_exists(self, code: str, on: date) -> bool:
        """Whether a commune bore the code on that day."""
        unit = self.unit(code, on)
        return unit is not None and unit.level == "commune"

    def district_of(self, commune: str, on: date) -> Unit | None:
        """The district the commune lay in on that day; none after districts ended or for no such commune."""
        unit = self.unit(commune, on)
        parent = self.unit(unit.parent, on) if unit and unit.parent else None
        return parent if parent is not None and parent.level == "district" else None

    def communes_of(self, district: str, on: date) -> list[Unit]:
        """The communes of a district on that day, in the order of the file."""
        return [u for u in self if u.level == "commune" and u.parent == district and u.holds(on)]

    def knows(self, code: str) -> bool:
        """Whether any unit ever bore the code."""
        return code in self._by_code

    def first(self, code: str) -> Unit:
        """The first entry of a code that `knows` says is there."""
        return self._by_code[code][0]

    def __iter__(self) -> Iterator[Unit]:
        return (unit for units in self._by_code.values() for unit in units)

    def __len__(self) -> int:
        return sum(len(units) for units in self._by_code.values())

    def _check(self, file: Path, unit: Unit) -> None:
        name = f"unit {unit.code}"
        if unit.parent is not None and not self.knows(unit.parent):
            raise ReferenceInvalid(file, name, f"parent {unit.parent} is not in this file: add it")
        if unit.level != "province" and unit.parent is None:
            raise ReferenceInvalid(file, name, f"a {unit.level} needs a parent")
        for other in self._by_code[unit.code]:
            if other is not unit and _overlap(unit, other):
                raise ReferenceInvalid(
                    file, name, "two entries hold on one day: end the one before the other"
                )


def _overlap(one: Unit, other: Unit) -> bool:
    starts = max(one.since or date.min, other.since or date.min)
    return starts <= min(one.until or date.max, other.until or date.max)
