"""The receipts as a log that the relay publishes: each to the topic of the agency that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, LiteralString

from chassis.relay import Connection, Outgoing
from chassis.relay.events import rfc3339
from chassis.store.statements import RECEIPTS_CHANNEL
from contracts.receipt import Receipt

_CONSTANT: tuple[tuple[str, bytes], ...] = (
    ("ce_specversion", b"1.0"),
    ("ce_type", Receipt.TYPE.encode()),
    ("ce_source", b"/services/intake"),
    ("content-type", b"application/json"),
)
_COLUMNS = "position, org, event_id, body, recorded_at"
_PAGE: LiteralString = f"""
    SELECT {_COLUMNS} FROM receipts WHERE position > %s AND org = ANY(%s) ORDER BY position LIMIT %s
"""
_HEAD: LiteralString = """
    SELECT position FROM receipts WHERE org = ANY(%s) ORDER BY position DESC LIMIT 1
"""


class ReceiptsLog:
    """Publishes to `agency.<org>.receipts.v1`, and only for organisations of the directory: no others have a
    topic.
    """

    name = "receipts"
    channel = RECEIPTS_CHANNEL

    def __init__(self, organisations: Iterable[str]) -> None:
        self._organisations = list(organisations)

    def read(self, connection: Connection, after: int, limit: int) -> Sequence[Outgoing]:
        """Return at most `limit` receipts with a position above `after`, in order."""
        with connection.cursor(binary=True) as cursor:
            cursor.execute(_PAGE, (after, self._organisations, limit), prepare=True)
            return [_outgoing(*row) for row in cursor]

    def head(self, connection: Connection) -> int:
        """Return the position of the newest receipt that is to be published."""
        row = connection.execute(_HEAD, (self._organisations,)).fetchone()
        return int(row[0]) if row else 0

    def stored(self, connection: Connection) -> int:
        """Return the position of the newest receipt, also where its organisation has left the directory."""
        row = connection.execute("SELECT coalesce(max(position), 0) FROM receipts").fetchone()
        return int(row[0]) if row else 0


def with_place(body: bytes, position: int, recorded_at: datetime) -> bytes:
    """Return the receipt's JSON with what the lock gave it: its position and when it was recorded."""
    return b'{"position":%d,"recorded_at":"%s",%s' % (position, rfc3339(recorded_at), body[1:])


def _outgoing(position: int, org: str, event_id: str, body: bytes, recorded_at: datetime) -> Outgoing:
    headers: list[tuple[str, Any]] = [
        *_CONSTANT,
        ("ce_id", b"receipts:%d" % position),
        ("ce_time", rfc3339(recorded_at)),
        ("ce_position", b"%d" % position),
    ]
    value = with_place(body, position, recorded_at)
    return Outgoing(position, f"agency.{org}.receipts.v1", event_id.encode(), value, headers)
