"""What a batch looks up it finds by key, however the table has grown since the statement was planned."""

from __future__ import annotations

import psycopg
import pytest
from chassis.items import Command
from chassis.store.store import Store
from google.protobuf.wrappers_pb2 import StringValue

from tests.integration.store.conftest import MakeStore
from tests.unit.store.books import Book, book_id

TABLES = ("claims", "inbox", "outcomes", "stored_events", "waits")
BEFORE_IT_IS_PLANNED_FOR_GOOD = 10
GROWN = """
INSERT INTO claims SELECT 'number', n::text, 'a' FROM generate_series(1, 5000) AS n;
INSERT INTO outcomes SELECT 'org/lan', n::text, '', NULL, now() FROM generate_series(1, 5000) AS n;
INSERT INTO inbox (source, event_id, content_hash, verdict, received_at, topic, partition, "offset",
                   routed_id)
    SELECT 'a', n::text, '', 'routed', now(), 't', 0, n, n::text FROM generate_series(1, 5000) AS n;
INSERT INTO waits (key, source, event_id, sealed, topic, partition, "offset", received_at)
    SELECT n::text, 'a', n::text, '', 't', 0, n, now() FROM generate_series(1, 5000) AS n;
"""


@pytest.fixture
def store(make_store: MakeStore, library_dsn: str) -> Store:
    """One connection, so that what was planned is what is used."""
    with psycopg.connect(library_dsn, autocommit=True) as connection:
        connection.execute("ANALYZE")
    return make_store()


def test_a_table_that_was_small_when_the_lookup_was_planned_is_not_read_from_end_to_end(
    store: Store, library_dsn: str
) -> None:
    for _ in range(BEFORE_IT_IS_PLANNED_FOR_GOOD):
        _look_up(store)
    with psycopg.connect(library_dsn, autocommit=True) as connection:
        connection.execute(GROWN)
    before = _rows_read_by_scans(store)
    _look_up(store)
    assert _rows_read_by_scans(store) == before


def _look_up(store: Store) -> None:
    names = [str(number) for number in range(30)]
    uow = store.unit_of_work()
    uow.load_claims("number", names)
    uow.load_inbox(("a", name) for name in names)
    uow.load_routed(names)
    uow.load_waits(names)
    uow.load(Book, [book_id(name) for name in names])
    commands = [Command(name, "org/lan", "Lend", StringValue(value=name), None, name) for name in names]
    uow.ask(store.outcomes.asks(commands, {}))


def _rows_read_by_scans(store: Store) -> dict[str, int]:
    with store.datastore.get_connection() as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        rows = connection.execute("SELECT relname, seq_tup_read FROM pg_stat_user_tables").fetchall()
    read = {row["relname"]: row["seq_tup_read"] for row in rows}
    return {table: read[table] for table in TABLES}
