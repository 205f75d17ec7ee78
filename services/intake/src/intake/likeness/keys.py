"""Keyed hashes by which candidates are found: the database has these, and no part of a name.

Each is of several features together, so that a hash is shared by few people and none says who has a
frequent name: given and family name with the year of birth, or with the commune; initials with either; year
and commune without any name; a whole name only where the name is rare. Features are of sounds, so that most
misspellings fall together. A lookup asks for more than what is stored: the years about the one told, the
communes around the one told.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from math import prod

from intake.likeness.frequency import FAMILY, GIVEN, MIDDLE, shares
from intake.likeness.names import Reading
from intake.likeness.profile import Places, Profile
from intake.likeness.spelling import Syllable

SCHEME = 1
"""Goes up when features or spellings change: keys of another are not found, and are to be made anew."""

RARE = 3e-5
"""A whole name is a key if fewer people than this share are expected to sound so (3 of 100,000)."""

UNKNOWN = "y?"
"""Stands for a birth year that nobody told."""

ADULT_YEARS = range(1935, 2021)
"""Looked through where no year is told."""

Feature = tuple[str, ...]

EXACT, CLOSE, WIDE = 0.0, -1.5, -4.0
"""What a probe is worth beside one of exactly what was told, in bits: how often such a mistake is made."""


def stored_keys(key: bytes, profile: Profile) -> frozenset[int]:
    """The keys to store of a person with this profile: about ten signed 64-bit numbers."""
    return frozenset(_hash(key, feature) for feature in features(profile))


def probes(key: bytes, profile: Profile, places: Places) -> dict[int, float]:
    """The keys to look for, each with the bits that its being a guess takes from what it finds."""
    found: dict[int, float] = {}
    for feature in features(profile):
        found[_hash(key, feature)] = EXACT
    for guess, bits in _guesses(profile, places):
        for feature in features(guess, guessed=True):
            found.setdefault(_hash(key, feature), bits)
    return found


def _hash(key: bytes, feature: Feature) -> int:
    """No part but the last, a code of a commune, can bear a control character: the joining is unambiguous."""
    digest = hmac.digest(key, "\x1f".join((f"likeness {SCHEME}", *feature)).encode(), "sha256")
    return int.from_bytes(digest[:8], "big", signed=True)


def features(profile: Profile, *, guessed: bool = False) -> Iterator[Feature]:
    """What the profile has; `guessed`: without initials, which with a guess besides would find too many."""
    year = UNKNOWN if profile.birth_year is None else f"y{profile.birth_year}"
    commune = profile.commune and f"c{profile.commune}"
    places = [year, commune] if commune else [year]
    name = profile.name
    if name is not None:
        for reading in name.readings:
            if not guessed:
                yield from _of_initials(reading, places)
            yield from _of_reading(reading, places)
        for alias in name.aliases:
            yield from (("called", alias.sound, place) for place in places)
            yield from _of_given(name.main.family, alias, places)
    if commune and year is not UNKNOWN:
        yield ("where", year, commune)


def _of_initials(reading: Reading, places: list[str]) -> Iterator[Feature]:
    initials = "".join(sorted(one.sound[:1] for one in reading.syllables))
    yield from (("initials", initials, place) for place in places if place is not UNKNOWN)


def _of_reading(reading: Reading, places: list[str]) -> Iterator[Feature]:
    if reading.given.short:
        return
    yield from _of_given(reading.family, reading.given, places)
    if reading.middle and not reading.middle[-1].short:
        yield from (("own", reading.middle[-1].sound, reading.given.sound, place) for place in places)
    elif reading.family is None:
        yield from (("called", reading.given.sound, place) for place in places)
    if _is_rare(reading):
        yield ("rare", *sorted(one.sound for one in reading.syllables))


def _of_given(family: Syllable | None, given: Syllable, places: list[str]) -> Iterator[Feature]:
    if family is not None:
        yield from (("given", family.sound, given.sound, place) for place in places)


def _is_rare(reading: Reading) -> bool:
    """Whether hardly anybody else is expected to have a name that sounds like this whole one."""
    if reading.family is None or any(one.short for one in reading.syllables):
        return False
    known = shares(MIDDLE)
    share = shares(FAMILY).sound(reading.family) * shares(GIVEN).sound(reading.given)
    return share * prod(known.sound(one) for one in reading.middle) < RARE


def _guesses(profile: Profile, places: Places) -> Iterator[tuple[Profile, float]]:
    """The profile, and what it would be if year or commune were told a little wrong, or not at all."""
    name, told = profile.full_name, profile.birth_year
    for year, bits in _years(told):
        yield Profile(name, year), bits
    if profile.commune is None:
        return
    for commune in places.neighbours(profile.commune):
        yield Profile(name, told, None, commune), CLOSE
    if told is not None:
        yield from ((Profile("", year, None, profile.commune), CLOSE) for year in (told - 1, told + 1))


def _years(told: int | None) -> Iterator[tuple[int | None, float]]:
    """Years that are told instead of this one: one, two or ten off, last digits exchanged, or none."""
    if told is None:
        yield from ((year, WIDE) for year in ADULT_YEARS)
        return
    yield None, CLOSE
    yield from ((told + step, CLOSE) for step in (-1, 1))
    yield from ((told + step, WIDE) for step in (-2, 2, -10, 10))
    decade, last = divmod(told % 100, 10)
    if decade != last:
        yield told - told % 100 + 10 * last + decade, WIDE
