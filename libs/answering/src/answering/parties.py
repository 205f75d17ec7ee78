"""Who has to do with a case: whoever reported of it, whom the client was sent to, and who answers for one of
these. Nobody else may command anything in it (`architecture.md`, G9: nobody by default).

What is told of a client in the case of another, while the two are one person (`Meta.client`), gives a right
for that client: it follows the client when they are found to be two again. By an event that
is voided nobody has a right any more, neither who reported it nor to whom it sent the client; to void gives
none. Rows of before clients and events were kept (migrations
`parties_of_clients`, `parties_by_event`) name neither: such a right stays with the case in which it was told,
for good, whoever is found to be one person and whatever is voided.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.together import Ask
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup, Rows
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import CaseClosed, CaseReopened, ClientMoved
from contracts.events.common import EventVoided
from contracts.events.intake import AgencyEventRouted, AgencyReferenceBound, CaseOpened, ClientIntroduced
from contracts.events.people import ClientsDistinguished, ClientsMerged, ClientsUnmerged, MatchesProposed
from contracts.events.referral import ReferralRequested
from contracts.events.vault import IdentityRead
from contracts.registry import RECORDED_BY
from contracts.vocabulary import CloseReason, Owner, ReopenReason
from psycopg import Connection
from reference import Organisations

from answering.members import CASES_OF_PERSON

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

OF_THE_CASE = UUID(int=0)
"""In place of the client: the case's own."""

_READ = Lookup(
    CASES_OF_PERSON
    + f"""
, parties (of, org, client_id) AS (
    SELECT m.of, o.org, CASE WHEN o.client_id = '{OF_THE_CASE}' THEN m.client_id ELSE o.client_id END
    FROM members m JOIN case_parties o ON o.case_id = m.case_id
    WHERE o.client_id = '{OF_THE_CASE}' OR EXISTS (
        SELECT FROM person p WHERE p.of = m.of AND p.client_id = o.client_id)
    UNION
    SELECT p.of, o.org, o.client_id FROM person p JOIN case_parties o ON o.client_id = p.client_id
    WHERE o.client_id <> '{OF_THE_CASE}'
)
SELECT t.of, t.org, nullif(t.client_id, c.client_id) FROM parties t
LEFT JOIN case_clients c ON c.case_id = t.of
""",
    cases="uuid",
)
_OF_THE_CASE = Lookup(
    "SELECT a.case_id, a.org FROM unnest({cases}, {orgs}) AS a (case_id, org) WHERE EXISTS ("
    "SELECT FROM case_parties o WHERE o.case_id = a.case_id AND o.org = a.org"
    f" AND o.client_id = '{OF_THE_CASE}')",
    cases="uuid",
    orgs="text",
)
"""Usually whoever commands in a case is told of in that case itself: one look at one index."""


