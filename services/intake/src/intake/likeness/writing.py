"""What people write where a name belongs, taken apart: titles, nicknames, initials, words run together."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from intake.likeness.frequency import GIVEN, shares
from intake.likeness.spelling import is_syllable, syllable
from intake.likeness.words import words

MOST_CHARACTERS = 200

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
    """`NVH` → N, V, H; `hungnv` → n, v, hung: what login names are made of. Other words stay whole."""
    if 2 <= len(word) <= 4 and _all_consonants(word):
        return list(word)
    if is_syllable(syllable(word).bare):
        return [word]
    for length in (2, 3, 1):
        given, initials = word[:-length], word[-length:]
        if given and _all_consonants(initials) and syllable(given) in shares(GIVEN):
            return [*initials, given]
    return [word]


def _all_consonants(word: str) -> bool:
    return set(word) <= _CONSONANTS
