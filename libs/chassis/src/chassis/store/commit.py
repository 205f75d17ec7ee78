"""What one transaction writes besides events, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from chassis.store import statements
from chassis.store.positions import StalePosition
from chassis.store.rows import (
    Claim,
    InboxRow,
    OtherContent,
    Outcome,
    Parked,
    PositionMove,
    Receipt,
    Release,
    Verdict,
    Wait,
)


class Table(Protocol):
    """A table that a service owns. Rows of one table are written by one call, in the order they were added.

    Give the same object every time; `rank` orders tables within the commit (after parked, before events).
    `write` sends one statement (`chassis.store.unnest` builds it) and does not fetch: it runs in a pipeline.
    """

    @property
    def rank(self) -> int: ...

    def write(self, cursor: Cursor[Any], rows: Sequence[Any]) -> None: ...


class TableWrite(NamedTuple):
    """One row for a table that the service owns: `commit.extra.append(TableWrite(QUARANTINE, row))`."""

    table: Table
    row: Any


@dataclass(slots=True)
class Commit:
    """Everything that a batch writes beside events. Append to the lists; `attempt()` takes back what it must.

    Written in this order, lock first: releases, claims, waits (gone, new), inbox, verdicts, other contents,
    receipts, positions (compared and set), outcomes, parked, extra by rank, events. Claims, waits and inbox
    are better written through the unit of work, which also remembers them for the later items of the batch.
    """

    releases: list[Release] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    waits_gone: list[int] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    inbox: list[InboxRow] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    other_contents: list[OtherContent] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    positions: list[PositionMove] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    extra: list[TableWrite] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not any(getattr(self, name) for name in self.__slots__)


class Overtaken(Exception):
    """Another instance has settled what this was decided on, since it was looked up: decide again."""


class NobodyAhead(Overtaken):
    """An item was to wait behind a parked one that another instance has settled since it was looked up."""


class Committed(NamedTuple):
    """What the lock gave: event i has notification id `first_id + i`, recorded at `recorded_at + i` µs."""

    first_id: int | None
    recorded_at: datetime | None
    receipts_from: int | None


def write_rows(connection: Connection[Any], commit: Commit, now: datetime) -> Callable[[], int | None]:
    """Send all rows into the pipeline. Call what it returns after the sync.

    It compares (raises `StalePosition`, `Overtaken`) and gives the position of the first receipt, if any.
    """
    cursor = connection.cursor(row_factory=tuple_row)
    if commit.releases:
        statements.RELEASES.write(cursor, commit.releases)
    if commit.claims:
        statements.CLAIMS.write(cursor, commit.claims)
    gone = _take_away(connection, commit.waits_gone) if commit.waits_gone else None
    if commit.waits:
        statements.WAITS.write(cursor, commit.waits)
    if commit.inbox:
        statements.INBOX.write(cursor, [statements.inbox_row(row) for row in commit.inbox])
    settled = _settle(connection, commit.verdicts) if commit.verdicts else None
    if commit.other_contents:
        statements.OTHER_CONTENTS.write(cursor, commit.other_contents)
    receipts = _write_receipts(connection, commit.receipts, now) if commit.receipts else None
    compare = _move(connection, commit.positions) if commit.positions else None
    if commit.outcomes:
        statements.OUTCOMES.write(cursor, commit.outcomes, now)
    parked = _write_parked(connection, commit.parked) if commit.parked else None
    _write_extra(cursor, commit.extra)

    def look() -> int | None:
        if compare is not None:
            compare()
        if gone is not None and gone.rowcount < len(commit.waits_gone):
            raise Overtaken("what waited here has gone on elsewhere: decide again")
        if settled is not None and settled.rowcount < len(commit.verdicts):
            raise Overtaken("an event was given another word meanwhile: decide again")
        if parked is not None and parked.rowcount < len(commit.parked):
            raise NobodyAhead("what this was to wait behind was settled meanwhile: decide again")
        return None if receipts is None else receipts() - len(commit.receipts) + 1

    return look


def _write_receipts(
    connection: Connection[Any], receipts: Sequence[Receipt], now: datetime
) -> Callable[[], int]:
    cursor = connection.cursor(row_factory=tuple_row)
    statements.RECEIPTS.write(cursor, receipts, now)
    cursor.execute(f"NOTIFY {statements.RECEIPTS_CHANNEL}", prepare=False)
    cursor.execute("SELECT max(position) FROM receipts", prepare=True)
    return lambda: int(cursor.fetchall()[0][0])


def _take_away(connection: Connection[Any], waits: Sequence[int]) -> Cursor[Any]:
    cursor = connection.cursor(row_factory=tuple_row)
    statements.WAITS_GONE.send(cursor, [waits])
    return cursor


def _settle(connection: Connection[Any], verdicts: Sequence[Verdict]) -> Cursor[Any]:
    cursor = connection.cursor(row_factory=tuple_row)
    statements.VERDICTS.write(cursor, [statements.verdict_row(row) for row in verdicts])
    return cursor


def _write_parked(connection: Connection[Any], parked: Sequence[Parked]) -> Cursor[Any]:
    cursor = connection.cursor(row_factory=tuple_row)
    statements.PARKED.write(cursor, parked)
    return cursor


def _move(connection: Connection[Any], moves: Sequence[PositionMove]) -> Callable[[], None]:
    """Compare and set. A partition without a row is inserted, unless another was faster."""
    cursors = []
    for statement, part in (
        (statements.POSITIONS_MOVED, [move for move in moves if move.expected is not None]),
        (statements.POSITIONS_BEGUN, [move for move in moves if move.expected is None]),
    ):
        if part:
            cursors.append(connection.cursor(row_factory=tuple_row))
            statement.write(cursors[-1], part)

    def compare() -> None:
        moved = {tuple(row) for cursor in cursors for row in cursor}
        stale = [(move.topic, move.partition) for move in moves if (move.topic, move.partition) not in moved]
        if stale:
            raise StalePosition(stale)

    return compare


def _write_extra(cursor: Cursor[Any], extra: Sequence[TableWrite]) -> None:
    by_table: dict[int, list[TableWrite]] = {}
    for write in extra:
        by_table.setdefault(id(write.table), []).append(write)
    for writes in sorted(by_table.values(), key=lambda writes: (writes[0].table.rank, id(writes[0].table))):
        writes[0].table.write(cursor, [write.row for write in writes])
