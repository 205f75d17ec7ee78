"""Who is one person, kept in claims: merged clients share a name, and the case that is theirs now.

The claim `LATEST_CASE` of every client names the case that takes what is reported from now on, and the person
where that is more than one case: so nothing that looks for a client's case asks twice. The claim
`PERSON` holds the merges and cases. Whoever changes one of them while another does is told and looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from chassis.ids import derive
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.vocabulary import MergeGround

from intake.application import keys
from intake.domain import facts
from intake.domain.case import Case
from intake.domain.consenting import Given
from intake.domain.particulars import Particulars, Telling, known
from intake.domain.person import Edge, Person, Settled, Standing, emptied, settle

MetaOf = Callable[[UUID], Meta]
"""The envelope of what is recorded in a case, by the case's id."""


def envelopes(meta: Meta) -> MetaOf:
    """The same envelope for whatever case."""
    own = meta if meta.client is None else meta.model_copy(update={"client": None})
    return lambda case_id: own if case_id == meta.subject else own.model_copy(update={"subject": case_id})


class Latest(NamedTuple):
    """What the claim `LATEST_CASE` of a client says. `person` None: the client is nobody else too and has
    this one case, like nearly all."""

    case: UUID
    person: str | None


def latest(uow: UnitOfWork, client: str | None) -> Latest | None:
    """The case that takes what is reported of a client, open or closed: the client's latest, or that of who
    is one person with the client."""
    holder = uow.holder(keys.LATEST_CASE, client) if client else None
    return _read(holder) if holder else None


def latest_case_id(uow: UnitOfWork, client: str | None) -> UUID | None:
    """The case of `latest`."""
    found = latest(uow, client)
    return found.case if found is not None else None


def same_person(uow: UnitOfWork, one: str, other: str) -> bool:
    """Whether two clients are one, or were found to be one person."""
    if one == other:
        return True
    name = _name(uow, one)
    return name is not None and name == _name(uow, other)


def person_of(uow: UnitOfWork, client: str) -> Person:
    """The person that a client is, alone or with others."""
    name = _name(uow, client)
    if name is not None:
        text = uow.holder(keys.PERSON, name)
        assert text is not None, "a person that is named is kept"
        return Person.of_text(text)
    case = latest_case_id(uow, client)
    return Person((), {str(case): client} if case else {})


def is_alone(uow: UnitOfWork, client: str) -> bool:
    """Whether the client is nobody else too and has one case at most, like nearly all: by one look."""
    return _name(uow, client) is None


def load_people(uow: UnitOfWork, clients: Collection[str]) -> set[UUID]:
    """Read in bulk who is one person with these clients, and the cases that may tell of one of them beside
    the one that takes what is reported; all cases of who has several. Of others nothing is read."""
    named = {client: name for client in clients if (name := _name(uow, client)) is not None}
    if not named:
        return set()
    uow.load_claims(keys.PERSON, set(named.values()))
    found = [person_of(uow, client) for client in named]
    uow.load_claims(keys.LATEST_CASE, {client for person in found for client in person.clients})
    uow.load(Case, {keys.as_id(case) for person in found for case in person.joined_cases})
    return {keys.as_id(case) for person in found for case in person.cases}


def case_of_client(uow: UnitOfWork, client: str) -> Case | None:
    """The latest case that was opened for this very client."""
    person = person_of(uow, client)
    found = _loaded(uow, (case for case, whose in person.cases.items() if whose == client))
    return max(found, key=lambda case: (case.created_on, str(case.id)), default=None)


def tellings_of(uow: UnitOfWork, client: str) -> list[Telling]:
    """What was told of this very client, in whichever case it stands."""
    return _tellings(uow, person_of(uow, client), {client})


def particulars_of(uow: UnitOfWork, client: str) -> Particulars:
    """What is known of this very client."""
    return known(tellings_of(uow, client), {keys.as_id(client)})


