"""A history of numbers and two views of it, to test the projector with.

Run as a program it projects until it is killed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from chassis.projector import Cursor, Projector
from chassis.projector.view import Connection
from chassis.store.migrations import migrate

_ADD = """
INSERT INTO numbers SELECT place, (place * 7919) %% 101
FROM generate_series((SELECT coalesce(max(seq), 0) + 1 FROM numbers),
                     (SELECT coalesce(max(seq), 0) + %s FROM numbers)) AS place
"""


class Number(NamedTuple):
    seq: int
    value: int


class Numbers:
    """The history: table `numbers`."""

    channel = "numbers"

    def read(self, connection: Connection, after: int, limit: int) -> Sequence[Number]:
        rows = connection.execute(
            "SELECT seq, value FROM numbers WHERE seq > %s ORDER BY seq LIMIT %s", (after, limit)
        )
        return [Number(*row) for row in rows]

    def head(self, connection: Connection) -> int:
        row = connection.execute("SELECT coalesce(max(seq), 0) FROM numbers").fetchone()
        assert row is not None
        return int(row[0])


class Tally:
    """How often each value came."""

    name = "tally"

    def __init__(self, version: int = 1, broken_at: int | None = None) -> None:
        self.version = version
        self._broken_at = broken_at

    def create(self, cursor: Cursor, schema: str) -> None:
        cursor.execute("CREATE TABLE tally (value bigint PRIMARY KEY, times bigint NOT NULL)")

    def fold(self, cursor: Cursor, page: Sequence[Number]) -> None:
        if self._broken_at and any(row.seq >= self._broken_at for row in page):
            raise ValueError("Nguyễn Văn Canary")
        times = Counter(row.value for row in page)
        cursor.execute(
            """INSERT INTO tally SELECT * FROM unnest(%s::bigint[], %s::bigint[])
               ON CONFLICT (value) DO UPDATE SET times = tally.times + excluded.times""",
            (list(times), list(times.values())),
        )


class Lines:
    """Every value, one row each."""

    name = "lines"
    version = 1

    def create(self, cursor: Cursor, schema: str) -> None:
        cursor.execute("CREATE TABLE lines (seq bigint PRIMARY KEY, value bigint NOT NULL)")

    def fold(self, cursor: Cursor, page: Sequence[Number]) -> None:
        columns = [row.seq for row in page], [row.value for row in page]
        cursor.execute("INSERT INTO lines SELECT * FROM unnest(%s::bigint[], %s::bigint[])", columns)


def prepare(dsn: str) -> None:
    migrate(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE numbers (seq bigint PRIMARY KEY, value bigint NOT NULL)")


def add(dsn: str, count: int) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(_ADD, (count,))
        connection.execute("NOTIFY numbers")


def rows(dsn: str, statement: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(statement).fetchall()


if __name__ == "__main__":
    projector = Projector(sys.argv[1], Numbers(), [Tally(), Lines()], page=100)
    projector.start()
    time.sleep(60)
