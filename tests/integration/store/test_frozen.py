"""An instance that freezes with the lock of commits in hand does not keep the others from writing."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest
from chassis.store import datastore
from chassis.store.datastore import Datastore

LOCK = "SELECT pg_advisory_xact_lock(4711)"


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datastore, "_FROZEN", 1.0)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("half_way", [True, False], ids=["within a pipeline", "between two"])
def test_its_lock_is_taken_from_it(postgres_dsn: str, half_way: bool) -> None:
    frozen = Datastore(postgres_dsn)
    ended = suppress(psycopg.OperationalError)
    with ended, frozen.get_connection() as connection, ended, connection.pipeline() as pipeline:
        connection.execute("BEGIN", prepare=False)
        connection.execute(LOCK)
        if half_way:
            connection.pgconn.send_flush_request()
            connection.pgconn.flush()
        else:
            pipeline.sync()
        another_one_gets_it(postgres_dsn)
    frozen.close()


def another_one_gets_it(dsn: str) -> None:
    with psycopg.connect(dsn) as other:
        other.execute("SET lock_timeout = '15s'")
        try:
            other.execute(LOCK)
        except psycopg.errors.LockNotAvailable:
            pytest.fail("the frozen one keeps the lock")