class Parties:
    """The table `case_parties` of a service that commands are given to."""

    def __init__(self, connect: Connect, organisations: Organisations) -> None:
        self._connect = connect
        self._organisations = organisations
        self._known: dict[UUID, list[tuple[str, UUID | None]]] = {}

    def load(self, case_ids: Iterable[UUID]) -> None:
        """Read those of these cases in one query; whatever an earlier batch knew is forgotten."""
        self._known = {}
        self._read(dict.fromkeys(case_ids))

    def asks_for(self, asked: Iterable[tuple[UUID, str]]) -> list[Ask]:
        """Ask whether each of these organisations may act in its case: the same answers as after `load`, to
        these alone. A second query only where one of them has nothing to do with the case by itself."""
        pairs = list(dict.fromkeys(asked))
        self._known = {}
        if not pairs:
            return []

        def take(rows: Iterable[tuple[Any, ...]]) -> None:
            own = set(rows)
            for case_id, org in own:
                self._known.setdefault(case_id, []).append((org, None))
            self._read({case_id: None for case_id, org in pairs if (case_id, org) not in own})

        cases, orgs = zip(*pairs, strict=True)
        return [Ask(_OF_THE_CASE, {"cases": cases, "orgs": orgs}, take)]

    def _read(self, case_ids: Collection[UUID]) -> None:
        self._known |= {case_id: [] for case_id in case_ids}
        if case_ids:
            with self._connect() as connection:
                for case_id, org, client in _READ.read(connection, cases=list(case_ids)):
                    self._known[case_id].append((org, client))

    def learn(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Take in who reported an event of intake's or referral's log, and whom it sends the client to."""
        if isinstance(told.data, EventVoided):
            drop_parties(uow, told.meta.subject, told.data.event_id)
        for org in sorted(reporters(told) | addressees(told)):
            add_party(uow, told.meta.subject, org, told.meta.client, by=told.id)

    def may_act(self, org: str, case_id: UUID) -> bool:
        """Whether an organisation has to do with a case that was loaded, or another of its person."""
        return bool(self._clients_of(org, case_id))

    def client_of(self, org: str, case_id: UUID) -> UUID | None:
        """The client of whom an organisation tells that commands in a case: none, the case's own, unless it
        has to do with another alone who is the same person now. It knows that one, and what it asks for gives
        rights, so these stay with that one when the two are found to be two again."""
        clients = self._clients_of(org, case_id)
        return None if None in clients else min((one for one in clients if one), default=None)

    def _clients_of(self, org: str, case_id: UUID) -> set[UUID | None]:
        known = self._known.get(case_id, ())
        return {client for one, client in known if self._organisations.answers_for(org, one)}


def add_party(uow: UnitOfWork, case_id: UUID, org: str, client: UUID | None = None, *, by: str) -> None:
    """From this commit on the organisation has to do with the case, or with another client told of in it: for
    as long as that event stands."""
    uow.commit.extra.append(TableWrite(_PARTIES, (case_id, org, client or OF_THE_CASE, by)))


def drop_parties(uow: UnitOfWork, case_id: UUID, event_id: str) -> None:
    """From this commit on nobody has to do with the case by that event."""
    uow.commit.extra.append(TableWrite(_DROPPED, (case_id, event_id)))


_OF_WHO_IS_WHO = ClientsMerged | ClientsUnmerged | ClientsDistinguished | MatchesProposed


_GOES_WITH_ANOTHER = CaseOpened | AgencyReferenceBound | EventVoided
"""What stands beside a report, or takes one away: the report gives the right, for as long as it stands."""

_OF_A_REFERRAL = frozenset(RECORDED_BY[Owner.REFERRAL]) - {ReferralRequested}


def reporters(told: Recorded[Payload]) -> set[str]:
    """The organisations that have to do with a case by having reported an event of it. Nobody
    by having looked into it, or by what was found of who is who: that stands in the cases of either, of which
    the one may have been taken for the other's by a mistyped number. Who has to do with a referral, its
    request says."""
    data: Any = told.data
    if isinstance(data, IdentityRead | _OF_WHO_IS_WHO | _GOES_WITH_ANOTHER) or _settles(data):
        return set()
    if type(data) in _OF_A_REFERRAL:
        return set()
    if isinstance(data, AgencyEventRouted):
        return {data.posted_by}
    return {told.meta.org}


def addressees(told: Recorded[Payload]) -> set[str]:
    """The organisations to which an event sends the client."""
    data: Any = told.data
    if isinstance(data, ClientIntroduced | ClientMoved):
        return {data.to_org} if data.to_org else set()
    return {data.provider} if isinstance(data, ReferralRequested) else set()


def _settles(data: Payload) -> bool:
    """Whether merging or unmerging closed the case or opened it again."""
    closed = isinstance(data, CaseClosed) and data.reason is CloseReason.MERGED
    return closed or (isinstance(data, CaseReopened) and data.reason is ReopenReason.UNMERGED)


_PARTIES = Rows(
    35,
    "INSERT INTO case_parties (case_id, org, client_id, event_id) SELECT * FROM {rows}"
    " ON CONFLICT DO NOTHING",
    *("uuid", "text", "uuid", "text"),
)
_DROPPED = Rows(
    37,
    "DELETE FROM case_parties AS p USING {rows} AS r (case_id, event_id)"
    " WHERE p.case_id = r.case_id AND p.event_id = r.event_id",
    *("uuid", "text"),
)
