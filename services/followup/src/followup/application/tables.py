"""The tables that followup writes beside its events, and how it reads whose case is whose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from answering.people import MERGED, Connect, People, lookup_ever
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup, Unnest
from psycopg import Cursor

_OF_ONE_CLIENT = Lookup(
    f"""
SELECT a.of, NULL::uuid, c.client_id, CASE WHEN {MERGED} THEN NULL ELSE true END, NULL
FROM unnest({{cases}}) AS a (of) LEFT JOIN case_clients c ON c.case_id = a.of
""",
    cases="uuid",
)
"""Of whoever was never merged the case itself alone: what is reported in another of the client's own is that
one's."""
_OF_ALL = lookup_ever("SELECT m.of, nullif(m.case_id, m.of), m.client_id, m.still, NULL FROM members m")


class CaseUntold(LookupError):
    """Intake has not told of this case: its log came to us out of order, or in part."""


class Clients(People):
    """Whose cases a batch is about: read in one query, two where somebody was ever merged with another."""

    def __init__(self, connect: Connect) -> None:
        super().__init__(connect, _OF_ONE_CLIENT, _OF_ALL, lambda _case_id, _nothing: None)

    def others(self, case_id: UUID) -> list[UUID]:
        """The other cases of the person whose case this is."""
        return sorted(self.person(case_id) - {case_id})

    def of(self, case_id: UUID) -> UUID | None:
        """The client of a case that was loaded or just learned."""
        return self.client_of(case_id)


class Evaluation(NamedTuple):
    """A row of `evaluations`."""

    case_id: UUID
    org: str
    due_on: date
    window_from: date
    window_until: date
    evaluated: bool


def keep(uow: UnitOfWork, evaluation: Evaluation) -> None:
    """Write the evaluation of a case as it is now."""
    uow.commit.extra.append(TableWrite(_EVALUATIONS, evaluation))


def drop(uow: UnitOfWork, case_id: UUID) -> None:
    """Nothing of a case is to be evaluated any more."""
    uow.commit.extra.append(TableWrite(_EVALUATIONS, case_id))


class _Evaluations:
    """A statement may change a row once: of several changes of a case in one commit, the last one counts."""

    rank = 31
    _statement = Unnest(
        "INSERT INTO evaluations (case_id, org, due_on, window_from, window_until, evaluated)"
        " SELECT * FROM {rows} ON CONFLICT (case_id) DO UPDATE SET (org, due_on, window_from, window_until,"
        " evaluated) = (excluded.org, excluded.due_on, excluded.window_from, excluded.window_until,"
        " excluded.evaluated)",
        *("uuid", "text", "date", "date", "date", "boolean"),
    )

    def write(self, cursor: Cursor[Any], rows: Sequence[Evaluation | UUID]) -> None:
        last = {row.case_id if isinstance(row, Evaluation) else row: row for row in rows}
        kept = [row for row in last.values() if isinstance(row, Evaluation)]
        dropped = [row for row in last.values() if isinstance(row, UUID)]
        if kept:
            self._statement.write(cursor, kept)
        if dropped:
            cursor.execute("DELETE FROM evaluations WHERE case_id = ANY(%s)", (dropped,))


_EVALUATIONS = _Evaluations()
