"""What referral knows of cases, from intake's log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import CaseClosed
from contracts.events.intake import CaseOpened
from psycopg import Connection

from referral.domain import CaseAsKnown

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_READ_CASES = "SELECT case_id, closed_at FROM cases WHERE case_id = ANY(%s)"


class CaseBook:
    """The cases that a batch asks for, read in one query, with what the batch itself has learned."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._known: dict[UUID, CaseAsKnown | None] = {}

    def load(self, case_ids: Iterable[UUID]) -> None:
        """Read these cases; whatever an earlier batch knew is forgotten."""
        wanted = list(dict.fromkeys(case_ids))
        self._known = dict.fromkeys(wanted)
        if not wanted:
            return
        with self._connect() as connection:
            for row in connection.execute(_READ_CASES, (wanted,)):
                self._known[row["case_id"]] = CaseAsKnown(closed_at=row["closed_at"])

    def get(self, case_id: UUID) -> CaseAsKnown | None:
        """A case that was loaded; None if intake never told of it."""
        return self._known.get(case_id)

    def learn(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Take in what intake tells of a case."""
        case_id, data = told.meta.subject, told.data
        if isinstance(data, CaseOpened):
            uow.commit.extra.append(TableWrite(OPENED, (case_id,)))
            self._change(case_id, CaseAsKnown())
        elif isinstance(data, CaseClosed):
            uow.commit.extra.append(TableWrite(CLOSED, (case_id, told.meta.latest_at)))
            self._change(case_id, replace(self._of(case_id), closed_at=told.meta.latest_at))

    def _of(self, case_id: UUID) -> CaseAsKnown:
        return self._known.get(case_id) or CaseAsKnown()

    def _change(self, case_id: UUID, case: CaseAsKnown) -> None:
        if case_id in self._known:
            self._known[case_id] = case


OPENED = Rows(30, "INSERT INTO cases (case_id) SELECT * FROM {rows} ON CONFLICT DO NOTHING", "uuid")
CLOSED = Rows(
    31,
    "UPDATE cases AS c SET closed_at = r.closed_at FROM {rows} AS r (case_id, closed_at)"
    " WHERE c.case_id = r.case_id",
    *("uuid", "timestamptz"),
)
