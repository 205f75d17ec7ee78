"""What an owner knows of consents, from intake's log: the events themselves, by person, folded when asked.

A person is who `case_clients` and `client_merges` say: consents given in one case of a person count in all
of them, and so does a withdrawal. Facts stay with the client they were recorded for, also in the case of
another (`Meta.client`); merges are resolved on reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any
from uuid import UUID

from chassis.refusal import Refusal
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup, Rows
from consent import Known, Missing, Refused, What, changes, known_of, read, tells
from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events.intake import CaseOpened
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.vocabulary import OrgKind
from psycopg import Connection

from answering.members import EVER_MEMBERS

Connect = Callable[[], AbstractContextManager[Connection[Any]]]
Told = Recorded[Any]

SEE_ALL_CONSENTS = frozenset({OrgKind.COMMUNE_SOCIAL, OrgKind.DISTRICT_SOCIAL})
"""Kinds of organisation that may know every consent of a client of theirs (`domain.md`, who may see)."""

MOST_FOLDED = 4096
NONE_OPENED: Mapping[UUID, UUID] = MappingProxyType({})

_OF_ONE_CLIENT = Lookup(
    """
SELECT a.of, nullif(k.case_id, a.of), k.client_id,
    CASE WHEN EXISTS (SELECT FROM client_merges m WHERE m.client = c.client_id) THEN NULL ELSE true END,
    f.value
FROM unnest({cases}) AS a (of)
LEFT JOIN case_clients c ON c.case_id = a.of
LEFT JOIN case_clients k ON k.client_id = c.client_id
LEFT JOIN consent_facts f ON f.case_id = coalesce(k.case_id, a.of)
""",
    cases="uuid",
)
"""As `_READ` of people whose client was never merged with another, nearly all: without looking for others, at
half the price. Of whoever was, `still` is NULL: `_READ` has to say it."""
_READ = Lookup(
    EVER_MEMBERS
    + """
