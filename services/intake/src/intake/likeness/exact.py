"""Two records with the same ID number: one person, unless their other fields speak against it.

An exact ID number is the only thing that links by itself; what this finds in conflict goes to a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from intake.likeness import levels
from intake.likeness.levels import Level
from intake.likeness.names import Name, Reading, read_name
from intake.likeness.spelling import Syllable


class Field(StrEnum):
    """The fields that may contradict each other, with the names that the events give them."""

    FULL_NAME = "full_name"
    BIRTH_DATE = "birth_date"
    BIRTH_YEAR = "birth_year"
    SEX = "sex"


class Verdict(StrEnum):
    """Whether the one ID number links the two."""

    AGREEING = "agreeing"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What one record says of the person with the ID number. None: it does not say."""

    full_name: str | None = None
    birth_date: date | None = None
    birth_year: int | None = None
    sex: str | None = None

    @classmethod
    def of_texts(
        cls, full_name: str | None, birth_date: str | None, birth_year: int | None, sex: str | None
    ) -> Known:
        """With a date as ISO 8601 writes it."""
        return cls(full_name, date.fromisoformat(birth_date) if birth_date else None, birth_year, sex)

    @property
    def year(self) -> int | None:
        """The year of birth, from either field."""
        return self.birth_date.year if self.birth_date else self.birth_year


@dataclass(frozen=True, slots=True)
class Comparison:
    """`conflicts`: the fields that contradict, in the order of `Field`; empty if the two agree."""

    verdict: Verdict
    conflicts: tuple[Field, ...]


def compare_exact(a: Known, b: Known) -> Comparison:
    """Compare two records with the same ID number. Symmetric; what one lacks never contradicts.

    In conflict are: names whose family or given names are two (misspelt, abbreviated, in another order, an
    alias: these agree); years of birth more than one apart (lunar, solar); full dates of the same year that
    differ, unless day and month are exchanged or one is 1 January, which is written where only the year is
    known; sexes that differ. The commune is no conflict: people move.
    """
    found = tuple(field for field, contradicts in _contradictions(a, b) if contradicts)
    return Comparison(Verdict.CONFLICT if found else Verdict.AGREEING, found)


def _contradictions(a: Known, b: Known) -> Iterator[tuple[Field, bool]]:
    yield Field.FULL_NAME, _names_contradict(a.full_name, b.full_name)
    yield Field.BIRTH_DATE, _dates_contradict(a.birth_date, b.birth_date)
    yield Field.BIRTH_YEAR, _years_contradict(a.year, b.year)
    yield Field.SEX, a.sex is not None and b.sex is not None and a.sex != b.sex


def _names_contradict(a: str | None, b: str | None) -> bool:
    one, other = read_name(a) if a else None, read_name(b) if b else None
    if one is None or other is None:
        return False
    return not any(
        _may_be_one(mine, theirs, one, other) for mine in one.readings for theirs in other.readings
    )


def _may_be_one(mine: Reading, theirs: Reading, one: Name, other: Name) -> bool:
    """The family names agree if both are told; a given name is the other's, or what they are called."""
    marked = one.is_marked and other.is_marked
    if mine.family and theirs.family and _differ(mine.family, theirs.family, marked=marked):
        return False
    pairs = [(mine.given, theirs.given), *((alias, theirs.given) for alias in one.aliases)]
    pairs += [(mine.given, alias) for alias in other.aliases]
    return not all(_differ(x, y, marked=marked) for x, y in pairs)


def _differ(one: Syllable, other: Syllable, *, marked: bool) -> bool:
    return levels.of_syllables(one, other, marked=marked) is Level.DIFFERS


def _dates_contradict(a: date | None, b: date | None) -> bool:
    if a is None or b is None or a.year != b.year:
        return False
    if (a.day, a.month) == (b.month, b.day) or (1, 1) in ((a.day, a.month), (b.day, b.month)):
        return False
    return a != b


def _years_contradict(a: int | None, b: int | None) -> bool:
    return a is not None and b is not None and abs(a - b) > 1
