"""What is written down of terms that run, beside the events: a timer, and a row of the work list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows, Unnest
from chassis.timers import Timer, take_away
from psycopg import Cursor

from answering.terms import Running, Terms

KIND = "deadline"
"""The kind of timer that rings when a term has ended; its key is `Running.key`."""


class DeadlineRow(NamedTuple):
    """A row of the table `deadlines`: the work list of who must act and who waits."""

    stream: UUID
    key: str
    case_id: UUID
    which: str
    number: str
    org: str
    other: str
    since: date
    due_at: datetime
    rings: bool = False
    """Whether it is its own timer: it rings when it is due (`RINGING`)."""


def follow(
    uow: UnitOfWork,
    stream: UUID,
    case_id: UUID,
    before: Collection[Running],
    now: Iterable[Running],
    terms: Terms,
) -> None:
    """Write down, in this commit, which terms began and which ended."""
    now = tuple(now)
    for running in now:
        if running not in before:
            row = DeadlineRow(
                *(stream, running.key, case_id, str(running.which), running.number, running.org),
                *(running.other, running.since, terms.ends(running)),
                rings=True,
            )
            put(uow, row)
    for running in before:
        if running not in now:
            take(uow, stream, running.key)


def put(uow: UnitOfWork, row: DeadlineRow) -> None:
    """A term runs: it stands on the work list from this commit on, and rings if it says so."""
    uow.commit.extra.append(TableWrite(_DEADLINES, (row.stream, row.key, row)))


def take(uow: UnitOfWork, stream: UUID, key: str) -> None:
    """A term runs no more: it is taken off the work list, and does not ring."""
    uow.commit.extra.append(TableWrite(_DEADLINES, (stream, key, None)))


def has_rung(uow: UnitOfWork, timer: Timer) -> None:
    """A timer has been rung, that of a term or another. The term stays on the work list until somebody acts;
    it rings no more."""
    take_away(uow, timer)
    if timer.kind == KIND:
        uow.commit.extra.append(TableWrite(_RUNG, (timer.stream, timer.key)))


class _Deadlines:
    """The table `deadlines`. Of what a commit does with one term, the last counts: a term that ended and runs
    again (the move that ended it was voided) stands."""

    rank = 36
    _begun = Unnest(
        "INSERT INTO deadlines (stream, key, case_id, which, number, org, other, since, due_at, rings)"
        " SELECT * FROM {rows} ON CONFLICT (stream, key) DO UPDATE SET rings = excluded.rings",
        *("uuid", "text", "uuid", "text", "text", "text", "text", "date", "timestamptz", "bool"),
    )
    _ended = Unnest(
        "DELETE FROM deadlines AS d USING {rows} AS r (stream, key)"
        " WHERE (d.stream, d.key) = (r.stream, r.key)",
        *("uuid", "text"),
    )

    def write(self, cursor: Cursor[Any], rows: Sequence[tuple[UUID, str, DeadlineRow | None]]) -> None:
        last = {(stream, key): row for stream, key, row in rows}
        if begun := [row for row in last.values() if row is not None]:
            self._begun.write(cursor, begun)
        if ended := [place for place, row in last.items() if row is None]:
            self._ended.write(cursor, ended)


_DEADLINES = _Deadlines()
_RUNG = Rows(
    35,  # before what begins: a term that ended and runs again rings again
    "UPDATE deadlines AS d SET rings = false FROM {rows} AS r (stream, key)"
    " WHERE (d.stream, d.key) = (r.stream, r.key)",
    *("uuid", "text"),
)
RINGING: LiteralString = f"""
    SELECT '{KIND}', stream, key, due_at FROM deadlines
    WHERE rings AND due_at <= %s AND (due_at, stream, key, '{KIND}') > (%s, %s, %s, %s)
    ORDER BY due_at, stream, key LIMIT %s
"""
"""The page of terms that are their own timers, for the ticker of a service (`chassis.timers`)."""
