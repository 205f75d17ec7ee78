"""To whom a case is shown, as intake's log tells it: the table `case_sights` (`reporting.access` shows the
same). Asked only where an answer would tell where a way stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from answering.parties import OF_THE_CASE
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup, Rows
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import ClientMoved
from contracts.events.common import EventVoided
from contracts.events.intake import ClientContacted, ClientIntroduced, ClientRegistered
from psycopg import Connection
from reference import Organisations
from reference.days import local_day

from followup.domain.knowing import MOVED_TO, TAKEN_UP

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_READ = Lookup(
    "SELECT case_id, event_id, org, tie, client_id, commune, by_residence, told_at FROM case_sights"
    " WHERE case_id = ANY({cases})"
    f" OR (client_id = ANY({{clients}}) AND client_id <> '{OF_THE_CASE}')",
    cases="uuid",
    clients="uuid",
)


class Row(NamedTuple):
    """A row of `case_sights`: what one event says of one organisation (none: of the place alone)."""

    case_id: UUID
    event_id: str
    org: str
    tie: str
    client_id: UUID
    commune: str
    by_residence: bool
    told_at: datetime

    @property
    def place(self) -> tuple[bool, datetime, int]:
        """The least of several says where the case belongs (`intake.domain.case.Place`)."""
        return self.by_residence, self.told_at, int(self.event_id.rpartition(":")[2])


class Sights:
    """The table, with what the batch itself has learned of it."""

    def __init__(self, connect: Connect, organisations: Organisations) -> None:
        self._connect = connect
        self._organisations = organisations
        self._learned: list[Row] = []
        self._voided: set[str] = set()

    def begin(self) -> None:
        """Forget what an earlier batch learned: it is in the table."""
        self._learned, self._voided = [], set()

    def learn(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Take in what an event of intake's log says of whom its case is shown to."""
        if isinstance(told.data, EventVoided):
            self._voided.add(told.data.event_id)
            uow.commit.extra.append(TableWrite(_DROPPED, (told.meta.subject, told.data.event_id)))
        for row in rows_in(told):
            self._learned.append(row)
            uow.commit.extra.append(TableWrite(_SIGHTS, row))

    def of(self, case_id: UUID, others: Iterable[UUID], clients: Iterable[UUID]) -> Sight:
        """Whom that case is shown to. `others`, `clients`: the other cases of its person, and who that is."""
        return Sight(self, case_id, frozenset(others), frozenset(clients))

    def lies_in(self, org: str, place: Row) -> bool:
        """Whether what its commune meant on the day on which it was told lies in the organisation's area."""
        return self._organisations.sees_place(org, place.commune, local_day(place.told_at))

    def rows(self, cases: frozenset[UUID], clients: frozenset[UUID]) -> list[Row]:
        """What stands of these cases, and elsewhere of these clients."""
        with self._connect() as connection:
            known = [Row(*row) for row in _READ.read(connection, cases=list(cases), clients=list(clients))]
        new = [row for row in self._learned if row.case_id in cases or row.client_id in clients]
        return [row for row in (*known, *new) if row.event_id not in self._voided]


@dataclass(frozen=True)
class Sight:
    """Whom one case is shown to (`followup.domain.knowing.Sight`)."""

    sights: Sights
    case_id: UUID
    others: frozenset[UUID]
    clients: frozenset[UUID]

    def ties(self, org: str, /) -> set[str]:
        """What is told of another client in a case of the person is that client's."""
        mine = (row for row in self._rows if row.org == org)
        return {row.tie for row in mine if row.client_id == OF_THE_CASE or row.client_id in self.clients}

    def answers_for(self, org: str, /) -> bool:
        places = [row for row in self._rows if row.case_id == self.case_id and row.commune]
        return bool(places) and self.sights.lies_in(org, min(places, key=lambda row: row.place))

    @cached_property
    def _rows(self) -> list[Row]:
        return self.sights.rows(self.others | {self.case_id}, self.clients)


def rows_in(told: Recorded[Payload]) -> Iterator[Row]:
    """What an event says of whom its case is shown to."""
    data, meta = told.data, told.meta
    of, at = meta.client or OF_THE_CASE, meta.occurred_at

    def row(org: str | None, tie: str, commune: str | None = None, *, by_residence: bool = False) -> Row:
        place = commune if commune and meta.client is None else ""
        return Row(meta.subject, told.id, org or "", tie, of, place, by_residence, at)

    if isinstance(data, ClientContacted):
        yield row(meta.org, TAKEN_UP, data.commune)
    elif isinstance(data, ClientRegistered):
        yield row(meta.org, TAKEN_UP, data.residence_commune, by_residence=True)
    elif isinstance(data, ClientIntroduced):
        yield from (row(org, TAKEN_UP) for org in sorted({meta.org, data.to_org}))
    elif isinstance(data, ClientMoved) and data.to_org is not None:
        yield row(data.to_org, MOVED_TO)


_SIGHTS = Rows(
    38,
    "INSERT INTO case_sights (case_id, event_id, org, tie, client_id, commune, by_residence, told_at)"
    " SELECT * FROM {rows} ON CONFLICT DO NOTHING",
    *("uuid", "text", "text", "text", "uuid", "text", "boolean", "timestamptz"),
)
_DROPPED = Rows(
    39,
    "DELETE FROM case_sights AS s USING {rows} AS r (case_id, event_id)"
    " WHERE s.case_id = r.case_id AND s.event_id = r.event_id",
    *("uuid", "text"),
)
