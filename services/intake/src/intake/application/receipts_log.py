"""The receipts as a log that the relay publishes: each to the topic of the agency that it is for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
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
    SELECT {_COLUMNS} FROM receipts WHERE position > %s ORDER BY position LIMIT %s
"""
_HEAD: LiteralString = """
    SELECT position, org FROM receipts WHERE org <> ALL(%s) ORDER BY position DESC LIMIT 1
"""

_COMING: LiteralString = """
    SELECT a.org FROM agencies AS a LEFT JOIN agency_access AS k USING (org)
    WHERE a.org = ANY(%s) AND coalesce(k.version, 0) < a.version
"""
AWAITED_SECONDS = 10.0


class ReceiptsLog:
    """Publishes to `agency.<org>.receipts.v1` of whoever has such a topic, registered or not.

    `has_topic` is asked of each office once, of one that has none again with each later receipt: its topic
    may have been made meanwhile. What was answered before there was a topic is read over gRPC. Of an office
    that was registered a moment ago the topic is awaited, a little: all others' receipts wait behind it.
    """

    name = "receipts"
    channel = RECEIPTS_CHANNEL

    def __init__(self, has_topic: Callable[[str], bool]) -> None:
        self._has_topic = has_topic
        self._present: set[str] = set()
        self._absent: dict[str, int] = {}
        self._awaited: dict[str, float] = {}

    def read(self, connection: Connection, after: int, limit: int) -> Sequence[Outgoing]:
        """Return at most `limit` receipts with a position above `after`, in order; none only at the end."""
        while True:
            with connection.cursor(binary=True) as cursor:
                rows = cursor.execute(_PAGE, (after, limit), prepare=True).fetchall()
            newest = self.stored(connection) if any(row[1] not in self._present for row in rows) else 0
            # Asked before their topics are: what is provisioned in between is not taken for topicless.
            coming = self._coming(connection, {row[1] for row in rows} - self._present)
            found = []
            for row in rows:
                if self._published(row[1], row[0], newest):
                    found.append(_outgoing(*row))
                elif row[1] in coming and self._is_awaited(row[1]):
                    return found
            if found or not rows:
                return found
            after = rows[-1][0]

    def head(self, connection: Connection) -> int:
        """Return the position of the newest receipt that is to be published."""
        newest = self.stored(connection)
        while row := connection.execute(_HEAD, (list(self._absent),)).fetchone():
            if self._published(row[1], int(row[0]), newest):
                return int(row[0])
        return 0

    def _published(self, org: str, position: int, newest: int) -> bool:
        """Whether a receipt has a topic to go to. That there was none counts for the receipts that were there
        when it was asked, not for later ones."""
        if org in self._present:
            return True
        if position <= self._absent.get(org, 0):
            return False
        if self._has_topic(org):
            self._present.add(org)
            self._absent.pop(org, None)
            self._awaited.pop(org, None)
            return True
        self._absent[org] = newest
        return False

    def _coming(self, connection: Connection, orgs: set[str]) -> set[str]:
        """Those of the offices whose topics are about to be made."""
        if not orgs:
            return orgs
        return {row[0] for row in connection.execute(_COMING, (list(orgs),))}

    def _is_awaited(self, org: str) -> bool:
        """Whether an office's topic is still waited for; then it does not count that there was none."""
        began = self._awaited.setdefault(org, time.monotonic())
        if time.monotonic() - began > AWAITED_SECONDS:
            return False
        self._absent.pop(org, None)
        return True

    def stored(self, connection: Connection) -> int:
        """Return the position of the newest receipt, also where there is no topic for it."""
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
