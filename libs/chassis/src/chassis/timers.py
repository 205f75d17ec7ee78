"""What the clock shall make due: kept beside the events, rung through the writer like every command.

An aggregate that must hear of an instant gets a timer in the commit that makes it necessary. When the instant
has come, every instance may ring it; the decider asks the aggregate, which records nothing a second time, and
takes the timer away in the same commit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from google.protobuf.wrappers_pb2 import StringValue
from psycopg import Cursor

from chassis.service.declaration import Ticker
from chassis.service.parts import Parts
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Unnest

RING = "ring"
"""The name of the command that a due timer becomes; its message is read by `Timer.of`."""

MOST_AT_ONCE = 200
EVERY_SECONDS = 1.0


class Timer(NamedTuple):
    """`key` tells timers of one kind on one stream apart; setting the same timer again changes nothing."""

    kind: str
    stream: UUID
    key: str
    due_at: datetime

    @classmethod
    def of(cls, message: StringValue) -> Timer:
        """Read the message of a `RING` command."""
        kind, stream, key, due_at = json.loads(message.value)
        return cls(kind, UUID(stream), key, datetime.fromisoformat(due_at))

    def message(self) -> StringValue:
        """Make the message of a `RING` command."""
        return StringValue(value=json.dumps([self.kind, str(self.stream), self.key, self.due_at.isoformat()]))


def set_timer(uow: UnitOfWork, timer: Timer) -> None:
    """Set a timer in this commit."""
    uow.commit.extra.append(TableWrite(_SET, timer))


def take_away(uow: UnitOfWork, timer: Timer) -> None:
    """Take a timer away in this commit: it has been rung."""
    uow.commit.extra.append(TableWrite(_TAKEN, timer[:3]))


def ticker(seconds: float = EVERY_SECONDS) -> Ticker[Any]:
    """Make the ticker of a service that has timers."""
    return Ticker(RING, seconds, _due)


async def _due(parts: Parts[Any]) -> Sequence[StringValue]:
    rows = await parts.reads.all(
        "SELECT kind, stream, key, due_at FROM timers WHERE due_at <= %s"
        " ORDER BY due_at, stream, key LIMIT %s",
        (parts.clock.now(), MOST_AT_ONCE),
    )
    return [Timer(*row).message() for row in rows]


class _Statement:
    """One statement over the rows of a commit."""

    def __init__(self, rank: int, statement: Unnest) -> None:
        self.rank = rank
        self._statement = statement

    def write(self, cursor: Cursor[Any], rows: Sequence[Sequence[Any]]) -> None:
        self._statement.write(cursor, rows)


_SET = _Statement(
    20,
    Unnest(
        "INSERT INTO timers (kind, stream, key, due_at) SELECT * FROM {rows} ON CONFLICT DO NOTHING",
        *("text", "uuid", "text", "timestamptz"),
    ),
)
_TAKEN = _Statement(
    21,
    Unnest(
        "DELETE FROM timers AS t USING {rows} AS r (kind, stream, key)"
        " WHERE (t.kind, t.stream, t.key) = (r.kind, r.stream, r.key)",
        *("text", "uuid", "text"),
    ),
)
