"""A migrated database, stores on it, and what is in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from chassis.box import Box
from chassis.clock import Clock, FixedClock
from chassis.store.migrations import migrate
from chassis.store.store import Store
from psycopg.rows import tuple_row

from tests.unit.store.books import MAPPER, NOON

Query = Callable[..., list[Any]]
MakeStore = Callable[..., Store]
BOX = Box([b"k" * 32])


@pytest.fixture
def library_dsn(postgres_dsn: str) -> str:
    """A database with the chassis' tables."""
    migrate(postgres_dsn)
    return postgres_dsn


@pytest.fixture
def make_store(library_dsn: str) -> Iterator[MakeStore]:
    """Another store on the same database, as another instance of the service would have."""
    with ExitStack() as stack:

        def make(clock: Clock | None = None) -> Store:
            store = Store(library_dsn, clock=clock or FixedClock(NOON), box=BOX, mappers=[MAPPER])
            return stack.enter_context(store)

        yield make


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    return make_store()


@pytest.fixture
def query(library_dsn: str) -> Iterator[Query]:
    """Rows as tuples; of one column, the values."""
    with psycopg.connect(library_dsn, autocommit=True, row_factory=tuple_row) as connection:

        def ask(statement: str, *arguments: Any) -> list[Any]:
            cursor = connection.execute(statement.encode(), arguments)
            if cursor.description is None:
                return []
            rows = cursor.fetchall()
            return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows

        yield ask


@pytest.fixture
def log(query: Query) -> Callable[[], list[str]]:
    """The history as sentences: `book-lent Lan`; and that it is gapless and strictly rising."""

    def read() -> list[str]:
        rows = query("SELECT notification_id, recorded_at, state FROM stored_events ORDER BY notification_id")
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        times = [row[1] for row in rows]
        assert all(later - earlier >= timedelta(microseconds=1) for earlier, later in pairwise(times))
        told = [json.loads(row[2]) for row in rows]
        return [" ".join([e["type"].split(".")[2], *map(str, e["data"].values())]) for e in told]

    return read
