"""Columns as PostgreSQL's binary arrays, several times as fast as psycopg's own dumper, which walks each
value.

The format is `array_send`'s: dimensions, whether there are nulls, the element's OID, length, lower bound;
then each value with its length before it, -1 for NULL.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.json import Jsonb

_HEAD = Struct("!iiIii").pack
_EMPTY = Struct("!iiI").pack
_LENGTH = Struct("!i").pack
_NULL = _LENGTH(-1)
_INT, _BIGINT, _UUID = Struct("!ii").pack, Struct("!iq").pack, Struct("!iQQ").pack
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()
_LOW = 2**64 - 1
_BOOLS = {True: _LENGTH(1) + b"\1", False: _LENGTH(1) + b"\0"}
_UNUSUAL = (AttributeError, TypeError, KeyError, struct.error)
"""A value of another Python type than a column of its type usually holds, None among them."""


class BinaryArray:
    """One encoded array; its type is known by the cast in the statement."""

    __slots__ = ("encoded",)

    def __init__(self, encoded: bytes) -> None:
        self.encoded = encoded


class BinaryArrayDumper(Dumper):
    """Hands psycopg what is encoded already; to be registered for `BinaryArray`."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: BinaryArray) -> bytes:
        return obj.encoded


def array(type_name: str, column: Sequence[Any]) -> Any:
    """A parameter for `%b::<type_name>[]`: encoded, or psycopg's to dump where we know no shorter way."""
    known = _ENCODERS.get(type_name)
    if known is not None:
        try:
            return BinaryArray(_array(*known, column))
        except _UNUSUAL:
            pass  # psycopg knows more of them, and says what is wrong
    return None if column and _is_all(column, None) else list(column)


def _array(oid: int, encode: Callable[[Sequence[Any]], bytes], column: Sequence[Any]) -> bytes:
    if not column:
        return _EMPTY(0, 0, oid)
    size, first, nulls = len(column), column[0], False
    if _is_all(column, first):
        nulls = first is None
        body = (_NULL if nulls else encode((first,))) * size
    else:
        try:
            body = encode(column)
        except _UNUSUAL:
            nulls = True
            body = b"".join([_NULL if value is None else encode((value,)) for value in column])
    return _HEAD(1, nulls, oid, size, 1) + body


def _is_all(column: Sequence[Any], value: Any) -> bool:
    """Whether the column holds nothing else; most columns of a batch are of one value or clearly not."""
    if value is None:
        return column[-1] is None and column.count(None) == len(column)
    return bool(column[-1] == value) and column.count(value) == len(column)


def _texts(values: Sequence[str]) -> bytes:
    return _with_lengths([value.encode() for value in values])


def _with_lengths(values: Sequence[bytes]) -> bytes:
    parts: list[bytes] = [b""] * (2 * len(values))
    parts[::2] = map(_LENGTH, map(len, values))
    parts[1::2] = values
    return b"".join(parts)


def _jsonbs(values: Sequence[Jsonb]) -> bytes:
    """`jsonb_send`'s: the version of the format, then the text."""
    return _with_lengths([b"\1" + _dumped(value) for value in values])


def _dumped(value: Jsonb) -> bytes:
    text = (value.dumps or json.dumps)(value.obj)
    return text.encode() if isinstance(text, str) else text


def _uuids(values: Sequence[Any]) -> bytes:
    return b"".join([_UUID(16, value.int >> 64, value.int & _LOW) for value in values])


def _ints(values: Sequence[int]) -> bytes:
    return b"".join([_INT(4, value) for value in values])


def _bigints(values: Sequence[int]) -> bytes:
    return b"".join([_BIGINT(8, value) for value in values])


def _times(values: Sequence[datetime]) -> bytes:
    return b"".join([_BIGINT(8, _microseconds(value - _EPOCH)) for value in values])


def _microseconds(since: timedelta) -> int:
    """As `since // timedelta(microseconds=1)`, in a third of the time."""
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _dates(values: Sequence[date]) -> bytes:
    return b"".join([_INT(4, value.toordinal() - _FIRST_DAY) for value in values])


def _bools(values: Sequence[bool]) -> bytes:
    return b"".join([_BOOLS[value] for value in values])


_ENCODERS: dict[str, tuple[int, Callable[[Sequence[Any]], bytes]]] = {
    "text": (25, _texts),
    "bytea": (17, _with_lengths),
    "jsonb": (3802, _jsonbs),
    "uuid": (2950, _uuids),
    "int": (23, _ints),
    "bigint": (20, _bigints),
    "timestamptz": (1184, _times),
    "date": (1082, _dates),
    "bool": (16, _bools),
}
"""The element's OID, fixed by PostgreSQL's catalogue, and how values without nulls become bytes."""

psycopg.adapters.register_dumper(BinaryArray, BinaryArrayDumper)
