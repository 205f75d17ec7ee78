"""All units of all days, and the questions that services ask of them. Days are days of Asia/Ho_Chi_Minh."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cached_property

from territory import resolving
from territory.events import Level
from territory.lineage import Lineage
from territory.search import NameIndex
from territory.units import Reached, Step, Unit

_TABLES_KEPT = 16


class Territory:
    """Units in memory; safe to share between threads, for it never changes. `territory.load()` makes it."""

    def __init__(self, units: Iterable[Unit], lineage: Lineage) -> None:
        in_order = sorted(units, key=lambda unit: unit.key)
        self._units = tuple(in_order)
        self._lineage = lineage
        self._led: dict[str, tuple[Unit, ...]] = _grouped((unit.code, unit) for unit in in_order)
        self._also = _grouped((code, unit) for unit in in_order for code, _ in unit.also)
        self._turns = sorted({unit.since for unit in in_order} | {_after(u) for u in in_order if u.until})
        self._tables: dict[tuple[int, Level], dict[str | None, tuple[Unit, ...]]] = {}

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units)

    def __len__(self) -> int:
        return len(self._units)

    def lives(self, code: str) -> Sequence[Unit]:
        """All units that ever led with the code, in the order of time."""
        return self._led.get(code, ())

    def lives_by_other_list(self, code: str) -> Sequence[Unit]:
        """All units to which a list that does not lead gives the code, in the order of time."""
        return self._also.get(code, ())

    def knows(self, code: str) -> bool:
        """Whether any list ever gave any unit the code."""
        return code in self._led or code in self._also

    def unit(self, code: str, on: date) -> Unit | None:
        """The unit that the code meant on that day: by the list that leads, else by the other; or none."""
        return _holding(self._led.get(code, ()), on) or _holding(self._also.get(code, ()), on)

    def leading_code(self, code: str, on: date) -> str | None:
        """The leading code of the unit that the code meant on that day, or none."""
        unit = self.unit(code, on)
        return unit.code if unit else None

    def first(self, code: str) -> Unit:
        """The oldest unit that bore a code; raises `KeyError` for one that nobody `knows`."""
        return (self._led.get(code) or self._also[code])[0]

    def commune_exists(self, code: str, on: date) -> bool:
        """Whether the code meant a commune on that day."""
        unit = self.unit(code, on)
        return unit is not None and unit.level == "commune"

    def district_of(self, commune: str, on: date) -> Unit | None:
        """The district that the commune lay in on that day; none after districts ended."""
        return next((unit for unit in self.parents(commune, on) if unit.level == "district"), None)

    def communes_of(self, district: str, on: date) -> tuple[Unit, ...]:
        """The communes of a district on that day, in order of their codes."""
        return self.units(on, "commune", within=district)

    def parents(self, code: str, on: date) -> tuple[Unit, ...]:
        """What the unit lay in on that day, nearest first; empty for a province and for no such unit."""
        unit = self.unit(code, on)
        return self.parents_of(unit, on) if unit else ()

    def parents_of(self, unit: Unit, on: date) -> tuple[Unit, ...]:
        """What a unit that holds on that day lay in, nearest first."""
        found: list[Unit] = []
        parent = unit.parent
        while parent is not None and (above := _holding(self._led.get(parent, ()), on)):
            found.append(above)
            parent = above.parent
        return tuple(found)

    def successors(self, code: str, on: date, later: date) -> Reached | None:
        """What became by `later` of the unit that the code meant on that day; none for no such unit."""
        _in_order(on, later)
        return self._followed(code, on, later)

    def predecessors(self, code: str, on: date, earlier: date) -> Reached | None:
        """What there was at `earlier` of the unit that the code meant on that day; none for no such unit."""
        _in_order(earlier, on)
        return self._followed(code, on, earlier)

    def became(self, unit: Unit) -> Step | None:
        """The step that ended the unit; none while it lives, and none if nothing followed it."""
        return self._lineage.became(unit)

    def came_from(self, unit: Unit) -> Step | None:
        """The step that it began with; none if it began out of nothing that is known."""
        return self._lineage.came_from(unit)

    def follow(self, unit: Unit, day: date) -> Reached:
        """The units of that day, earlier or later, that the unit's area lies in."""
        return self._lineage.follow(unit, day)

    def units(self, on: date, level: Level, within: str | None = None) -> tuple[Unit, ...]:
        """The units of a level on that day in order of their codes, of the whole country or of one unit above
        them.

        `within` is a leading code of that day; a code that is none gives nothing.
        """
        key = (bisect_right(self._turns, on), level)
        table = self._tables.get(key) or self._table(key, on)
        return table.get(within, ())

    def resolve(self, code: str, on: date) -> resolving.Resolution:
        """Which unit a code in an event of that day means, by the rules of docs/territory.md."""
        return resolving.resolve(self, code, on)

    def carry(self, code: str, fact_day: date, map_day: date) -> resolving.Carried:
        """Where a fact of one day lies on the map of another: in one unit, in one of several, or nobody
        knows.
        """
        return resolving.carry(self, code, fact_day, map_day)

    def search(
        self, text: str, *, on: date | None = None, level: Level | None = None, limit: int = 20
    ) -> list[Unit]:
        """Units whose name begins so, best first; `on` leaves only those of that day.

        With or without diacritics and level word, in Vietnamese or plain letters, and "ngoc lam, ha noi" for
        the one that lies there. Reads names from any of their words on ("liem" finds Từ Liêm); corrects no
        mistakes.
        """
        return self.names.search(text, on=on, level=level, limit=limit)

    @cached_property
    def names(self) -> NameIndex:
        """The index behind `search`; made when first asked for, as few processes ask."""
        return NameIndex(self)

    def _followed(self, code: str, on: date, day: date) -> Reached | None:
        unit = self.unit(code, on)
        return self._lineage.follow(unit, day) if unit else None

    def _table(self, key: tuple[int, Level], on: date) -> dict[str | None, tuple[Unit, ...]]:
        rows: dict[str | None, list[Unit]] = {None: []}
        for unit in self._units:
            if unit.level == key[1] and unit.holds(on):
                rows[None].append(unit)
                for above in self.parents_of(unit, on):
                    rows.setdefault(above.code, []).append(unit)
        while len(self._tables) >= _TABLES_KEPT:
            self._tables.pop(next(iter(self._tables)), None)
        table = self._tables[key] = {within: tuple(units) for within, units in rows.items()}
        return table


def _grouped(pairs: Iterable[tuple[str, Unit]]) -> dict[str, tuple[Unit, ...]]:
    groups: dict[str, tuple[Unit, ...]] = {}
    for code, unit in pairs:
        groups[code] = (*groups.get(code, ()), unit)
    return {code: tuple(sorted(units, key=lambda unit: unit.since)) for code, units in groups.items()}


def _holding(units: Sequence[Unit], on: date) -> Unit | None:
    for unit in units:
        if unit.holds(on):
            return unit
    return None


def _after(unit: Unit) -> date:
    return (unit.until or date.max) + timedelta(days=1)


def _in_order(earlier: date, later: date) -> None:
    if later < earlier:
        raise ValueError(f"{later} is before {earlier}: ask the other way round")