SELECT m.of, nullif(m.case_id, m.of), m.client_id, m.still, f.value
FROM members m LEFT JOIN consent_facts f ON f.case_id = m.case_id
""",
    cases="uuid",
    undone="uuid",
    opened="uuid",
    clients="uuid",
)


class ConsentBook:
    """The consents of a batch's cases, read in one query (two where people were merged, three where they were
    told apart again), with what the batch itself has learned.

    `also`: further events of intake's log that are kept and given back beside those of consent.
    """

    def __init__(self, connect: Connect, also: tuple[type[Payload], ...] = ()) -> None:
        self._connect = connect
        self._also = also
        self._members: dict[UUID, set[UUID]] = {}
        self._parted: dict[UUID, set[UUID]] = {}
        self._client: dict[UUID, UUID] = {}
        self._joined: dict[UUID, ClientsMerged] = {}
        self._undone: set[UUID] = set()
        self._opened: dict[UUID, UUID] = {}
        self._facts: dict[UUID, dict[str, Told]] = {}
        self._known: dict[UUID, Known] = {}
        self._folded: dict[tuple[str, ...], Known] = {}

    def load(self, case_ids: Iterable[UUID], opened: Mapping[UUID, UUID] = NONE_OPENED) -> None:
        """Read those of these cases; whatever an earlier batch knew is forgotten. `opened`: the client of
        each case that this batch opens, of whom there may be earlier cases."""
        wanted = list(dict.fromkeys(case_ids))
        self._opened = {case_id: opened[case_id] for case_id in wanted if case_id in opened}
        self._joined, self._undone = {}, set()
        self._client.clear()
        self._facts = {case_id: {} for case_id in wanted}
        self._read(wanted)

    def _read(self, wanted: Sequence[UUID]) -> None:
        """Who is one person with whom, but for what the batch has undone by now; with all that is told."""
        self._members = {case_id: {case_id} for case_id in wanted}
        self._parted = {}
        self._known.clear()
        if not wanted:
            return
        with self._connect() as connection:
            left = wanted if self._opened else self._take(_OF_ONE_CLIENT.read(connection, cases=wanted))
            if left:
                opened, clients = list(self._opened), list(self._opened.values())
                undone = list(self._undone)
                said = {"undone": undone, "opened": opened, "clients": clients}
                self._take(_READ.read(connection, cases=left, **said))
                if others := self._others():
                    self._take(_READ.read(connection, cases=others, **said))
        self._say_of_all()

    def _others(self) -> list[UUID]:
        """The cases of who was once one person with these and is no more: whose they are by now is read
        next, for what was told of them in the cases of these."""
        others = list(set[UUID]().union(*self._parted.values()) - self._members.keys())
        self._members |= {case_id: {case_id} for case_id in others}
        return others

    def _say_of_all(self) -> None:
        """What is read of one case holds for each case of that person."""
        for asked, person in list(self._members.items()):
            for each in person if len(person) > 1 else ():
                self._members.setdefault(each, person)
                if asked in self._parted:
                    self._parted.setdefault(each, self._parted[asked])

    def _take(self, rows: Iterable[tuple[Any, ...]]) -> list[UUID]:
        """Take in who is one person and what is told; gives the cases of which these rows cannot say it."""
        left: dict[UUID, None] = {}
        for asked, other, client_id, still, value in rows:
            if still is None:
                left[asked] = None
                continue
            case_id = other or asked
            if other is not None:
                (self._members if still else self._parted).setdefault(asked, set()).add(other)
            if client_id is not None:
                self._client[case_id] = client_id
            if value is not None:
                self._keep(case_id, read(value))
        return list(left)

    def learn(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Take in an event of intake's log, if it is one of these."""
        data, case_id = told.data, told.meta.subject
        if isinstance(data, CaseOpened):
            self._client[case_id] = data.client_id
            uow.commit.extra.append(TableWrite(_CLIENTS, (case_id, data.client_id)))
        elif isinstance(data, ClientsMerged | ClientsUnmerged):
            undone = isinstance(data, ClientsUnmerged)
            self._change(data)
            for one, other in ((data.survivor, data.merged), (data.merged, data.survivor)):
                uow.commit.extra.append(TableWrite(_UNDONE if undone else _MERGED, (data.merge, one, other)))
        elif tells(told) or isinstance(data, self._also):
            uow.commit.extra.append(TableWrite(_FACTS, (told.id, case_id, told.to_bytes())))
            self._keep(case_id, told)

    def _change(self, data: ClientsMerged | ClientsUnmerged) -> None:
        """What comes later in the batch knows who is one person by now."""
        if isinstance(data, ClientsMerged):
            self._joined[data.merge] = data
            self._join(data.survivor_case, data.merged_case)
        elif data.merge not in self._undone:
            self._undone.add(data.merge)
            self._read(list(self._members))
            for merge, merged in sorted(self._joined.items(), key=lambda joined: joined[0] in self._undone):
                change = self._part if merge in self._undone else self._join
                change(merged.survivor_case, merged.merged_case)

    def _join(self, one: UUID, other: UUID) -> None:
        """They are of one person, where both were loaded."""
        person = self.person(one) | self.person(other)
        self._members |= {case_id: set(person) for case_id in person if case_id in self._members}
        self._known.clear()

    def _part(self, one: UUID, other: UUID) -> None:
        """They were of one person within the batch, and are no more, unless by another merge."""
        if other in self.person(one):
            return
        for person, others in (
            (self.person(one), self.around(other)),
            (self.person(other), self.around(one)),
        ):
            self._parted |= {each: {*self._parted.get(each, ()), *others} - person for each in person}

    def person(self, case_id: UUID) -> frozenset[UUID]:
        """The cases of the person whose case this is."""
        return frozenset(self._members.get(case_id, {case_id}))

    def around(self, case_id: UUID) -> frozenset[UUID]:
        """Those, and the cases of whoever was once one person with these: what is told of that person may
        stand in any of them."""
        person = self.person(case_id)
        return person.union(*(self._parted.get(each, ()) for each in person))

    def tells_of(self, case_id: UUID, meta: Meta) -> bool:
        """Whether what stands in a case `around` tells of the person whose case this is."""
        person = self.person(case_id)
        if meta.client is None:
            return meta.subject in person
        return meta.client in {self._client.get(each) for each in person}

    def case_of(self, meta: Meta) -> UUID:
        """The case by which to ask for the person of whom something tells: where it stands, unless it tells
        of somebody who was once one person with the client of that case and is no more."""
        asked, client = meta.subject, meta.client
        if client is None or self.tells_of(asked, meta):
            return asked
        parted = self._parted.get(asked, ())
        return min((each for each in parted if self._client.get(each) == client), default=asked)

    def facts(self, case_id: UUID) -> list[Told]:
        """Everything kept of that person: what tells of one of the clients, in whichever case."""
        if case_id not in self._parted and len(self._members.get(case_id, ())) < 2:
            client, kept = self._client.get(case_id), self._facts.get(case_id, {})
            return [one for one in kept.values() if one.meta.client in (None, client)]
        clients = {self._client.get(each) for each in self.person(case_id)}
        return [
            one
            for each in self.around(case_id)
            for one in self._facts.get(each, {}).values()
            if (one.meta.client or self._client.get(each)) in clients
        ]

    def known(self, case_id: UUID) -> Known:
        """What a decision needs to know of that person."""
        found = self._known.get(case_id)
        if found is None:
            found = self._known[case_id] = self._fold([one for one in self.facts(case_id) if tells(one)])
        return found

    def _fold(self, told: list[Told]) -> Known:
        """What these events tell; they never change, so neither does what they tell together."""
        ids = tuple(one.id for one in told)
        if (found := self._folded.get(ids)) is None:
            if len(self._folded) >= MOST_FOLDED:
                self._folded.clear()
            found = self._folded[ids] = known_of(told)
        return found

    def _keep(self, case_id: UUID, told: Told) -> None:
        self._facts.setdefault(case_id, {})[told.id] = told
        self._known.clear()


