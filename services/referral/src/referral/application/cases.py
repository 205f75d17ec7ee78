"""What referral knows of cases, from intake's log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import CaseClosed
from contracts.events.consent import ConsentGiven
from contracts.events.intake import CaseOpened
from psycopg import Connection

from referral.domain import CaseAsKnown, Consent

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_READ_CASES = "SELECT case_id, closed_at FROM cases WHERE case_id = ANY(%s)"
_READ_CONSENTS = """
SELECT case_id, event_id, given_at, recipients, labels, expires_on FROM consents WHERE case_id = ANY(%s)
"""


class CaseBook:
    """The cases that a batch asks for, read in two queries, with what the batch itself has learned."""

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
            for row in connection.execute(_READ_CONSENTS, (wanted,)):
                self._consent(row["case_id"], _consent(row))

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
        elif isinstance(data, ConsentGiven):
            row = ConsentRow.of(told.id, told.meta.occurred_at, case_id, data)
            uow.commit.extra.append(TableWrite(CONSENTED, row))
            self._consent(case_id, _consent(row._asdict()))

    def _of(self, case_id: UUID) -> CaseAsKnown:
        return self._known.get(case_id) or CaseAsKnown()

    def _consent(self, case_id: UUID, consent: Consent) -> None:
        case = self._of(case_id)
        self._change(case_id, replace(case, consents=(*case.consents, consent)))

    def _change(self, case_id: UUID, case: CaseAsKnown) -> None:
        if case_id in self._known:
            self._known[case_id] = case


class ConsentRow(NamedTuple):
    """A row of `consents`; recipients and labels are lists of codes, one space between two."""

    event_id: str
    case_id: UUID
    given_at: datetime
    recipients: str
    labels: str
    expires_on: date | None

    @classmethod
    def of(cls, event_id: str, given_at: datetime, case_id: UUID, data: ConsentGiven) -> ConsentRow:
        recipients, labels = " ".join(data.recipients), " ".join(data.labels)
        return cls(event_id, case_id, given_at, recipients, labels, data.expires_on)


def _consent(row: dict[str, Any]) -> Consent:
    return Consent(
        event_id=row["event_id"],
        given_at=row["given_at"],
        recipients=tuple(row["recipients"].split()),
        labels=tuple(row["labels"].split()),
        expires_on=row["expires_on"],
    )


OPENED = Rows(30, "INSERT INTO cases (case_id) SELECT * FROM {rows} ON CONFLICT DO NOTHING", "uuid")
CLOSED = Rows(
    31,
    "UPDATE cases AS c SET closed_at = r.closed_at FROM {rows} AS r (case_id, closed_at)"
    " WHERE c.case_id = r.case_id",
    *("uuid", "timestamptz"),
)
CONSENTED = Rows(
    32,
    "INSERT INTO consents (event_id, case_id, given_at, recipients, labels, expires_on)"
    " SELECT * FROM {rows} ON CONFLICT DO NOTHING",
    *("text", "uuid", "timestamptz", "text", "text", "date"),
)