def particulars_of_person(uow: UnitOfWork, client: str) -> Particulars:
    """What was told last of any of the clients who are one person with this one."""
    person = person_of(uow, client)
    clients = person.clients | {client}
    return known(_tellings(uow, person, clients), set(map(keys.as_id, clients)))


def tell_beside(uow: UnitOfWork, client: str, case: Case) -> None:
    """Something is told of a client in the case of another who is one person with the client."""
    person = person_of(uow, client)
    told = person.told_beside(client, keys.as_text(case.id))
    if told != person and told.name is not None:
        _put(uow, keys.PERSON, told.name, told.to_text())


def note_client(uow: UnitOfWork, case: Case, meta: Meta) -> None:
    """The case tells of whom the envelope names from now on; of its own client there is nothing to note."""
    if meta.client is not None:
        tell_beside(uow, keys.as_text(meta.client), case)


def cases_telling_of(uow: UnitOfWork, client: str) -> list[Case]:
    """The client's own cases, and those of others in which something is told of the client."""
    return _cases(uow, person_of(uow, client), {client})


def cases_about(uow: UnitOfWork, person: Person, clients: Collection[str], case: Case) -> list[Case]:
    """The cases beside this one that tell of some of the clients, who are that person."""
    return [one for one in _cases(uow, person, clients) if one.id != case.id]


def joined(uow: UnitOfWork, person: Person, clients: Collection[str]) -> list[Case]:
    """Of the cases that tell of some of the clients, those that merging closed or in which others go on."""
    return _loaded(uow, [one for one in person.telling_of(clients) if one in person.joined_cases])


def _cases(uow: UnitOfWork, person: Person, clients: Collection[str]) -> list[Case]:
    return _loaded(uow, person.telling_of(clients))


def _loaded(uow: UnitOfWork, cases: Iterable[str]) -> list[Case]:
    """The cases of these ids, in their order, read at once."""
    ids = [keys.as_id(one) for one in cases]
    uow.load(Case, ids)
    return [case for one in ids if (case := uow.get(Case, one)) is not None]


def _tellings(uow: UnitOfWork, person: Person, clients: Collection[str]) -> list[Telling]:
    cases = _cases(uow, person, clients)
    return [one for case in cases for one in case.tellings if keys.as_text(one.client) in clients]


def telling(uow: UnitOfWork, case: Case) -> tuple[frozenset[UUID], list[Case]]:
    """The client of a case and all who are the same person now, and the cases in which something is told of
    them that may concern the case: of whoever was merged with nobody else, this one and no other."""
    person, client = person_of(uow, keys.as_text(case.client_id)), keys.as_text(case.client_id)
    clients = person.clients | {client} if person.edges else {client}
    own = set(person.cases) if person.edges else set()
    beside = {one.case for one in person.beside if one.client in clients}
    others = sorted((own | beside) - {keys.as_text(case.id)})
    uow.load_claims(keys.ADDRESSED, others)
    return frozenset(map(keys.as_id, clients)), [case, *_loaded(uow, others)]


def cases_waited_for(uow: UnitOfWork, case: Case) -> list[UUID]:
    """The case, and the others of the same person: what is told in one may be what an event of another waits
    for. Nothing more is read of whoever has one case only."""
    client = keys.as_text(case.client_id)
    if is_alone(uow, client):
        return [case.id]
    own = keys.as_text(case.id)
    return [case.id, *(keys.as_id(one) for one in person_of(uow, client).cases if one != own)]


def cases_beside(uow: UnitOfWork, case: Case) -> list[Case]:
    """The other cases of who was merged with somebody; of all others none, also where they have several."""
    person = person_of(uow, keys.as_text(case.client_id))
    others = (one for one in person.cases if one != keys.as_text(case.id))
    return _loaded(uow, others) if person.edges else []


