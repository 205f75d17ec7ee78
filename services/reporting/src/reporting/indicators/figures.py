"""Figures as people read them: counts rolled up from communes to districts, and percentages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal


def percent(part: int, whole: int) -> Decimal | None:
    """`part` of `whole` in percent, one decimal, half up; None where there is no whole.

    Integers throughout: a float would round 12.25 to 12.2.
    """
    if whole <= 0:
        return None
    tenths = (2000 * part + whole) // (2 * whole)
    return Decimal(tenths).scaleb(-1)


@dataclass(frozen=True, order=True)
class Place:
    """Where people are counted: all (both empty), a district, or one commune of it. Codes."""

    district: str = ""
    commune: str = ""


@dataclass(frozen=True)
class Figure:
    """One cell: people counted at a place (in one row of the indicator), of how many, in percent."""

    place: Place
    row: str
    count: int
    of: int | None

    @property
    def percent(self) -> Decimal | None:
        """Share of `of`, one decimal half up; None where the indicator has no denominator or it is 0."""
        return None if self.of is None else percent(self.count, self.of)


Counts = Mapping[tuple[str, str], int]
"""People by (commune, row). A person has one commune, so communes add up without counting anyone twice."""


def rolled_up(counts: Counts, district_of: Mapping[str, str]) -> dict[tuple[Place, str], int]:
    """Counts for every commune, district and all, by (place, row). A commune without one stands alone."""
    totals: dict[tuple[Place, str], int] = {}
    for (commune, row), people in counts.items():
        for place in _places(commune, district_of.get(commune, "")):
            totals[place, row] = totals.get((place, row), 0) + people
    return totals


def figures(
    counts: Counts, whole: Counts | None, district_of: Mapping[str, str], rows: Iterable[str] = ("",)
) -> list[Figure]:
    """Every cell, ordered whole first, then by district, commune, row; `whole` is the denominator's counts.

    Places where the denominator has people but the numerator none are cells of 0, as are the `rows` named.
    """
    totals = rolled_up(counts, district_of)
    wholes = rolled_up(whole, district_of) if whole is not None else {}
    places = {place for place, _ in totals} | {place for place, _ in wholes} | {Place()}
    named = sorted({row for _, row in totals} | set(rows))
    return [
        Figure(place, row, totals.get((place, row), 0), None if whole is None else wholes.get((place, ""), 0))
        for place in sorted(places)
        for row in named
    ]


def _places(commune: str, district: str) -> set[Place]:
    return {Place(), Place(district) if district else Place(district, commune), Place(district, commune)}
