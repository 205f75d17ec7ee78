"""Recorder, 1,000 events a save: ours beside a raw unnest insert of the same columns and indexes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from chassis.clock import RealClock
from chassis.store import migrations
from chassis.store.datastore import Datastore
from chassis.store.recorder import Recorder, Row

from tests.bench.databases import database
from tests.bench.harness import Figures, Pair, Servers, Work

A_SAVE = 1_000
STATE = b'{"id":"x","data":"' + b"x" * 600 + b'"}'
RAW = b"""
    INSERT INTO raw_events (originator_id, originator_version, topic, state, notification_id, subject,
                            occurred_at, recorded_at)
    SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[], %b::bigint[], %b::uuid[],
                         %b::timestamptz[], %b::timestamptz[])
"""


@contextmanager
def setup(servers: Servers) -> Iterator[Pair]:
    saves = servers.count(25)
    with database(servers.postgres_dsn) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        migrations.migrate(dsn, migrations.CHASSIS)
        # Like ours with its indexes; only the storage parameters of the library stay away.
        connection.execute("CREATE TABLE raw_events (LIKE stored_events INCLUDING ALL)")
        datastore = Datastore(dsn)
        recorder, raw = Recorder(datastore, RealClock()), _Raw(connection)
        try:
            yield Pair(lambda: _ours(recorder, saves), lambda: _beside(raw, saves))
        finally:
            datastore.close()


def _ours(recorder: Recorder, saves: int) -> Figures:
    batches = [_events() for _ in range(saves)]
    started = time.perf_counter()
    for batch in batches:
        recorder.write(batch)
    return {"events": saves * A_SAVE / (time.perf_counter() - started)}


def _events() -> list[Row]:
    stream, at = uuid.uuid4(), datetime.now(UTC)
    return [
        Row(stream, version, "org.reftrack.bench.v1", STATE, stream, at) for version in range(1, A_SAVE + 1)
    ]


class _Raw:
    """Nothing but arrays and one statement a transaction; the notification id is the caller's own count."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._last = 0

    def columns(self) -> list[list[Any]]:
        stream, at = uuid.uuid4(), datetime.now(UTC)
        ids = list(range(self._last + 1, self._last + A_SAVE + 1))
        self._last += A_SAVE
        versions = list(range(1, A_SAVE + 1))
        same: list[list[Any]] = [[each] * A_SAVE for each in (stream, "org.reftrack.bench.v1", STATE, at)]
        return [same[0], versions, same[1], same[2], ids, same[0], same[3], same[3]]

    def insert(self, columns: list[list[Any]]) -> None:
        with self._connection.transaction():
            self._connection.execute(RAW, columns, prepare=True)


def _beside(raw: _Raw, saves: int) -> Figures:
    batches = [raw.columns() for _ in range(saves)]
    started = time.perf_counter()
    for batch in batches:
        raw.insert(batch)
    return {"events": saves * A_SAVE / (time.perf_counter() - started)}


RECORDER = Work(
    name="recorder, 1,000 events a save",
    against="raw `unnest` insert in psycopg of the same columns and indexes, 1,000 a transaction",
    unit="events/s",
    at_least=0.6,
    setup=setup,
)
