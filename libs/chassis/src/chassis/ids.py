"""Ids that come out the same after a crash, and numbers that people can read out over the telephone.

Both are HMACs under a key of the service: the same input gives the same id again, and nobody without
the key can tell that two of them belong together.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from struct import Struct
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U."""

BODY = 12
"""Characters of a number that carry information: 60 bits. One check character follows."""

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_READ_AS = str.maketrans("ILO", "110")
_MARKED = 0xF << 76 | 0b11 << 62
_VERSION_8 = 8 << 76 | 0b10 << 62
"""The bits of a UUID that RFC 9562 lays down, and what stands in them for version 8."""
_four_bytes = Struct(">I").pack
_PREFIX = re.compile(r"[A-Z]{1,4}")
_SEPARATORS = re.compile(r"[\s\-‐-―._/]+")


class NotANumber(ValueError):
    """Text that is no reference number. `reason` is a catalogue key; the text typed is not repeated."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def derive(key: bytes, kind: str, *parts: str) -> UUID:
    """Return the id (UUID version 8, RFC 9562) of the `kind` of thing that `parts` name, in that order."""
    bits = int.from_bytes(_digest(key, "id", kind, *parts)[:16], "big")
    return UUID(int=bits & ~_MARKED | _VERSION_8)


def number(key: bytes, prefix: str, *parts: str) -> str:
    """Return the number of what `parts` name, e.g. `GT-4F7K-92QX-T6WE-M`: 60 bits and a check character.

    `prefix` is one to four capital letters and is covered by the check character.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("prefix must be one to four capital letters A to Z")
    bits = int.from_bytes(_digest(key, "number", prefix, *parts)[:8], "big") >> 4
    body = "".join([ALPHABET[bits >> shift & 31] for shift in range(5 * (BODY - 1), -1, -5)])
    return _format(prefix, body, _check(prefix, body))


def parse_number(text: str, prefixes: Collection[str] | None = None) -> str:
    """Return `text` in the form `number` gives: any case, spaces and dashes; O, I, L are read as 0, 1, 1.

    `prefixes` are those that make sense here. Raises `NotANumber`, which says what is wrong: a single
    wrong character and any two characters exchanged are always found.
    """
    compact = _SEPARATORS.sub("", text.upper())
    prefix, body, check = _split(compact)
    if prefixes is not None and prefix not in prefixes:
        expected = ", ".join(sorted(prefixes))
        raise NotANumber("number_prefix", f"the number must begin with one of: {expected}")
    if _check(prefix, body) != check:
        raise NotANumber(
            "number_check", "the check character does not fit: a character is wrong or two are exchanged"
        )
    return _format(prefix, body, check)


def _split(compact: str) -> tuple[str, str, str]:
    prefix, tail = compact[: -BODY - 1], compact[-BODY - 1 :].translate(_READ_AS)
    if len(tail) <= BODY or not prefix:
        raise NotANumber("number_short", f"the number is too short: letters, then {BODY + 1} characters")
    if len(prefix) > 4:
        raise NotANumber("number_long", f"the number is too long: letters, then {BODY + 1} characters")
    if not _PREFIX.fullmatch(prefix):
        raise NotANumber("number_prefix", "the number must begin with letters")
    if not _VALUE.keys() >= set(tail):
        raise NotANumber(
            "number_character", "the number has a character that no number has: digits and letters only, no U"
        )
    return prefix, tail[:-1], tail[-1]


def _format(prefix: str, body: str, check: str) -> str:
    return "-".join((prefix, body[:4], body[4:8], body[8:], check))


def _check(prefix: str, body: str) -> str:
    """A sum over GF(32), a different weight for each place: any two places exchanged change it."""
    total = 0
    for letter in prefix:
        total = _DOUBLED[total ^ ord(letter) & 31]
    for character in body:
        total = _DOUBLED[total ^ _VALUE[character]]
    return ALPHABET[total]


def _double(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled


_DOUBLED = tuple(map(_double, range(32)))


def _digest(key: bytes, *parts: str) -> bytes:
    if len(key) < 32:
        raise ValueError("the key for ids must have 32 bytes or more")
    return hmac.digest(key, framed(*parts), hashlib.sha256)


def framed(*parts: str) -> bytes:
    """Join `parts` so that no other list of parts gives the same bytes: each one after its length."""
    return b"".join([_four_bytes(len(part)) + part for part in map(str.encode, parts)])
