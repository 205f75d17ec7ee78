"""The library's recorder for PostgreSQL, writing arrays through unnest under an advisory lock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from chassis.clock import Clock, RealClock
from chassis.store import migrations
from chassis.store.commit import Commit, Committed, write_rows
from chassis.store.datastore import Datastore
from chassis.store.unnest import Unnest

COMMIT_LOCK = 0x72667472_636F6D6D
"""Advisory lock key of commits ("rftrcomm"): who holds it writes alone. VACUUM is not in its way."""

_INSERT = Unnest(
    """
    INSERT INTO stored_events (originator_id, originator_version, topic, state, subject, occurred_at,
                               traceparent, notification_id, recorded_at)
    SELECT e.stream, e.version, e.topic, e.state, e.subject, coalesce(e.occurred_at, newest.at),
           e.traceparent, newest.id + e.n, newest.at + (e.n - 1) * interval '1 microsecond'
    FROM {rows} WITH ORDINALITY AS e (stream, version, topic, state, subject, occurred_at, traceparent, n),
         (SELECT coalesce(max(notification_id), 0) AS id,
                 greatest(max(recorded_at) + interval '1 microsecond', %b) AS at
          FROM (SELECT notification_id, recorded_at FROM stored_events
                ORDER BY notification_id DESC LIMIT 1) AS last) AS newest
    """,
    *("uuid", "bigint", "text", "bytea", "uuid", "timestamptz", "text"),
)
_MARK = """
    WITH long_gone AS (DELETE FROM commits WHERE at < clock_timestamp() - interval '30 days')
    INSERT INTO commits (writer, token, at) VALUES (%s, %s, clock_timestamp())
    ON CONFLICT (writer) DO UPDATE SET token = EXCLUDED.token, at = EXCLUDED.at
"""
_LAST = "SELECT notification_id, recorded_at FROM stored_events ORDER BY notification_id DESC LIMIT 1"


def _nothing() -> None:
    return None


class Row(NamedTuple):
    """A stored event: the library's four fields, and what relay and readers need beside the bytes."""

    originator_id: UUID
    originator_version: int
    topic: str
    state: bytes
    subject: UUID
    occurred_at: datetime | None
    traceparent: str | None = None

    @classmethod
    def of(cls, stored: StoredEvent) -> Row:
        """A plain event of the library: its subject is its stream, it occurred when it is recorded."""
        stream = stored.originator_id
        assert isinstance(stream, UUID), "streams are named by UUID"
        return cls(stream, stored.originator_version, stored.topic, stored.state, stream, None)


class CommitUnknown(OperationalError):
    """The connection was lost while COMMIT was on its way: ask `Recorder.was_committed(token)`."""

    def __init__(self, token: int) -> None:
        super().__init__(f"connection lost during commit {token} of this writer")
        self.token = token


class Recorder(PostgresApplicationRecorder):
    """Writes events and everything else of a commit in one transaction, the lock first, in two round trips.

    Notification ids are gapless and in commit order; `recorded_at` rises strictly and is never before the
    clock. Takes the library's plain `StoredEvent` too: its subject is then its stream, its `occurred_at` its
    `recorded_at`. Unlike the library's it never tries a write again by itself: whether that is right, only
    the writer knows.
    """

    datastore: Datastore

    def __init__(self, datastore: Datastore, clock: Clock | None = None) -> None:
        super().__init__(datastore)
        self._clock = clock or RealClock()
        self._writer, self._tokens = uuid4(), itertools.count(1)

    def create_table(self) -> None:
        """Apply the chassis' migrations."""
        with self.datastore.get_connection() as connection:
            migrations.apply(connection, [migrations.CHASSIS])

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """The library's way in.

        `commit=` takes a `Commit`. Gives the notification ids, None without events.
        """
        first = self.write([Row.of(stored) for stored in stored_events], **kwargs).first_id
        return None if first is None else list(range(first, first + len(stored_events)))

    def write(
        self,
        events: Sequence[Row],
        commit: Commit | None = None,
        *,
        meanwhile: Callable[[], None] = _nothing,
    ) -> Committed:
        """One transaction. Raises the library's errors, `StalePosition`, and `CommitUnknown`.

        `meanwhile` is called once while PostgreSQL works and the lock is held: let it be short, and never
        raise.
        """
        if not events and commit is None:
            return Committed(None, None, None)
        with self.datastore.get_connection() as connection:
            token = next(self._tokens)
            try:
                committed = self._send(connection, token, events, commit or Commit(), meanwhile)
            except BaseException:
                _roll_back(connection)
                raise
            _commit(connection, token)
        return committed

    def rehearse(self, events: Sequence[Row], commit: Commit) -> None:
        """Everything but COMMIT, then undone. Raises what `write` would raise, but never `CommitUnknown`."""
        with self.datastore.get_connection() as connection:
            try:
                self._send(connection, next(self._tokens), events, commit)
            finally:
                _roll_back(connection)

    def was_committed(self, token: int) -> bool:
        """What became of the newest commit, whose answer was lost. Waits until it is done or undone."""
        with self.datastore.get_connection() as connection, connection.transaction():
            cursor = connection.cursor(row_factory=tuple_row)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (COMMIT_LOCK,))
            row = cursor.execute("SELECT token FROM commits WHERE writer = %s", (self._writer,)).fetchone()
        return row is not None and row[0] == token

    def _send(
        self,
        connection: Connection[Any],
        token: int,
        events: Sequence[Row],
        commit: Commit,
        meanwhile: Callable[[], None] = _nothing,
    ) -> Committed:
        """Everything but COMMIT goes out at once; then the answers are looked at."""
        cursor = connection.cursor(row_factory=tuple_row)
        with connection.pipeline() as pipeline:
            cursor.execute("BEGIN", prepare=False)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (COMMIT_LOCK,), prepare=True)
            cursor.execute(_MARK, (self._writer, token), prepare=True)
            looks = write_rows(connection, commit, self._clock.now())
            last = self._insert(connection, events) if events else None
            meanwhile()
            pipeline.sync()
        receipts_from = looks()
        if last is None:
            return Committed(None, None, receipts_from)
        newest, at = last.fetchone() or (0, self._clock.now())
        behind = len(events) - 1
        return Committed(newest - behind, at - timedelta(microseconds=behind), receipts_from)

    def _insert(self, connection: Connection[Any], events: Sequence[Row]) -> Cursor[Any]:
        cursor = connection.cursor(row_factory=tuple_row)
        _INSERT.write(cursor, events, self._clock.now())
        cursor.execute(f"NOTIFY {self.channel_name}", prepare=False)
        return cursor.execute(_LAST, prepare=True)


def _commit(connection: Connection[Any], token: int) -> None:
    try:
        connection.execute("COMMIT", prepare=False)
    except psycopg.OperationalError as error:
        raise CommitUnknown(token) from error


def _roll_back(connection: Connection[Any]) -> None:
    if not connection.closed:
        connection.execute("ROLLBACK", prepare=False)
