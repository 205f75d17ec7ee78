"""How likely two profiles are one person, between 0 and 1, and why.

Fellegi and Sunter (1969): each field's agreement adds log2(m / u) bits to the prior odds; for parts of a
name, u is how often the value itself occurs (`frequency`), so that a rare name says more. Fields are taken as
independent, but the frequencies of names are those of the sex.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from intake.likeness import levels
from intake.likeness.frequency import FAMILY, GIVEN, MIDDLE, Shares, shares
from intake.likeness.levels import Level, Place, Same
from intake.likeness.names import Name, Reading
from intake.likeness.profile import Places, Profile
from intake.likeness.spelling import Syllable
from intake.likeness.weights import Weights, weights


class Reason(NamedTuple):
    """Why: a code of `texts.yaml` (`given_same`, `year_one`), and the bits that it adds (or takes)."""

    code: str
    bits: float


class Score(NamedTuple):
    """`likely`: the probability of one person. `reasons`: the weightiest first."""

    likely: float
    bits: float
    reasons: tuple[Reason, ...]


def score(one: Profile, other: Profile, places: Places, by: Weights | None = None) -> Score:
    """Compare two profiles, in whichever order. What one of them lacks says nothing."""
    by = by or weights()
    reasons = [*_names(one, other, by), *_years(one, other, by), *_sexes(one, other, by)]
    reasons += _communes(one, other, places, by)
    bits = by.prior + _bits(reasons)
    reasons.sort(key=lambda reason: -abs(reason.bits))
    return Score(1 / (1 + 2 ** -max(min(bits, 60.0), -60.0)), bits, tuple(reasons))


def _years(one: Profile, other: Profile, by: Weights) -> Iterator[Reason]:
    if one.birth_year is not None and other.birth_year is not None:
        level = levels.of_years(one.birth_year, other.birth_year)
        yield Reason(f"year_{level}", by.year[level])


def _sexes(one: Profile, other: Profile, by: Weights) -> Iterator[Reason]:
    if one.sex is not None and other.sex is not None:
        level = Same.SAME if one.sex == other.sex else Same.DIFFERS
        yield Reason(f"sex_{level}", by.sex[level])


def _communes(one: Profile, other: Profile, places: Places, by: Weights) -> Iterator[Reason]:
    if one.commune is None or other.commune is None:
        return
    level = Place.SAME if one.commune == other.commune else Place.DIFFERS
    if level is Place.DIFFERS and _border(one.commune, other.commune, places):
        level = Place.NEIGHBOUR
    yield Reason(f"commune_{level}", by.commune[level])


def _border(one: str, other: str, places: Places) -> bool:
    return other in places.neighbours(one) or one in places.neighbours(other)


def _names(one: Profile, other: Profile, by: Weights) -> list[Reason]:
    """The best of all ways to read the two names."""
    mine, theirs = one.name, other.name
    if mine is None or theirs is None:
        return []
    compared = _Names(mine, theirs, one.sex if one.sex == other.sex else None, by)
    ways = [compared.readings(a, b) for a in mine.readings for b in theirs.readings]
    if mine.aliases or theirs.aliases:
        ways += list(compared.by_alias())
    if (jumbled := compared.jumbled()) is not None:
        ways.append(jumbled)
    return [*max(ways, key=_bits), *compared.aliases()]


def _bits(reasons: Iterable[Reason]) -> float:
    return sum(reason.bits for reason in reasons)


class _Names:
    """Two names, compared part by part."""

    def __init__(self, one: Name, other: Name, sex: str | None, by: Weights) -> None:
        self._one, self._other, self._by = one, other, by
        self._marked = one.is_marked and other.is_marked
        self._sex = sex

    def readings(self, a: Reading, b: Reading) -> list[Reason]:
        """Family, middle and given names in their roles."""
        reasons = [*self._family(a, b), *self._middles(a.middle, b.middle)]
        reasons.append(self._agreement(GIVEN, a.given, b.given))
        if a.turned != b.turned:
            reasons.append(Reason("order_turned", self._by.turned))
        return reasons

    def by_alias(self) -> Iterator[list[Reason]]:
        """What one is called by is the given name of the other: Hùng 'Tý', and Tý."""
        a, b = self._one.main, self._other.main
        pairs = [(alias, b.given) for alias in self._one.aliases]
        pairs += [(a.given, alias) for alias in self._other.aliases]
        for mine, theirs in pairs:
            level = levels.of_syllables(mine, theirs, marked=self._marked)
            if level in (Level.SAME, Level.BARE, Level.TONE):
                bits = self._agreement(GIVEN, mine, theirs).bits + self._by.alias_is_given
                yield [*self._family(a, b), Reason("alias_is_given", bits)]

    def aliases(self) -> Iterator[Reason]:
        """Both are called the same besides."""
        called = {alias.bare for alias in self._one.aliases}
        if any(alias.bare in called for alias in self._other.aliases):
            yield Reason("alias_same", self._by.alias_same)

    def jumbled(self) -> list[Reason] | None:
        """The same syllables in an order that no reading explains; worth what the commoner order is."""
        mains = (self._one.main, self._other.main)
        mine, theirs = ([one.bare for one in main.syllables] for main in mains)
        if mine == theirs or sorted(mine) != sorted(theirs):
            return None
        least = min((self.readings(main, main) for main in mains), key=_bits)
        return [*least, Reason("order_jumbled", self._by.jumbled)]

    def _family(self, a: Reading, b: Reading) -> Iterator[Reason]:
        if a.family is not None and b.family is not None:
            yield self._agreement(FAMILY, a.family, b.family)

    def _middles(self, a: tuple[Syllable, ...], b: tuple[Syllable, ...]) -> Iterator[Reason]:
        """Each of the fewer with the one that suits it best, in order; the others were left out."""
        if len(a) == len(b) == 1:
            yield self._agreement(MIDDLE, a[0], b[0])
            return
        few, many = (a, b) if len(a) <= len(b) else (b, a)
        start = 0
        for place, mine in enumerate(few):
            open_to = range(start, len(many) - (len(few) - place) + 1)
            found = max(open_to, key=lambda there, mine=mine: self._agreement(MIDDLE, mine, many[there]).bits)  # type: ignore[misc]
            yield self._agreement(MIDDLE, mine, many[found])
            start = found + 1
        if len(few) < len(many):
            yield Reason("middle_missing", self._by.roles[MIDDLE].bits(Level.MISSING, marked=self._marked))

    def _agreement(self, role: str, a: Syllable, b: Syllable) -> Reason:
        return _agreement(self._by, role, self._sex, a, b, self._marked)


@lru_cache(maxsize=1 << 15)
def _agreement(by: Weights, role: str, sex: str | None, a: Syllable, b: Syllable, marked: bool) -> Reason:
    """What two syllables in one role are worth; kept, since a lookup compares the same few with many."""
    level = levels.of_syllables(a, b, marked=marked)
    chance = _chance(shares(role, sex), level, a, b)
    return Reason(f"{role}_{level}", by.roles[role].bits(level, marked=marked, chance=chance))


def _chance(known: Shares, level: Level, a: Syllable, b: Syllable) -> float | None:
    """How often somebody else's name agrees so with this one; None where it does not hang on the value.

    Of two that are written otherwise the more frequent is taken: the score is the same from either side.
    """
    if level is Level.SAME:
        return known.marked(a)
    if level is Level.BARE:
        return known.bare(a)
    if level in (Level.TONE, Level.MARKS):
        return max(known.bare(a) - max(known.marked(a), known.marked(b)), known.unlisted)
    if level is Level.SOUND:
        return max(known.sound(a) - max(known.bare(a), known.bare(b)), known.unlisted)
    if level is Level.SHORT:
        return known.beginning(a if len(a.bare) <= len(b.bare) else b)
    return None
