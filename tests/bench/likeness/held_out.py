"""Mistakes that the weights were not estimated with: how the scorer does where it was not taught.

Each is made in the second record of every pair, on top of the usual mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tests.bench.likeness.mistakes import Office, Written, without_marks
from tests.bench.likeness.population import Person

Spoil = Callable[[Office, Person], str]

_SCANNED = str.maketrans({"m": "rn", "l": "i", "i": "l", "h": "b", "n": "u", "o": "c", "g": "q"})


def _joined(_office: Office, person: Person) -> str:
    """A login name or a file name: nguyenvanhung."""
    return without_marks("".join([person.family, *person.middle, person.given])).lower()


def _scanned(office: Office, person: Person) -> str:
    """Read from paper by a machine: one letter for another that looks like it, in the given name."""
    places = [n for n, letter in enumerate(person.given) if ord(letter) in _SCANNED]
    if not places:
        return _straight(person)
    place = office.draw.choice(places)
    given = person.given[:place] + person.given[place].translate(_SCANNED) + person.given[place + 1 :]
    return Written(person.family, person.middle, given).text()


def _other_middle(office: Office, person: Person) -> str:
    """Remembered wrongly: another middle name."""
    others = ["Mạnh", "Đức", "Quang"] if person.sex == "male" else ["Thu", "Thanh", "Kim"]
    other = office.draw.choice([name for name in others if name not in person.middle])
    return Written(person.family, (other,), person.given).text()


def _other_family(office: Office, person: Person) -> str:
    """The mother's family name."""
    other = office.draw.choice([name for name in ("Nguyễn", "Trần", "Lê") if name != person.family])
    return Written(other, person.middle, person.given).text()


def _southern_end(_office: Office, person: Person) -> str:
    """Final n and ng, t and c, as they are confused in the South."""
    given = person.given
    for ending, other in (("ng", "n"), ("nh", "n"), ("n", "ng"), ("t", "c"), ("c", "t")):
        if re.search(f"[^nh]{ending}$", given):
            return Written(person.family, person.middle, given[: -len(ending)] + other).text()
    return _straight(person)


def _straight(person: Person) -> str:
    return Written(person.family, person.middle, person.given).text()


HELD_OUT: dict[str, Spoil] = {
    "words run together in small letters": _joined,
    "a letter misread by a scanner": _scanned,
    "another middle name": _other_middle,
    "another family name": _other_family,
    "southern endings": _southern_end,
}


class HeldOut(Office):
    """An office that makes one of these mistakes every time, and the usual ones with years and places."""

    spoil: Spoil

    def name(self, person: Person) -> str:
        """The spoilt name."""
        return self._put_down(self.spoil(self, replace(person, alias=None)))
