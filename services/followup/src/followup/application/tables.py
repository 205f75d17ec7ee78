"""The tables that followup writes beside its events, and how it reads whose case is whose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from answering.members import EVER_MEMBERS
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup, Rows, Unnest
from contracts.events.people import ClientsMerged, ClientsUnmerged
from psycopg import Connection, Cursor

Connect = Callable[[], AbstractContextManager[Connection[Any]]]


_READ = Lookup(
    """
SELECT c.case_id, c.client_id,
    EXISTS (SELECT FROM client_merges m WHERE m.client = c.client_id AND NOT m.undone) AS merged
FROM cases c WHERE c.case_id = ANY({cases})
""",
    cases="uuid",
)
_OTHERS = Lookup(
    EVER_MEMBERS
    + """
SELECT m.of, m.case_id, m.client_id FROM members m
WHERE m.still AND m.client_id IS NOT NULL AND m.case_id <> m.of ORDER BY m.of, m.case_id
""",
    cases="uuid",
    undone="uuid",
    opened="uuid",
    clients="uuid",
)


class CaseUntold(LookupError):
    """Intake has not told of this case: its log came to us out of order, or in part."""


class Clients:
    """Whose cases a batch is about, read in one query, with what the batch itself has learned."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._known: dict[UUID, UUID] = {}
        self._person: dict[UUID, list[UUID]] = {}
        self._joined: dict[UUID, ClientsMerged] = {}
        self._undone: set[UUID] = set()

    def load(self, case_ids: Iterable[UUID]) -> None:
        """Read these, and the other cases of merged clients; whatever an earlier batch knew is forgotten."""
        self._known, self._person = {}, {}
        self._joined, self._undone = {}, set()
        wanted = list(dict.fromkeys(case_ids))
        if not wanted:
            return
        with self._connect() as connection:
            rows = list(_READ.read(connection, cases=wanted))
            self._known = {case_id: client for case_id, client, _ in rows}
            merged = [case_id for case_id, _, is_merged in rows if is_merged]
            if merged:
                self._read_others(connection, merged)

    def _read_others(self, connection: Connection[Any], cases: list[UUID]) -> None:
        """Who is one person with whom, but for what the batch has undone by now."""
        named = {"cases": cases, "undone": list(self._undone), "opened": [], "clients": []}
        for of, case_id, client in _OTHERS.read(connection, **named):
            self._person.setdefault(of, []).append(case_id)
            self._known[case_id] = client

    def others(self, case_id: UUID) -> list[UUID]:
        """The other cases of the person whose case this is."""
        return self._person.get(case_id, [])

    def of(self, case_id: UUID) -> UUID | None:
        """The client of a case that was loaded or just learned."""
        return self._known.get(case_id)

    def joined(self, data: ClientsMerged | ClientsUnmerged) -> None:
        """Clients were found to be one person, or not to be: what comes later in the batch knows it. Either
        is told in two cases, and what is undone stays so."""
        if data.merge in self._undone:
            return
        if isinstance(data, ClientsMerged):
            self._joined[data.merge] = data
            self._join(data)
            return
        self._undone.add(data.merge)
        self._joined.pop(data.merge, None)
        self._person = {}
        with self._connect() as connection:
            self._read_others(connection, list(self._known))
        for merged in self._joined.values():
            self._join(merged)

    def _join(self, data: ClientsMerged) -> None:
        ends = (data.survivor, data.merged)
        cases = {case_id for case_id, client in self._known.items() if client in ends}
        person = cases.union(*(self.others(case_id) for case_id in cases))
        self._person |= {case_id: sorted(person - {case_id}) for case_id in person}

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


_CASES = Rows(
    30, "INSERT INTO cases (case_id, client_id) SELECT * FROM {rows} ON CONFLICT DO NOTHING", "uuid", "uuid"
)
_EVALUATIONS = _Evaluations()
