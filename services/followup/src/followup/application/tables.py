"""The tables that followup writes beside its events, and how it reads whose case is whose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows, Unnest
from psycopg import Connection, Cursor

Connect = Callable[[], AbstractContextManager[Connection[Any]]]


class CaseUntold(LookupError):
    """Intake has not told of this case: its log came to us out of order, or in part."""


class Clients:
    """Whose cases a batch is about, read in one query, with what the batch itself has learned."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._known: dict[UUID, UUID] = {}

    def load(self, case_ids: Iterable[UUID]) -> None:
        """Read these; whatever an earlier batch knew is forgotten."""
        self._known = {}
        wanted = list(dict.fromkeys(case_ids))
        if not wanted:
            return
        with self._connect() as connection:
            rows = connection.execute(
                "SELECT case_id, client_id FROM cases WHERE case_id = ANY(%s)", (wanted,)
            )
            self._known = {row["case_id"]: row["client_id"] for row in rows}

    def of(self, case_id: UUID) -> UUID | None:
        """The client of a case that was loaded or just learned."""
        return self._known.get(case_id)

    def learn(self, uow: UnitOfWork, case_id: UUID, client_id: UUID) -> None:
        """Intake opened a case."""
        self._known[case_id] = client_id
        uow.commit.extra.append(TableWrite(_CASES, (case_id, client_id)))


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


class _Evaluations:
    """A statement may change a row once: of several rows of a case in one commit, the last one counts."""

    rank = 31
    _statement = Unnest(
        "INSERT INTO evaluations (case_id, org, due_on, window_from, window_until, evaluated)"
        " SELECT * FROM {rows} ON CONFLICT (case_id) DO UPDATE SET (org, due_on, window_from, window_until,"
        " evaluated) = (excluded.org, excluded.due_on, excluded.window_from, excluded.window_until,"
        " excluded.evaluated)",
        *("uuid", "text", "date", "date", "date", "boolean"),
    )

    def write(self, cursor: Cursor[Any], rows: Sequence[Evaluation]) -> None:
        self._statement.write(cursor, list({row.case_id: row for row in rows}.values()))


_CASES = Rows(
    30, "INSERT INTO cases (case_id, client_id) SELECT * FROM {rows} ON CONFLICT DO NOTHING", "uuid", "uuid"
)
_EVALUATIONS = _Evaluations()
