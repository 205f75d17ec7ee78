"""The map of a day: where people who were told of on any day lie on it. What no data carry over is shown as
such, never divided or guessed (docs/territory.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from reference import Territory, Unit

from reporting.indicators.figures import percent

Level = Literal["province", "district", "commune"]


class Spot(NamedTuple):
    """Where on the map: `exactly` in the one unit, in `one_of` several, or `nowhere`. Codes of that day."""

    certainty: Literal["exactly", "one_of", "nowhere"]
    codes: tuple[str, ...] = ()


NOWHERE = Spot("nowhere")
_ORDER = ("exactly", "one_of", "nowhere")


class Told(NamedTuple):
    """A person's place as it was told: the code of the commune, the day, the row of the indicator."""

    commune: str
    on: date | None
    row: str


DayCounts = Mapping[Told, int]
"""People by the place and day that their commune was told of."""


@dataclass(frozen=True)
class MapFigure:
    """One cell; no `spot`: the whole."""

    spot: Spot | None
    row: str
    count: int
    of: int | None

    @property
    def percent(self) -> float | None:
        """Share of `of`, one decimal half up; None where there is no denominator or it is 0."""
        share = None if self.of is None else percent(self.count, self.of)
        return None if share is None else float(share)


@dataclass
class Map:
    """The map of one day. Remembers what it was asked, so a report asks each place once."""

    territory: Territory
    on: date
    _known: dict[tuple[str, date | None], tuple[Unit, ...] | None] = field(default_factory=dict)

    def has(self, level: Level) -> bool:
        """Whether there are units of that level on it."""
        return bool(self.territory.units(self.on, level))

    def leading_code(self, code: str, level: str) -> str | None:
        """The code under which the unit of that level stands on it to which either list gives this one; none
        if neither does, or each to another unit."""
        resolved = self.territory.resolve(code, self.on)
        unit = resolved.unit if resolved.outcome in ("current", "other_list") else None
        return unit.code if unit is not None and unit.level == level else None

    def spot(self, commune: str, told_on: date | None, level: Level) -> Spot:
        """Where a place lies, at a level: parts of a divided ward may all lie in one district."""
        units = self._carried(commune, told_on)
        if units is None:
            return NOWHERE
        codes = {self._at(unit, level) for unit in units}
        if None in codes:
            return NOWHERE
        found = tuple(sorted(code for code in codes if code))
        return Spot("exactly" if len(found) == 1 else "one_of", found)

    def lies_in(self, told: Told, districts: Iterable[str], communes: Iterable[str]) -> bool:
        """Whether a place lies in one of these units of the map, whatever part of it."""
        for level, codes in (("district", frozenset(districts)), ("commune", frozenset(communes))):
            spot = self.spot(told.commune, told.on, level)  # type: ignore[arg-type]
            if spot.codes and codes.issuperset(spot.codes):
                return True
        return False

    def _carried(self, commune: str, told_on: date | None) -> tuple[Unit, ...] | None:
        """The units that it lies in, none where it cannot be followed."""
        key = commune, told_on
        if key not in self._known:
            self._known[key] = self._look(commune, told_on)
        return self._known[key]

    def _look(self, commune: str, told_on: date | None) -> tuple[Unit, ...] | None:
        if not commune or told_on is None:
            return None
        carried = self.territory.carry(commune, told_on, self.on)
        return None if carried.certainty == "nowhere" else carried.units

    def _at(self, unit: Unit, level: Level) -> str | None:
        """The unit itself where it is of that level or, for communes, of none below it (island districts)."""
        if unit.level == level or level == "commune":
            return unit.code
        above = self.territory.parents_of(unit, self.on)
        return next((each.code for each in above if each.level == level), None)


def map_figures(
    counts: DayCounts, whole: DayCounts | None, map_: Map, level: Level | None, rows: Sequence[str]
) -> list[MapFigure]:
    """Every cell: the whole first, units by code, what lies in one of several, what is nowhere.

    `whole` are the denominator's counts; places where it has people but the numerator none are cells of 0, as
    are the `rows` named. Every person is in exactly one cell of a row beside the whole.
    """
    totals, wholes = _summed(counts, map_, level), _summed(whole or {}, map_, level)
    spots = sorted({spot for spot, _ in (*totals, *wholes)} | {None}, key=_place)
    named = sorted({row for _, row in totals} | set(rows))
    return [
        MapFigure(
            spot,
            row,
            totals.get((spot, row), 0),
            None if whole is None else wholes.get((spot, ""), 0),
        )
        for spot in spots
        for row in named
    ]


def _summed(counts: DayCounts, map_: Map, level: Level | None) -> dict[tuple[Spot | None, str], int]:
    sums: dict[tuple[Spot | None, str], int] = {}
    for told, people in counts.items():
        for spot in (None, map_.spot(told.commune, told.on, level)) if level else (None,):
            sums[spot, told.row] = sums.get((spot, told.row), 0) + people
    return sums


def _place(spot: Spot | None) -> tuple[int, tuple[str, ...]]:
    return (-1, ()) if spot is None else (_ORDER.index(spot.certainty), spot.codes)
