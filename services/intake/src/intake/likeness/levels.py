"""How far two values of one field agree: the levels of Fellegi and Sunter's comparison."""

from __future__ import annotations

from enum import StrEnum

from rapidfuzz.distance import OSA

from intake.likeness.spelling import Syllable


class Level(StrEnum):
    """Agreement of two syllables in the same role of two names.

    SAME, TONE and MARKS exist only where both names bear marks, BARE only where one has none.
    """

    SAME = "same"
    BARE = "bare"
    TONE = "tone"
    MARKS = "marks"
    SOUND = "sound"
    TYPO = "typo"
    SHORT = "short"
    MISSING = "missing"
    DIFFERS = "differs"


class Year(StrEnum):
    """Agreement of two years of birth. ONE is also what a birthday before the lunar new year makes."""

    SAME = "same"
    ONE = "one"
    TWO = "two"
    SWAPPED = "swapped"
    DIGIT = "digit"
    NEAR = "near"
    DIFFERS = "differs"


class Place(StrEnum):
    """Agreement of two communes of residence."""

    SAME = "same"
    NEIGHBOUR = "neighbour"
    DIFFERS = "differs"


class Same(StrEnum):
    """Agreement of what is equal or not."""

    SAME = "same"
    DIFFERS = "differs"


def of_syllables(one: Syllable, other: Syllable, *, marked: bool) -> Level:
    """Compare two syllables; `marked`: both names bear marks."""
    if one.short or other.short:
        return _of_short(one.bare, other.bare)
    if one.bare == other.bare:
        if not marked:
            return Level.BARE
        if one.letters != other.letters:
            return Level.MARKS
        return Level.SAME if one.tone == other.tone else Level.TONE
    if one.sound == other.sound:
        return Level.SOUND
    return Level.TYPO if _is_slip(one.bare, other.bare) else Level.DIFFERS


def _of_short(one: str, other: str) -> Level:
    return Level.SHORT if one.startswith(other) or other.startswith(one) else Level.DIFFERS


def _is_slip(one: str, other: str) -> bool:
    """One slip of the keyboard (a letter more, less, wrong, or two exchanged); two in a long syllable."""
    longer = max(len(one), len(other))
    allowed = 0 if longer < 3 else 1 if longer < 6 else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def of_years(one: int, other: int) -> Year:
    """Compare two years of birth."""
    apart = abs(one - other)
    if apart <= 2:
        return (Year.SAME, Year.ONE, Year.TWO)[apart]
    a, b = f"{one:04}", f"{other:04}"
    wrong = [place for place in range(4) if a[place] != b[place]]
    if len(wrong) == 2 and a[wrong[0]] == b[wrong[1]] and a[wrong[1]] == b[wrong[0]]:
        return Year.SWAPPED
    if len(wrong) == 1:
        return Year.DIGIT
    return Year.NEAR if apart <= 5 else Year.DIFFERS
