"""The history: every message of the services' logs, once, in the order in which reporting took them in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from chassis.items import Item, Record
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Unnest
from contracts.envelope import Meta, NotRecorded, Recorded, UnknownType
from contracts.events.agencies import REGISTRY
from directory import learn
from psycopg import Connection, Cursor
from psycopg.rows import tuple_row
from pydantic import BaseModel, ConfigDict, ValidationError

from reporting.pathway.entry import Entry

CHANNEL = "history"
"""NOTIFY channel that is told the highest `seq` of each commit."""

_APPEND = Unnest(
    """
WITH incoming AS (
    SELECT DISTINCT ON (source, position) *
    FROM {rows} WITH ORDINALITY
        AS told (source, position, event_id, type, subject, org, occurred_at, recorded_at, value, place)
    ORDER BY source, position, place
), fresh AS (
    SELECT incoming.* FROM incoming
    WHERE NOT EXISTS (
        SELECT FROM history WHERE history.source = incoming.source AND history.position = incoming.position)
), added AS (
    INSERT INTO history
        (seq, source, position, event_id, type, subject, org, occurred_at, recorded_at, value)
    SELECT (SELECT coalesce(max(seq), 0) FROM history) + row_number() OVER (ORDER BY place),
        source, position, event_id, type, subject, org, occurred_at, recorded_at, value
    FROM fresh ORDER BY place
    RETURNING seq
)
SELECT pg_notify('history', max(seq)::text) FROM added HAVING count(*) > 0
    """,
    *("text", "bigint", "text", "text", "uuid", "text", "timestamptz", "timestamptz", "bytea"),
)


class HistoryRow(NamedTuple):
    """One message as it will stand in the history; `seq` is given by the database, under the lock."""

    source: str
    position: int
    event_id: str
    type: str
    subject: UUID
    org: str
    occurred_at: datetime
    recorded_at: datetime
    value: bytes


class HistoryTable:
    """Appends rows that the history does not have yet, by (source, position)"""

    rank = 0

    def write(self, cursor: Cursor[Any], rows: Sequence[HistoryRow]) -> None:
        """One statement; `seq` goes on without a gap and readers are told (chassis.store.commit.Table)."""
        _APPEND.write(cursor, rows)


HISTORY = HistoryTable()


class NotOurLog(ValueError):
    """A record on a service's log that no relay wrote: a header is missing or contradicts the value."""


class AppendToHistory:
    """The use case of the consumer: each record of a service's log goes into the history, as received."""

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        """Nothing to read: the history itself knows what it has."""

    def case_key(self, uow: UnitOfWork, item: Item) -> str:  # noqa: ARG002
        """The case: what follows a record that cannot be read waits behind it."""
        assert isinstance(item, Record)
        return (item.key or b"").decode("utf-8", "replace")

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        """Appends one record; raises `NotOurLog` for what is no message of a service (it is parked)."""
        assert isinstance(item, Record)
        row = read(item)
        uow.commit.extra.append(TableWrite(HISTORY, row))
        if row.type in REGISTRY:
            learn(uow, Recorded.parse(row.value))
        return None


def read(record: Record) -> HistoryRow:
    """What a record says. Raises `NotOurLog` or `NotRecorded` naming what is wrong, never what stands there.

    A type that is not known here yet is taken in as well: a later version of this service will know it.
    """
    value = record.value or b""
    event = _Envelope.of(value)
    source, position, recorded_at = (_header(record, name) for name in ("source", "position", "recordedat"))
    if source != event.source or _header(record, "id") != event.id:
        raise NotOurLog("ce_source or ce_id is not what the value says")
    return HistoryRow(
        source=source,
        position=int(position),
        event_id=event.id,
        type=event.type,
        subject=event.meta.subject,
        org=event.meta.org,
        occurred_at=event.meta.occurred_at,
        recorded_at=datetime.fromisoformat(recorded_at),
        value=value,
    )


class _Envelope(BaseModel):
    """Enough of an event to put it in its place, whatever its type."""

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)
    id: str
    type: str
    source: str
    meta: Meta

    @classmethod
    def of(cls, value: bytes) -> _Envelope | Recorded[Any]:
        try:
            return Recorded.parse(value)
        except UnknownType:
            return cls._of_unknown(value)

    @classmethod
    def _of_unknown(cls, value: bytes) -> _Envelope:
        try:
            return cls.model_validate_json(value)
        except ValidationError as error:
            fields = ", ".join("/".join(map(str, each["loc"])) for each in error.errors(include_input=False))
            raise NotRecorded(f"wrong or missing: {fields}") from None


def _header(record: Record, name: str) -> str:
    found = record.headers.get(f"ce_{name}")
    if not found:
        raise NotOurLog(f"header ce_{name} is missing")
    return found.decode("utf-8", "replace")


_PAGE: LiteralString = """
SELECT source, position, event_id, type, subject, org, occurred_at, recorded_at, value, seq
FROM history WHERE seq > %s ORDER BY seq LIMIT %s
"""


class History:
    """The history as the views' source (`chassis.projector.Source`)."""

    channel = CHANNEL

    def read(self, connection: Connection[Any], after: int, limit: int) -> Sequence[Entry]:
        """At most `limit` entries after a place, in order."""
        with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            rows = cursor.execute(_PAGE, (after, limit), prepare=True).fetchall()
        return [Entry(*row) for row in rows]

    def head(self, connection: Connection[Any]) -> int:
        """The place of the newest entry, 0 if there is none."""
        row = connection.cursor(row_factory=tuple_row).execute(_HEAD).fetchone()
        return int(row[0]) if row else 0


_HEAD: LiteralString = "SELECT coalesce(max(seq), 0) FROM history"