def case_of_consent(uow: UnitOfWork, case: Case, org: str, consent: str) -> Case:
    """The case of the person in which an organisation gave that id to a consent; this one, where none is."""
    if case.consents.named(org, consent) is not None:
        return case
    found = _loaded(uow, person_of(uow, keys.as_text(case.client_id)).cases)
    return next((one for one in found if one.consents.named(org, consent) is not None), case)


def consent_of(uow: UnitOfWork, client: str, org: str, consent: str) -> Given | None:
    """The same of what tells of this very client, also in the case of who is another person again."""
    found = (case.consents.named(org, consent) for case in cases_telling_of(uow, client))
    return next((one for one in found if one is not None), None)


def take_case(uow: UnitOfWork, case: Case) -> None:
    """A new case of a client takes what is reported of the person from now on."""
    client = keys.as_text(case.client_id)
    person = person_of(uow, client).with_case(keys.as_text(case.id), client)
    _keep(uow, person, keys.as_text(case.id))


def merge(
    uow: UnitOfWork, ids_key: bytes, survivor: Case, merged: Case, ground: MergeGround, meta: MetaOf
) -> UUID:
    """Record that the clients of two cases are one person, and settle their cases; the id of the merge.

    Raises `Refusal` (`already_merged`) where they are one person already: nothing is merged twice, nor in a
    circle.
    """
    one, other = keys.as_text(survivor.client_id), keys.as_text(merged.client_id)
    if same_person(uow, one, other):
        raise Refusal("already_merged", state="same")
    versions = (str(survivor.id), str(survivor.version), str(merged.id), str(merged.version))
    merge_id = derive(ids_key, "merge", *versions)
    mine, theirs = person_of(uow, one), person_of(uow, other)
    edge = Edge(str(merge_id), one, other)
    settled = settle(mine.joined(theirs, edge), _standing(uow, [*mine.cases, *theirs.cases]))
    told = ClientsMerged(
        merge=merge_id,
        survivor=survivor.client_id,
        merged=merged.client_id,
        survivor_case=survivor.id,
        merged_case=merged.id,
        ground=ground,
    )
    for case in _concerned(uow, [survivor.id, merged.id], [settled]):
        case.note(told, meta(case.id))
    uow.claim(keys.MERGE, str(merge_id), one)
    _forget(uow, mine, theirs)
    _carry_out(uow, settled, meta)
    return merge_id


def unmerge(uow: UnitOfWork, merge_id: UUID, ground: MergeGround, meta: MetaOf) -> ClientsUnmerged:
    """Record that a merge was wrong, and settle the cases of either side; what was recorded.

    Raises `Refusal`: `merge_unknown`, or `already_unmerged` where it counts no more.
    """
    person, edge = merge_of(uow, merge_id)
    sides = person.parted(edge.merge)
    settled = [settle(side, _standing(uow, side.cases)) for side in sides]
    closed = _closing(uow, edge.survivor)
    told = ClientsUnmerged(
        merge=merge_id, survivor=UUID(edge.survivor), merged=UUID(edge.merged), ground=ground
    )
    ends = [case_of_client(uow, client) for client in (edge.survivor, edge.merged)]
    for case in _concerned(uow, [case.id for case in ends if case is not None], settled):
        case.note(told, meta(case.id))
    _forget(uow, person)
    for side in settled:
        _carry_out(uow, side, meta)
        if closed is not None:
            _close_own(uow, side, closed, meta)
    return told


def leave_empty(uow: UnitOfWork, case: Case, meta: MetaOf) -> None:
    """What was reported in a case has been voided: it blocks no other case of the person any more. Nothing
    where something stands, or where there is no other."""
    person = person_of(uow, keys.as_text(case.client_id))
    if case.stands or len(person.cases) < 2:
        return
    settled = emptied(person, _standing(uow, person.cases), keys.as_text(case.id))
    if settled is not None:
        _carry_out(uow, settled, meta)


