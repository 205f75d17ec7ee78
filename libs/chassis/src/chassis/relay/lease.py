"""Which instance publishes: a session advisory lock on a connection that also reads and listens."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from chassis.relay.log import Connection

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_SILENT = 30.0
"""Seconds without a word from whoever holds the lease, after which PostgreSQL ends its session: it froze."""
_SESSION: dict[str, Any] = {
    "application_name": "reftrack-relay",
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}


class Lease:
    """The right to publish, held as long as the connection lives and is used now and then.

    If PostgreSQL ends the session (also that of an instance which has been silent for half a minute), the
    lock is gone and the next statement raises `psycopg.OperationalError`; Kafka fences whoever publishes on
    without noticing.
    """

    def __init__(
        self, dsn: str, name: str, channels: Iterable[str], *, silent_seconds: float = _SILENT
    ) -> None:
        options = f"-c timezone=UTC -c idle_session_timeout={int(silent_seconds * 1000)}"
        self.connection: Connection = psycopg.connect(dsn, autocommit=True, options=options, **_SESSION)
        self._name = f"reftrack.lease.{name}"
        self._channels = tuple(channels)

    def acquire(self) -> bool:
        """Try to take the lease without waiting; on success be told of commits from now on."""
        row = self.connection.execute(_LOCK, (self._name,)).fetchone()
        if not (row and row[0]):
            return False
        for channel in self._channels:
            self.connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        return True

    def wait(self, seconds: float) -> set[str]:
        """Wait for a commit, at most so long; returns the channels on which one was announced.

        What was announced since the last wait counts: nothing is missed between two of them.
        """
        # To its end: a generator that is left half-way keeps the connection locked.
        return {told.channel for told in self.connection.notifies(timeout=seconds, stop_after=1)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