def changes_shares(told: Recorded[Payload]) -> bool:
    """Whether after an event of intake's log something may be covered that was not, or no more what was."""
    return changes(told) or isinstance(told.data, ClientsMerged | ClientsUnmerged)


def cases_joined(told: Iterable[Recorded[Payload]]) -> list[UUID]:
    """The cases of the people who are found to be one: to be loaded before that is learnt."""
    merges = (one.data for one in told if isinstance(one.data, ClientsMerged))
    return [case_id for data in merges for case_id in (data.survivor_case, data.merged_case)]


def cases_opened(told: Iterable[Recorded[Payload]]) -> dict[UUID, UUID]:
    """The cases that these events open, each with its client."""
    return {one.meta.subject: one.data.client_id for one in told if isinstance(one.data, CaseOpened)}


def may_know(known: Known, org: str, kind: str) -> Known:
    """What of it an organisation may know: why something is not covered is told it from this alone."""
    if kind in SEE_ALL_CONSENTS:
        return known
    return Known(known.told_to(org), known.by, known.client, known.voided)


def not_covered(refused: Refused, fields: dict[What, str], *, later: bool = False) -> Refusal:
    """A refusal that says everything that is missing; `fields`: where in the request each is put right."""
    first = refused.missing[0]
    field = next((fields[one.what] for one in refused.missing if one.what in fields), None)
    if len(refused.missing) == 1:
        detail = {"values": ", ".join(first.values)} if first.values else {}
        return Refusal(first.what, field=field, detail=detail | _awaited(later), later=later)
    return Refusal("consent_lacks_several", field=field, detail=_several(refused.missing), later=later)


def _awaited(later: bool) -> dict[str, str]:
    return {"awaits": "consent_given"} if later else {}


def _several(missing: Iterable[Missing]) -> dict[str, str]:
    """The words of each group, a dash where nothing of it is missing."""
    values = {one.what: ", ".join(one.values) for one in missing}
    groups = {
        name: ", ".join(values.pop(what) for what in whats if what in values)
        for name, whats in _GROUPS.items()
    }
    return {name: words or "–" for name, words in (groups | {"others": ", ".join(values)}).items()}


_GROUPS = {
    "purpose": (What.PURPOSE, What.BASIS_PURPOSE),
    "recipient": (What.RECIPIENT, What.BASIS_RECIPIENT),
    "labels": (What.LABELS, What.BASIS_LABELS),
}

_CLIENTS = Rows(
    60,
    "INSERT INTO case_clients (case_id, client_id) SELECT * FROM {rows} ON CONFLICT DO NOTHING",
    *("uuid", "uuid"),
)
_MERGED = Rows(
    61,
    "INSERT INTO client_merges (merge, client, with_client) SELECT DISTINCT * FROM {rows}"
    " ON CONFLICT DO NOTHING",
    *("uuid", "uuid", "uuid"),
)
_UNDONE = Rows(
    62,
    "INSERT INTO client_merges (merge, client, with_client, undone)"
    " SELECT DISTINCT r.*, true FROM {rows} AS r (merge, client, with_client)"
    " ON CONFLICT (merge, client) DO UPDATE SET undone = true",
    *("uuid", "uuid", "uuid"),
)
_FACTS = Rows(
    63,
    "INSERT INTO consent_facts (event_id, case_id, value) SELECT * FROM {rows} ON CONFLICT DO NOTHING",
    *("text", "uuid", "bytea"),
)
