"""What people write where a name belongs, taken apart: titles, nicknames, initials, words run together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from math import prod

from intake.likeness.frequency import FAMILY, GIVEN, MIDDLE, is_family, shares
from intake.likeness.spelling import is_syllable, syllable
from intake.likeness.words import words

MOST_CHARACTERS, LONGEST_JOINED = 200, 30

_OPEN, _CLOSE = "(\\[{\"'‘’“”«»`", ")\\]}\"'‘’“”«»`"
_QUOTED = re.compile(rf"[{_OPEN}]([^{_OPEN}{_CLOSE}]{{1,40}})[{_CLOSE}]")
_NICKNAMES, _TITLES = words("nicknames"), words("titles")
_PHRASES = "|".join(sorted(words("called"), key=len, reverse=True))
_CALLED = re.compile(rf"[,;:/–-]*\s*\b(?:{_PHRASES})\b[\s:]*", re.IGNORECASE)
_UNUSUAL = frozenset(one.split()[-1] for one in words("called"))
_TITLE = re.compile(rf"^(?:{'|'.join(sorted(_TITLES))})[.:]?\s+(?=\S+\s+\S)", re.IGNORECASE)
_CONSONANTS = frozenset("bcdđghklmnpqrstvxBCDĐGHKLMNPQRSTVX")


def take_apart(text: str) -> tuple[list[str], list[str]]:
    """The words of the civil name in the order written, and what the person is called by besides."""
    text = text[:MOST_CHARACTERS].strip()
    plain = text.split()
    if len(plain) > 1 and all(map(_is_plain, plain)) and plain[0].casefold() not in _TITLES:
        return plain, []
    text = _TITLE.sub("", unicodedata.normalize("NFC", text))
    text, called = _without_quoted(text)
    text, *more = _CALLED.split(text) if _CALLED.sub("", text).strip() else [text]
    called += more
    civil = _words(text)
    if len(civil) > 1 and civil[-1].casefold() in _NICKNAMES:
        called.append(civil.pop())
    names = [alias for one in called for alias in _words(_CALLED.sub("", one))[-2:]]
    return (civil, names) if civil else (names[:1], names[1:])


@lru_cache(maxsize=8192)
def _is_plain(word: str) -> bool:
    """Whether a word is a part of a name as it stands. Nearly all are; the others take most of the time."""
    lower = word.casefold()
    usual = word.isalpha() and (word.istitle() or word.isupper() or word.islower())
    return usual and lower not in _NICKNAMES and lower not in _UNUSUAL and is_syllable(syllable(word).bare)


def _without_quoted(text: str) -> tuple[str, list[str]]:
    return _QUOTED.sub(" ", text), [match[1] for match in _QUOTED.finditer(text)]


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W_]+", _divide_at_capitals(unicodedata.normalize("NFC", text)))
    if len(found) == 1:
        return _initials(found[0])
    if len(found) == 2 and _all_consonants(found[1]) and len(found[1]) > 1 and found[1].isupper():
        return [*found[1], found[0]]
    return found


def _divide_at_capitals(text: str) -> str:
    """NguyenVanHung → Nguyen Van Hung; text all in capitals stays as it is."""
    joined = (
        " " + after if before.islower() and after.isupper() else after
        for before, after in zip(" " + text, text, strict=False)
    )
    return "".join(joined)


def _initials(word: str) -> list[str]:
    """`NVH` → N, V, H; `hungnv` → n, v, hung; `nguyenvanhung`: what login names are made of."""
    if 2 <= len(word) <= 4 and _all_consonants(word):
        return list(word)
    if is_syllable(syllable(word).bare):
        return [word]
    for length in (2, 3, 1):
        given, initials = word[:-length], word[-length:]
        if given and _all_consonants(initials) and syllable(given) in shares(GIVEN):
            return [*initials, given]
    return max(_divisions(word.casefold()), key=_usual, default=[word])


def _divisions(word: str, most: int = 5) -> Iterator[list[str]]:
    """The ways to divide what was run together (nguyenvanhung) into syllables, family name first."""
    if len(word) > LONGEST_JOINED:
        return
    for end in range(1, min(len(word), 8)):
        first = word[:end]
        if is_syllable(syllable(first).bare) and (most < 5 or is_family(syllable(first))):
            rest = word[end:]
            if is_syllable(syllable(rest).bare):
                yield [first, rest]
            if most > 2:
                yield from ([first, *others] for others in _divisions(rest, most - 1))


def _usual(parts: list[str]) -> float:
    """How often names are made of such parts."""
    family, *middle, given = map(syllable, parts)
    known = shares(MIDDLE)
    return shares(FAMILY).bare(family) * prod(map(known.bare, middle)) * shares(GIVEN).bare(given)


def _all_consonants(word: str) -> bool:
    return set(word) <= _CONSONANTS
