"""What the clock shall make due: kept beside the events, rung through the writer like every command.

An aggregate that must hear of an instant gets a timer in the commit that makes it necessary. When the instant
has come, every instance may ring it; the decider asks the aggregate, which records nothing a second time, and
takes the timer away in the same commit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, LiteralString, NamedTuple
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
    uow.commit.extra.append(TableWrite(_TIMERS, (True, timer)))


def take_away(uow: UnitOfWork, timer: Timer) -> None:
    """Take a timer away in this commit: it has been rung."""
    uow.commit.extra.append(TableWrite(_TIMERS, (False, timer)))


def ticker(*also: LiteralString, seconds: float = EVERY_SECONDS) -> Ticker[Any]:
    """Make the ticker of a service that has timers.

    `also`: queries of further tables whose rows are timers; each takes what `PAGE` takes and gives the same.
    """
    sources = [_Due(page) for page in (PAGE, *also)]

    async def due(parts: Parts[Any]) -> Sequence[StringValue]:
        return [message for source in sources for message in await source(parts)]

    return Ticker(RING, seconds, due)


class _Due:
    """A page of what is due, each time the next one, and after the last page again the first.

    What cannot be decided now, because its case is parked, stays due and must not hide what is due after it.
    """

    def __init__(self, page: LiteralString) -> None:
        self._query = page
        self._after: tuple[datetime, UUID, str, str] | None = None

    async def __call__(self, parts: Parts[Any]) -> Sequence[StringValue]:
        timers = await self._page(parts)
        if not timers and self._after is not None:
            self._after = None
            timers = await self._page(parts)
        if len(timers) == MOST_AT_ONCE:
            last = timers[-1]
            self._after = (last.due_at, last.stream, last.key, last.kind)
        else:
            self._after = None
        return [timer.message() for timer in timers]

    async def _page(self, parts: Parts[Any]) -> list[Timer]:
        rows = await parts.reads.all(
            self._query, (parts.clock.now(), *(self._after or _BEFORE_ALL), MOST_AT_ONCE)
        )
        return [Timer(*row) for row in rows]


_BEFORE_ALL = (datetime.min.replace(tzinfo=UTC), UUID(int=0), "", "")
PAGE: LiteralString = """
    SELECT kind, stream, key, due_at FROM timers
    WHERE due_at <= %s AND (due_at, stream, key, kind) > (%s, %s, %s, %s)
    ORDER BY due_at, stream, key, kind LIMIT %s
"""
"""What is due by an instant, after a place in that order, at most so many."""


class _Timers:
    """The table of timers. Of what a commit does with one timer, the last counts: what was set, taken away
    and set again (a move that was voided) stands."""

    rank = 20
    _set = Unnest(
        "INSERT INTO timers (kind, stream, key, due_at) SELECT * FROM {rows}"
        " ON CONFLICT (kind, stream, key) DO UPDATE SET due_at = excluded.due_at",
        *("text", "uuid", "text", "timestamptz"),
    )
    _taken = Unnest(
        "DELETE FROM timers AS t USING {rows} AS r (kind, stream, key)"
        " WHERE (t.kind, t.stream, t.key) = (r.kind, r.stream, r.key)",
        *("text", "uuid", "text"),
    )

    def write(self, cursor: Cursor[Any], rows: Sequence[tuple[bool, Timer]]) -> None:
        last = {timer[:3]: (is_set, timer) for is_set, timer in rows}
        if sets := [timer for is_set, timer in last.values() if is_set]:
            self._set.write(cursor, sets)
        if taken := [timer[:3] for is_set, timer in last.values() if not is_set]:
            self._taken.write(cursor, taken)


_TIMERS = _Timers()
