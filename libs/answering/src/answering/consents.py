"""What an owner knows of consents, from intake's log: the events themselves, by person, folded when asked.

A person is who `answering.people` says, by `case_clients` and `client_merges`: consents given in one case of
a person count in all of them, and so does a withdrawal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from chassis.refusal import Refusal
from chassis.store.commit import TableWrite
from chassis.store.together import Ask, together
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Lookup, Rows
from consent import Known, Missing, Refused, What, changes, known_of, read, tells
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.common import EventVoided
from contracts.events.intake import CaseOpened
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.vocabulary import OrgKind

from answering.people import MERGED, NONE_OPENED, Connect, People, changes_people, lookup_ever

Told = Recorded[Any]

SEE_ALL_CONSENTS = frozenset({OrgKind.COMMUNE_SOCIAL, OrgKind.DISTRICT_SOCIAL})
"""Kinds of organisation that may know every consent of a client of theirs (`domain.md`, who may see)."""

MOST_FOLDED = 4096

_OF_ONE_CLIENT = Lookup(
    f"""
SELECT a.of, nullif(k.case_id, a.of), k.client_id, CASE WHEN {MERGED} THEN NULL ELSE true END, f.value
FROM unnest({{cases}}) AS a (of)
LEFT JOIN case_clients c ON c.case_id = a.of
LEFT JOIN case_clients k ON k.client_id = c.client_id
LEFT JOIN consent_facts f ON f.case_id = coalesce(k.case_id, a.of)
""",
    cases="uuid",
)
"""As `_READ` of people whose client was never merged with another, nearly all: without looking for others, at
half the price."""
_READ = lookup_ever(
    """
SELECT m.of, nullif(m.case_id, m.of), m.client_id, m.still, f.value
FROM members m LEFT JOIN consent_facts f ON f.case_id = m.case_id
"""
)


class ConsentBook:
    """The consents of a batch's cases, read in one query (two where people were merged, three where they were
    told apart again), with what the batch itself has learned.

    `also`: further events of intake's log that are kept and given back beside those of consent, with what
    voids one of them.
    """

    def __init__(self, connect: Connect, also: tuple[type[Payload], ...] = ()) -> None:
        self._connect = connect
        self._also = also
        self.people = People(connect, _OF_ONE_CLIENT, _READ, self._read)
        """Who is one person: by whom consents are asked for."""
        self._facts: dict[UUID, dict[str, Told]] = {}
        self._known: dict[UUID, Known] = {}
        self._folded: dict[tuple[str, ...], Known] = {}

    def load(self, case_ids: Iterable[UUID], opened: Mapping[UUID, UUID] = NONE_OPENED) -> None:
        """Read those of these cases; whatever an earlier batch knew is forgotten. `opened`: the client of
        each case that this batch opens, of whom there may be earlier cases."""
        together(self._connect, self.asks(case_ids, opened))

    def asks(self, case_ids: Iterable[UUID], opened: Mapping[UUID, UUID] = NONE_OPENED) -> list[Ask]:
        """The query of `load`, to be sent with others."""
        wanted = list(dict.fromkeys(case_ids))
        self._facts = {case_id: {} for case_id in wanted}
        self._known.clear()
        return self.people.asks(wanted, opened)

    def learn(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Take in an event of intake's log, if it is one of these."""
        data, case_id = told.data, told.meta.subject
        if isinstance(data, CaseOpened):
            self.people.opens(case_id, data.client_id)
            uow.commit.extra.append(TableWrite(_CLIENTS, (case_id, data.client_id)))
        elif isinstance(data, ClientsMerged | ClientsUnmerged):
            undone = isinstance(data, ClientsUnmerged)
            self.people.change(data)
            self._known.clear()
            for one, other in ((data.survivor, data.merged), (data.merged, data.survivor)):
                uow.commit.extra.append(TableWrite(_UNDONE if undone else _MERGED, (data.merge, one, other)))
        elif tells(told) or isinstance(data, self._also) or self._voids_also(data):
            uow.commit.extra.append(TableWrite(_FACTS, (told.id, case_id, told.to_bytes())))
            self._keep(case_id, told)

    def _voids_also(self, data: Payload) -> bool:
        return isinstance(data, EventVoided) and any(data.type == model.TYPE for model in self._also)

    def facts(self, case_id: UUID) -> list[Told]:
        """Everything kept of that person: what tells of one of the clients, in whichever case."""
        people = self.people
        if people.stands_alone(case_id):
            client, kept = people.client_of(case_id), self._facts.get(case_id, {})
            return [one for one in kept.values() if one.meta.client in (None, client)]
        clients = {people.client_of(each) for each in people.person(case_id)}
        around = (one for each in people.around(case_id) for one in self._facts.get(each, {}).values())
        return [one for one in around if people.whom(one.meta) in clients]

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

    def _read(self, case_id: UUID, value: bytes) -> None:
        self._keep(case_id, read(value))

    def _keep(self, case_id: UUID, told: Told) -> None:
        self._facts.setdefault(case_id, {})[told.id] = told
        self._known.clear()


def changes_shares(told: Recorded[Payload]) -> bool:
    """Whether after an event of intake's log something may be covered that was not, or no more what was."""
    return changes(told) or changes_people(told)


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
