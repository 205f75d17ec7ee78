"""Finding units by name, for people who type."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from territory.events import Level
from territory.names import accented, folded, own_name
from territory.units import Unit

if TYPE_CHECKING:
    from territory.territory import Territory

READ_AT_MOST = 100
"""Units looked at for one question: "tan" begins hundreds of names, and nobody reads a list of hundreds."""
_ORDER: dict[Level, int] = {"commune": 0, "district": 1, "province": 2}


class _Alphabet:
    """Units by folded keys in alphabetical order; under one key the living first."""

    def __init__(self, pairs: Iterable[tuple[str, Unit]]) -> None:
        units: dict[str, list[Unit]] = {}
        for key, unit in pairs:
            units.setdefault(key, []).append(unit)
        self._keys = sorted(units)
        self._units = [tuple(sorted(units[key], key=_order)) for key in self._keys]

    def beginning(self, wanted: str) -> Iterator[Unit]:
        """Units with a key that begins so: those named just so first, then by the alphabet."""
        for at in range(bisect_left(self._keys, wanted), len(self._keys)):
            if not self._keys[at].startswith(wanted):
                return
            yield from self._units[at]


class NameIndex:
    """The folded names of all units, readable from their beginning or from any word of theirs on."""

    def __init__(self, territory: Territory) -> None:
        keys = {unit: folded(own_name(unit.vi, unit.level)) for unit in territory}
        named = [(key, unit) for unit, own in keys.items() for key in (own, folded(unit.vi))]
        self._names = _Alphabet(named)
        self._words = _Alphabet((tail, unit) for unit, key in keys.items() for tail in _tails(key))
        self._spelled = {unit: accented(unit.vi) for unit in keys}
        self._places = _places(named)

    def search(self, text: str, *, on: date | None, level: Level | None, limit: int) -> list[Unit]:
        """See `Territory.search`."""
        name, *above = text.split(",")
        wanted, spelled = folded(name), accented(name)
        places = [f"\n{place}" for place in map(folded, above) if place]
        found: dict[Unit, None] = {}
        enough = limit if wanted == spelled else READ_AT_MOST
        for unit in islice(self._beginning(wanted), READ_AT_MOST):
            fits = (level is None or unit.level == level) and (on is None or unit.holds(on))
            if fits and (not places or self._lies_in(unit, places)):
                found[unit] = None
                if len(found) >= enough:
                    break
        return self._as_spelled(found, spelled, wanted)[:limit]

    def _beginning(self, wanted: str) -> Iterator[Unit]:
        """Names that begin so, then names with a later word that does."""
        if wanted:
            yield from self._names.beginning(wanted)
            yield from self._words.beginning(wanted)

    def _as_spelled(self, found: Iterable[Unit], spelled: str, wanted: str) -> list[Unit]:
        """Those with the diacritics that were typed before the others; the order stays where none were."""
        if spelled == wanted:
            return list(found)
        return sorted(found, key=lambda unit: spelled not in self._spelled[unit])

    def _lies_in(self, unit: Unit, places: list[str]) -> bool:
        names = self._places.get(unit.parent, "")
        return all(place in names for place in places)


def _places(named: list[tuple[str, Unit]]) -> dict[str | None, str]:
    """By the code of an area the names of it and of what it lies in, each after a line break."""
    names: dict[str | None, str] = {}
    for level in ("province", "district"):
        for key, unit in named:
            if unit.level == level:
                names[unit.code] = f"{names.get(unit.code, '')}\n{key}{names.get(unit.parent, '')}"
    return names


def _tails(key: str) -> Iterator[str]:
    """The name from each of its later words on."""
    at = key.find(" ")
    while at >= 0:
        yield key[at + 1 :]
        at = key.find(" ", at + 1)


def _order(unit: Unit) -> tuple[bool, int, str, date]:
    return unit.until is not None, _ORDER[unit.level], unit.code, unit.since
