"""What referral knows of cases, from intake's log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import astuple, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.together import Ask, together
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup, Rows, Unnest
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.common import EventVoided
from contracts.events.intake import CaseOpened
from contracts.vocabulary import CloseReason
from psycopg import Connection, Cursor

from referral.domain import CaseAsKnown

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_READ_CASES = Lookup(
    "SELECT case_id, closed_at, merged_into, last_closed_at, closed_by, reopened_by"
    " FROM cases WHERE case_id = ANY({cases})",
    cases="uuid",
)
_OPEN = CaseAsKnown()
_CHANGING = (CaseClosed, CaseReopened, EventVoided)


class CaseBook:
    """The cases that a batch asks for, with what the batch itself has learned. Read in one query, and one
    more for each time that some of them were merged."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._known: dict[UUID, CaseAsKnown | None] = {}

    def asks(self, case_ids: Iterable[UUID]) -> list[Ask]:
        """Ask for these cases and those in which they go on; whatever an earlier batch knew is forgotten."""
        self._known = {}
        return self._asks(dict.fromkeys(case_ids))

    def _asks(self, wanted: Collection[UUID]) -> list[Ask]:
        return [Ask(_READ_CASES, {"cases": list(wanted)}, self._take)] if wanted else []

    def _take(self, rows: Iterable[tuple[Any, ...]]) -> None:
        found = {case_id: CaseAsKnown(*known) if any(known) else _OPEN for case_id, *known in rows}
        self._known |= found
        goes_on = {case.merged_into: None for case in found.values() if case.merged_into is not None}
        further = [case_id for case_id in goes_on if case_id not in self._known]
        together(self._connect, self._asks(further))

    def get(self, case_id: UUID) -> CaseAsKnown | None:
        """A case that was loaded; None if intake never told of it. One that was closed by merging is as open
        as the one in which it goes on."""
        case = self._known.get(case_id)
        if case is None or case.merged_into is None:
            return case
        passed = {case_id}
        while case is not None and case.merged_into is not None and case.merged_into not in passed:
            passed.add(case.merged_into)
            case = self._known.get(case.merged_into) or CaseAsKnown()
        return case

    def learn(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Take in what intake tells of a case."""
        case_id, data, case = told.meta.subject, told.data, self._of(told.meta.subject)
        if isinstance(data, CaseOpened):
            uow.commit.extra.append(TableWrite(OPENED, (case_id,)))
            self._known[case_id] = CaseAsKnown()
        elif isinstance(data, _CHANGING) and (changed := _after(case, told)) != case:
            self._known[case_id] = changed
            uow.commit.extra.append(TableWrite(CHANGED, CaseRow(case_id, *astuple(changed))))

    def _of(self, case_id: UUID) -> CaseAsKnown:
        return self._known.get(case_id) or CaseAsKnown()


def changing(told: Iterable[Recorded[Payload]]) -> list[UUID]:
    """The cases of which these events change whether they are closed: to be loaded before they are learnt."""
    return [one.meta.subject for one in told if isinstance(one.data, _CHANGING)]


def _after(case: CaseAsKnown, told: Recorded[Payload]) -> CaseAsKnown:
    """A case after it was closed, opened again, or after one of these was voided: what does not hold any more
    is voided without effect. What merging closed and unmerging opened again is not voided."""
    data, at = told.data, told.meta.latest_at
    if isinstance(data, CaseClosed) and data.reason is CloseReason.MERGED:
        return replace(case, merged_into=data.into_case)
    if isinstance(data, CaseClosed) and case.closed_by == _right_one(told):
        return replace(case, last_closed_at=at, closed_by=told.id)
    if isinstance(data, CaseClosed):
        return replace(case, closed_at=at, last_closed_at=at, closed_by=told.id)
    if isinstance(data, CaseReopened):
        return replace(case, closed_at=None, merged_into=None, reopened_by=told.id)
    if _voids(data, case.closed_by):
        opened_again = case.closed_at is None and data.replaced  # type: ignore[attr-defined]
        closed_by = _right_one(told) if opened_again else case.closed_by
        return replace(case, closed_at=None, last_closed_at=None, closed_by=closed_by)
    return replace(case, closed_at=case.last_closed_at) if _voids(data, case.reopened_by) else case


def _right_one(told: Recorded[Payload]) -> str:
    """In place of the closing that holds, until it is told: what replaces one after which the case was opened
    again closes nothing."""
    return f"replaced by {told.meta.causation_id}"


def _voids(data: Payload, event_id: str | None) -> bool:
    return isinstance(data, EventVoided) and data.event_id == event_id


class CaseRow(NamedTuple):
    """A row of `cases`: the case, and the fields of `CaseAsKnown` in their order."""

    case_id: UUID
    closed_at: datetime | None
    merged_into: UUID | None
    last_closed_at: datetime | None
    closed_by: str | None
    reopened_by: str | None


class _Changed:
    """A statement changes a row once: of several rows of a case in one commit, the last one counts."""

    rank = 31
    _statement = Unnest(
        "UPDATE cases AS c SET closed_at = r.closed_at, merged_into = r.merged_into,"
        " last_closed_at = r.last_closed_at, closed_by = r.closed_by, reopened_by = r.reopened_by"
        " FROM {rows} AS r (case_id, closed_at, merged_into, last_closed_at, closed_by, reopened_by)"
        " WHERE c.case_id = r.case_id",
        *("uuid", "timestamptz", "uuid", "timestamptz", "text", "text"),
    )

    def write(self, cursor: Cursor[Any], rows: Sequence[CaseRow]) -> None:
        self._statement.write(cursor, list({row.case_id: row for row in rows}.values()))


OPENED = Rows(30, "INSERT INTO cases (case_id) SELECT * FROM {rows} ON CONFLICT DO NOTHING", "uuid")
CHANGED = _Changed()
