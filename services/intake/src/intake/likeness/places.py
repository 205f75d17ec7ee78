"""Which communes are near to one another, as far as the territory can tell: those that became one another.

The territory has no borders. Communes that were merged into one lay beside each other; whoever told one of
them before, and another later, may well have stayed where they were.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from territory import Territory, Unit

MOST = 12
"""So many are looked through: each costs a few keys more of every lookup."""


class Country(Protocol):
    """The territory as it is now."""

    @property
    def now(self) -> Territory: ...


class TerritoryPlaces:
    """`intake.likeness.profile.Places` by the steps of units: what a commune became, came from, and what else
    became the same."""

    def __init__(self, country: Country) -> None:
        self._country = country

    def neighbours(self, commune: str) -> tuple[str, ...]:
        """The codes of communes near this one; none for a code that nobody knows."""
        return _near(self._country.now, commune)


@lru_cache(maxsize=16_384)
def _near(territory: Territory, code: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for unit in territory.lives(code):
        later, earlier = _became(territory, unit), _came_from(territory, unit)
        beside = [one for other in later for one in _came_from(territory, other)]
        found.update(dict.fromkeys(one.code for one in (*later, *earlier, *beside)))
    found.pop(code, None)
    return tuple(found)[:MOST]


def _became(territory: Territory, unit: Unit) -> tuple[Unit, ...]:
    step = territory.became(unit)
    return tuple(step.units) if step else ()


def _came_from(territory: Territory, unit: Unit) -> tuple[Unit, ...]:
    step = territory.came_from(unit)
    return tuple(step.units) if step else ()
