"""The events of a service as an outbox: the stored bytes are the published bytes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from chassis.relay.log import Connection, Headers, Outgoing

_COLUMNS = (
    "notification_id, originator_id, originator_version, topic, state, subject, "
    "occurred_at, recorded_at, traceparent"
)
_CONSTANT = (("ce_specversion", b"1.0"), ("content-type", b"application/json"))


class EventsLog:
    """`stored_events` of one service. Every event goes to `<service>.events.v1`, its case is the key."""

    def __init__(self, service: str, *, table: str = "stored_events") -> None:
        self.name = "events"
        self.channel = table
        self._topic = f"{service}.events.v1"
        self._source = f"/services/{service}".encode()
        self._page = sql.SQL(
            "SELECT " + _COLUMNS + " FROM {} WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
        ).format(sql.Identifier(table))
        self._head = sql.SQL("SELECT coalesce(max(notification_id), 0) FROM {}").format(sql.Identifier(table))

    def read(self, connection: Connection, after: int, limit: int) -> Sequence[Outgoing]:
        """Return the events after a position as they will stand on Kafka; nothing is decoded."""
        with connection.cursor(binary=True) as cursor:
            cursor.execute(self._page, (after, limit))
            return [self._outgoing(*row) for row in cursor]

    def head(self, connection: Connection) -> int:
        """Return the position of the newest event."""
        row = connection.execute(self._head).fetchone()
        return int(row[0]) if row else 0

    def _outgoing(
        self,
        position: int,
        originator_id: UUID,
        originator_version: int,
        topic: str,
        state: bytes,
        subject: Any,
        occurred_at: datetime,
        recorded_at: datetime,
        traceparent: str | None,
    ) -> Outgoing:
        key = str(subject).encode()
        headers: Headers = [
            *_CONSTANT,
            ("ce_id", f"{originator_id}:{originator_version}".encode()),
            ("ce_source", self._source),
            ("ce_type", topic.encode()),
            ("ce_time", rfc3339(occurred_at)),
            ("ce_subject", key),
            ("partitionkey", key),
            ("ce_recordedat", rfc3339(recorded_at)),
            ("ce_position", b"%d" % position),
        ]
        if traceparent:
            headers.append(("traceparent", traceparent.encode()))
        return Outgoing(position, self._topic, key, state, headers)


def rfc3339(at: datetime) -> bytes:
    """Return an instant of PostgreSQL (UTC session) as RFC 3339 with microseconds and `Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
