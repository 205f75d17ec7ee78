"""Columns sent as binary arrays come out of PostgreSQL as they went in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
import pytest
from chassis.store.arrays import BinaryArray, array
from psycopg.types.json import Jsonb
from pydantic_core import to_json

HANOI = timezone(timedelta(hours=7))
ONE, TWO = UUID(int=1), UUID("f47ac10b-58cc-4372-a567-0e02b2c3d479")


class Word(StrEnum):
    SAID = "said"


COLUMNS: list[tuple[str, Sequence[Any]]] = [
    ("text", ["", "Nguyễn", "'\"{},\\\n", Word.SAID]),
    ("text", ["same"] * 3),
    ("text", [None, "first is nothing"]),
    ("text", ["last is nothing", None]),
    ("text", [None, None]),
    ("bytea", [b"", b"\0\xff", b"x" * 70_000]),
    ("bytea", [None, b""]),
    ("uuid", [ONE, TWO, ONE]),
    ("uuid", [ONE, None]),
    ("uuid", []),
    ("int", [0, -1, 2**31 - 1, -(2**31)]),
    ("bigint", [0, -1, 2**63 - 1, -(2**63), None]),
    ("timestamptz", [datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC)]),
    ("timestamptz", [datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), None]),
    ("timestamptz", [datetime(2019, 3, 2, 9, 15, tzinfo=HANOI)] * 2),
    ("date", [date(2019, 12, 10), date.min, date.max, None]),
    ("date", [date(2000, 1, 1)] * 2),
    ("bool", [True, False, None]),
    ("bool", [False, False]),
]


@pytest.fixture
def connection(postgres_dsn: str) -> Any:
    with psycopg.connect(postgres_dsn) as connection:
        yield connection


def _sent(connection: psycopg.Connection[Any], type_name: str, column: Sequence[Any]) -> list[Any]:
    query = f"SELECT v FROM unnest(%b::{type_name}[]) WITH ORDINALITY AS t (v, n) ORDER BY n"
    return [value for (value,) in connection.execute(query.encode(), [array(type_name, column)])]


def test_every_value_comes_out_as_it_went_in(connection: psycopg.Connection[Any]) -> None:
    for type_name, column in COLUMNS:
        assert isinstance(array(type_name, column), BinaryArray), f"{type_name}: sent the slow way"
        assert _sent(connection, type_name, column) == list(column), type_name


def test_json_comes_out_as_it_went_in_however_it_is_dumped(connection: psycopg.Connection[Any]) -> None:
    told = [{"a": [1, None, 'Nguyễn\n"']}, [], None, ["x" * 70_000]]
    columns = ([Jsonb(each) for each in told], [Jsonb(each, dumps=to_json) for each in told])
    for column in columns:
        assert isinstance(array("jsonb", column), BinaryArray)
        assert _sent(connection, "jsonb", column) == told
    assert _sent(connection, "jsonb", [None, Jsonb([1])]) == [None, [1]]


def test_a_type_or_value_that_is_not_known_here_is_left_to_psycopg(
    connection: psycopg.Connection[Any],
) -> None:
    share = Decimal("0.98")
    assert array("numeric", [share]) == [share]
    assert array("numeric", [None, None]) is None
    assert _sent(connection, "numeric", [share, None]) == [share, None]
    assert _sent(connection, "uuid", [str(TWO)]) == [TWO]


def test_a_value_that_does_not_fit_is_an_error_of_the_data(connection: psycopg.Connection[Any]) -> None:
    for type_name, column in (("int", [2**31]), ("text", ["\0", "a"]), ("uuid", ["no uuid"])):
        with pytest.raises(psycopg.DataError), connection.transaction():
            _sent(connection, type_name, column)
