"""What one transaction writes besides events, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from psycopg import Cursor

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

    Give the same object every time; `rank` orders tables within the commit (after outcomes, before events).
    `write` must send one statement (`chassis.store.unnest` builds it) and must not fetch: it runs in a pipeline.
    """

    rank: int

    def write(self, cursor: Cursor[Any], rows: Sequence[Any]) -> None: ...


class TableWrite(NamedTuple):
    """One row for a table that the service owns: `commit.extra.append(TableWrite(QUARANTINE, row))`."""

    table: Table
    row: Any


@dataclass(slots=True)
class Commit:
    """Everything that a batch writes beside events. Append to the lists; `attempt()` takes back what it must.

    Written in this order, lock first: releases, claims, waits (gone, new), inbox, verdicts, other contents,
    receipts, positions (compared and set), outcomes, parked, extra by rank, events.
    """

    claims: list[Claim] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    waits_gone: list[int] = field(default_factory=list)
    inbox: list[InboxRow] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    other_contents: list[OtherContent] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    positions: list[PositionMove] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    extra: list[TableWrite] = field(default_factory=list)


class Committed(NamedTuple):
    """What the lock gave: the i-th event has notification id `first_id + i`, recorded `recorded_at + i` µs."""

    first_id: int | None
    recorded_at: datetime | None
    receipts_from: int | None
