"""The events of a service as an outbox: the stored bytes are the published bytes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg import sql

from chassis.relay.log import Connection, Headers, Outgoing

_RFC3339 = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_PAGE = f"""
SELECT notification_id, state, convert_to(topic, 'UTF8'), convert_to(subject::text, 'UTF8'),
    convert_to(originator_id::text || ':' || originator_version, 'UTF8'),
    convert_to(to_char(occurred_at AT TIME ZONE 'UTC', {_RFC3339}), 'UTF8'),
    convert_to(to_char(recorded_at AT TIME ZONE 'UTC', {_RFC3339}), 'UTF8'),
    convert_to(traceparent, 'UTF8')
FROM {{}} WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""
"""Headers are made by the database, as bytes: making them here would take longer than all the rest."""


class EventsLog:
    """`stored_events` of one service. Every event goes to `<service>.events.v1`, its case is the key."""

    def __init__(self, service: str, *, table: str = "stored_events") -> None:
        self.name = "events"
        self.channel = table
        self._topic = f"{service}.events.v1"
        self._constant: Headers = [
            ("ce_specversion", b"1.0"),
            ("content-type", b"application/json"),
            ("ce_source", f"/services/{service}".encode()),
        ]
        self._page = sql.SQL(_PAGE).format(sql.Identifier(table))
        self._head = sql.SQL("SELECT coalesce(max(notification_id), 0) FROM {}").format(sql.Identifier(table))

    def read(self, connection: Connection, after: int, limit: int) -> Sequence[Outgoing]:
        """Return the events after a position as they will stand on Kafka; nothing is decoded."""
        with connection.cursor(binary=True) as cursor:
            cursor.execute(self._page, (after, limit))
            return [self._outgoing(*row) for row in cursor.fetchall()]

    def head(self, connection: Connection) -> int:
        """Return the position of the newest event."""
        row = connection.execute(self._head).fetchone()
        return int(row[0]) if row else 0

    stored = head

    def _outgoing(
        self,
        position: int,
        state: bytes,
        type_: bytes,
        case: bytes,
        event_id: bytes,
        occurred_at: bytes,
        recorded_at: bytes,
        traceparent: bytes | None,
    ) -> Outgoing:
        headers: Headers = [
            *self._constant,
            ("ce_id", event_id),
            ("ce_type", type_),
            ("ce_time", occurred_at),
            ("ce_subject", case),
            ("partitionkey", case),
            ("ce_recordedat", recorded_at),
            ("ce_position", b"%d" % position),
        ]
        if traceparent is not None:
            headers.append(("traceparent", traceparent))
        return Outgoing(position, self._topic, case, state, headers)


def rfc3339(at: datetime) -> bytes:
    """Return an instant as RFC 3339 in UTC with microseconds and `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
