"""A Vietnamese name as people write it, read into family, middle and given name and aliases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from intake.likeness.frequency import FAMILY, GIVEN, MIDDLE, is_family, shares
from intake.likeness.spelling import Syllable, abbreviation, is_syllable, syllable
from intake.likeness.writing import take_apart

MOST_SYLLABLES, MOST_ALIASES = 8, 4
"""What is longer is cut: no civil name is, and what is read must be bounded."""

TURNED, WORTH_READING = 0.1, 0.03
"""How many names are written given name first; how likely, beside the best, another reading must be."""

_SHORT = {
    FAMILY: {
        "ng": "nguyễn", "ngn": "nguyễn", "ngy": "nguyễn", "nguy": "nguyễn", "n": "nguyễn",
        "tr": "trần", "ph": "phạm", "hg": "hoàng", "đg": "đặng", "l": "lê",
    },
    MIDDLE: {"t": "thị", "th": "thị", "v": "văn"},
}  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """One way to understand the order of a name. `turned`: the given name was written first."""

    family: Syllable | None
    middle: tuple[Syllable, ...]
    given: Syllable
    turned: bool = False

    @property
    def syllables(self) -> tuple[Syllable, ...]:
        """All parts, family name first."""
        return (*((self.family,) if self.family else ()), *self.middle, self.given)


@dataclass(frozen=True, slots=True, repr=False)
class Name:
    """`readings`: at least one, the likely one first. `aliases`: what somebody is called by besides."""

    readings: tuple[Reading, ...]
    aliases: tuple[Syllable, ...]

    @property
    def main(self) -> Reading:
        """The reading that is likely."""
        return self.readings[0]

    @property
    def is_marked(self) -> bool:
        """Whether it was written with marks at all: if not, a syllable without says nothing."""
        return any(one.is_marked for one in self.main.syllables)


def read_name(text: str) -> Name | None:
    """Read a name; None if it has no letters. Never raises, whatever the text."""
    words, called = take_apart(text)
    words = [word for word in words if not word.isdigit()][:MOST_SYLLABLES]
    if not words:
        return None
    aliases = tuple(syllable(word) for word in called[:MOST_ALIASES])
    return Name(_readings(words), aliases)


def _readings(words: Sequence[str]) -> tuple[Reading, ...]:
    """Orders that are not far less likely than the best by how often its parts are what they would be."""
    ways = [_reading(words)]
    if len(words) == 1 or not _ends_in_a_family(words[-1]):
        return tuple(ways)
    ways += _turned(words)
    likely = sorted(((_plausible(way), -place, way) for place, way in enumerate(ways)), reverse=True)
    return tuple(way for share, _, way in likely if share >= WORTH_READING * likely[0][0])


def _turned(words: Sequence[str]) -> list[Reading]:
    """Hùng Nguyễn; Hung Van Nguyen and Van Hung Nguyen: the given name may come first or second last."""
    family, others = words[-1], list(words[:-1])
    orders = [others] if len(others) == 1 else [[*others[1:], others[0]], others]
    readings = [_reading([family, *order]) for order in orders]
    return [Reading(one.family, one.middle, one.given, turned=True) for one in readings]


def _plausible(reading: Reading) -> float:
    share = TURNED if reading.turned else 1.0
    if reading.family is not None:
        share *= shares(FAMILY).written(reading.family)
    for one in reading.middle:
        share *= shares(MIDDLE).written(one)
    return share * shares(GIVEN).written(reading.given)


def _ends_in_a_family(word: str) -> bool:
    last = _part(word, FAMILY)
    return last.short or is_family(last)


def _reading(words: Sequence[str]) -> Reading:
    *before, given = words
    if not before:
        return Reading(None, (), _part(given, GIVEN))
    family, *middle = before
    return Reading(_part(family, FAMILY), tuple(_part(one, MIDDLE) for one in middle), _part(given, GIVEN))


@lru_cache(maxsize=8192)
def _part(word: str, role: str) -> Syllable:
    """A syllable, or an abbreviation: a letter alone (but Ý, Y are names), or one that no vowel follows."""
    lower, meant = word.casefold(), _SHORT.get(role, {})
    alone = len(lower) == 1 and lower not in "yýỳỵỷỹ"
    if alone or (lower in meant and not is_syllable(syllable(word).bare)):
        return abbreviation(word, meant.get(lower))
    if len(lower) <= 3 and not set(lower) & set("aeiouy") and lower.isascii():
        return abbreviation(word, None)
    return syllable(word)
