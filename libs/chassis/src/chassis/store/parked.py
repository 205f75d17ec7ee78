"""Items set aside until a person decides; whatever comes later for the same case waits behind them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Cursor
from psycopg.rows import class_row, tuple_row

from chassis.box import Box
from chassis.items import Command, Item, Record, Woken
from chassis.store.datastore import Datastore
from chassis.store.rows import Parked
from chassis.store.together import Ask
from chassis.store.unnest import Lookup

_LIST = """
SELECT id, case_key, reason, behind, topic, partition, "offset", parked_at, correlation_id, attempts,
       resolution, resolved_at, resolved_by, resolved_why
FROM parked WHERE id > %s AND (%s OR resolution IS NULL) AND (%s::text IS NULL OR case_key = %s)
ORDER BY id LIMIT %s
"""
_OPEN_KEYS = Lookup("SELECT DISTINCT case_key FROM parked WHERE resolution IS NULL")
_RESOLVE = """
UPDATE parked SET resolution = %s, resolved_at = %s, resolved_by = %s, resolved_why = %s,
                  sealed = CASE WHEN %s = 'retried' THEN NULL ELSE sealed END
WHERE id = ANY(%s) AND resolution IS NULL RETURNING id
"""
_FAILED = "UPDATE parked SET attempts = attempts + 1, reason = %s, behind = false WHERE id = %s"


class ParkedItem(NamedTuple):
    """A parked item without its content. Open while `resolution` is None, then `retried` or `skipped`."""

    id: int
    case_key: str
    reason: str
    behind: bool
    topic: str
    partition: int
    offset: int
    parked_at: datetime
    correlation_id: str
    attempts: int
    resolution: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolved_why: str | None


class ParkedItems:
    """The parked items of a service, sealed under its own key."""

    def __init__(self, datastore: Datastore, box: Box) -> None:
        self._datastore = datastore
        self._box = box

    def list(
        self, *, case_key: str | None = None, after: int = 0, limit: int = 100, resolved: bool = False
    ) -> list[ParkedItem]:
        """In the order in which they were parked, from the one after id `after`.

        Open ones only unless `resolved`.
        """
        with self._datastore.get_connection() as connection:
            cursor = connection.cursor(row_factory=class_row(ParkedItem))
            return cursor.execute(_LIST, (after, resolved, case_key, case_key, limit)).fetchall()

    def show(self, id: int) -> ParkedItem | None:
        """One of them, open or not; None if there is none."""
        found = self.list(after=id - 1, limit=1, resolved=True)
        return found[0] if found and found[0].id == id else None

    def asks_open_keys(self, into: set[str]) -> Ask:
        """Ask under which case keys something is parked now."""
        return Ask(_OPEN_KEYS, {}, lambda rows: into.update(key for (key,) in rows))

    def count(self) -> int:
        """How many are open."""
        with self._datastore.get_connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            row = cursor.execute("SELECT count(*) FROM parked WHERE resolution IS NULL").fetchone()
        assert row is not None
        return int(row[0])

    def row(self, item: Record | Woken, case_key: str, reason: str, *, behind: bool, now: datetime) -> Parked:
        """What a commit writes to park an item."""
        sealed = self._box.seal(_pack(item), *_place(item.topic, item.partition, item.offset))
        return Parked(
            case_key, reason, behind, sealed, item.topic, item.partition, item.offset, now, correlation(item)
        )

    def items(self, case_key: str) -> Sequence[tuple[int, Item]]:
        """The open items of a case as they came, in the order in which they were parked."""
        with self._datastore.get_connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            cursor.execute(
                'SELECT id, sealed, topic, partition, "offset" FROM parked'
                " WHERE case_key = %s AND resolution IS NULL ORDER BY id",
                (case_key,),
            )
            return [(id, _unpack(self._box.open(sealed, *_place(*place)))) for id, sealed, *place in cursor]


class Resolved(NamedTuple):
    """For `commit.extra`: these parked items are settled."""

    ids: list[int]
    resolution: str
    at: datetime
    by: str
    why: str | None


class Resolutions:
    """The table write that settles parked items."""

    rank = -1

    def write(self, cursor: Cursor[Any], rows: Sequence[Resolved]) -> None:
        for row in rows:
            cursor.execute(_RESOLVE, (row.resolution, row.at, row.by, row.why, row.resolution, row.ids))


class FailedAgain(NamedTuple):
    """For `commit.extra`: a parked item was tried again in vain."""

    id: int
    reason: str


class Failures:
    """The table write that counts attempts."""

    rank = -1

    def write(self, cursor: Cursor[Any], rows: Sequence[FailedAgain]) -> None:
        for row in rows:
            cursor.execute(_FAILED, (row.reason, row.id))


RESOLUTIONS = Resolutions()
FAILURES = Failures()


def correlation(item: Item) -> str:
    """What names an item in logs and answers: its place on Kafka, or the correlation id of a command."""
    if isinstance(item, Command):
        return item.correlation_id
    return f"{item.topic}/{item.partition}/{item.offset}"


def _place(topic: str, partition: int, offset: int) -> tuple[str, ...]:
    return "parked", topic, str(partition), str(offset)


def _pack(item: Record | Woken) -> bytes:
    kind = "record" if isinstance(item, Record) else "woken"
    fields = item._asdict() if isinstance(item, Record) else asdict(item)
    return json.dumps({"kind": kind, **fields}, default=_to_text).encode()


def _to_text(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    raise TypeError(f"cannot pack a {type(value).__name__}")


def _from_text(value: dict[str, Any]) -> Any:
    if value.keys() == {"base64"} and isinstance(value["base64"], str):
        return base64.b64decode(value["base64"])
    if value.keys() == {"instant"} and isinstance(value["instant"], str):
        return datetime.fromisoformat(value["instant"])
    return value


def _unpack(packed: bytes) -> Item:
    fields: dict[str, Any] = json.loads(packed, object_hook=_from_text)
    return Record(**fields) if fields.pop("kind") == "record" else Woken(**fields)