def merge_of(uow: UnitOfWork, merge_id: UUID) -> tuple[Person, Edge]:
    """A merge that counts, and the person that it makes. Raises `Refusal` (`merge_unknown`,
    `already_unmerged`)."""
    client = uow.holder(keys.MERGE, str(merge_id))
    if client is None:
        raise Refusal("merge_unknown", field="merge_id")
    person = person_of(uow, client)
    edge = person.edge(str(merge_id))
    if edge is None:
        raise Refusal("already_unmerged", state="distinct")
    return person, edge


def _standing(uow: UnitOfWork, cases: Iterable[str]) -> list[Standing]:
    return [
        Standing(str(case.id), str(case.client_id), case.created_on, case.ended_on, _name_of(case.closed_of))
        for case in _loaded(uow, cases)
    ]


def _name_of(client: UUID | None) -> str | None:
    return keys.as_text(client) if client is not None else None


def _concerned(uow: UnitOfWork, ends: Iterable[UUID], settled: Iterable[Settled]) -> list[Case]:
    """The cases of the two clients, and all others that are closed or opened again."""
    ids = list(ends)
    for one in settled:
        ids += [keys.as_id(case) for case in (*one.closed, one.reopened) if case is not None]
    return [case for one in dict.fromkeys(ids) if (case := uow.get(Case, one)) is not None]


class _Closing(NamedTuple):
    """A closing that holds, of the client of whom it was told, in a case that may be another's."""

    told: facts.Closed
    client: UUID


def _closing(uow: UnitOfWork, client: str) -> _Closing | None:
    """What closed the case that takes what is reported of a client; none where that is open."""
    case_id = latest_case_id(uow, client)
    case = uow.get(Case, case_id) if case_id is not None else None
    if case is None or case.closing is None or case.closed_of is None:
        return None
    return _Closing(case.closing, case.closed_of)


def _close_own(uow: UnitOfWork, side: Settled, closed: _Closing, meta: MetaOf) -> None:
    """What was told of a client in the case of who is another person now closes the client's own, in which
    the way was to go on."""
    name, told_in = keys.as_text(closed.client), keys.as_text(closed.told.originator_id)
    if side.reopened is None or name not in side.person.clients or told_in in side.person.cases:
        return
    case = uow.get(Case, keys.as_id(side.reopened))
    assert case is not None, "it stands"
    case.close_as_told(closed.told, closed.client, meta(case.id))
    if case.client_id != closed.client:
        tell_beside(uow, name, case)


def _carry_out(uow: UnitOfWork, settled: Settled, meta: MetaOf) -> None:
    if settled.target is None:
        return
    target = keys.as_id(settled.target)
    for one in settled.closed:
        case = uow.get(Case, keys.as_id(one))
        assert case is not None, "it stands"
        case.close_as_merged(target, meta(case.id))
    if settled.reopened is not None:
        again = uow.get(Case, target)
        assert again is not None, "it stands"
        again.reopen_as_unmerged(meta(again.id))
    _keep(uow, settled.person, settled.target)
    for one in settled.person.cases:
        uow.wake(keys.until_case(keys.as_id(one)))


def _keep(uow: UnitOfWork, person: Person, target: str) -> None:
    name = person.name
    if name is not None:
        _put(uow, keys.PERSON, name, person.to_text())
    for client in person.clients:
        _put(uow, keys.LATEST_CASE, client, target if name is None else f"{target} {name}")


def _forget(uow: UnitOfWork, *people: Person) -> None:
    for person in people:
        if person.name is not None:
            uow.release(keys.PERSON, person.name)


def _put(uow: UnitOfWork, kind: str, key: str, holder: str) -> None:
    if uow.holder(kind, key) is not None:
        uow.release(kind, key)
    uow.claim(kind, key, holder)


def _name(uow: UnitOfWork, client: str) -> str | None:
    found = latest(uow, client)
    return found.person if found is not None else None


@lru_cache(maxsize=16_384)
def _read(holder: str) -> Latest:
    case, _, person = holder.partition(" ")
    return Latest(UUID(case), person or None)
