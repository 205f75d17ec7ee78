"""Whom an event is about: from an agency's reference, a number or an exact identity to a case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.ids import NotANumber, parse_number
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.events.cases import MoveAcknowledgedPosted
from contracts.events.intake import ClientContacted, ClientRegisteredPosted
from contracts.registry import POSTABLE
from contracts.vocabulary import NumberKind, Owner

from intake.application import keys
from intake.application.numbers import known_by
from intake.application.people import cases_beside, latest, latest_case_id, same_person, telling
from intake.application.reading import Event, Naming
from intake.domain.case import Case
from intake.domain.directory import Areas

OPENS = (ClientContacted, ClientRegisteredPosted)
"""What opens a case when the person is not known yet, or when the last case is over."""


class NotKnownYet(Exception):
    """Names a person, referral or stay of which nothing is reported yet: it waits for `key`."""

    def __init__(self, key: str, told: str, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.key, self.told, self.refusal = key, told, refusal


class Rival(NamedTuple):
    """Another client with the same ID number. `conflicts`: the other fields that speak against one person."""

    client: str
    conflicts: tuple[str, ...]


class Match(NamedTuple):
    """Whom it is about. `case` None: a new one is to be opened, for `client` or for somebody new. After
    merging the case may be another client's.

    `binds`: the agency's reference is new and means this client from now on. `rival`: somebody else has the
    ID number that it tells. `is_alone`: the case is known to be the client's own and only one, and the client
    nobody else too; not said where that was not looked up.
    """

    case: Case | None
    client: str | None
    binds: bool
    rival: Rival | None = None
    is_alone: bool = False


Compare = Callable[[UnitOfWork, str, Event], tuple[str, ...]]
"""The fields in which what an event tells of a person contradicts what is known of a client."""


def match(uow: UnitOfWork, event: Event, organisations: Areas, compare: Compare) -> Match:
    """Raises `NotKnownYet`, or `Refusal` when reference and number belong to two people.

    Exactly the same ID number links somebody who is registered under a new reference, unless the other fields
    are in conflict.
    """
    known = identified(uow, event.naming)
    if known is None:
        return _named(uow, event, None, organisations)
    named = client_named(uow, event.naming)
    if named is not None and same_person(uow, named, known):
        return _named(uow, event, None, organisations)
    rival = Rival(known, compare(uow, known, event))
    links = isinstance(event.data, ClientRegisteredPosted) and not rival.conflicts
    if links and named is None:
        return _named(uow, event, known, organisations)
    return _named(uow, event, None, organisations)._replace(rival=rival)


def client_named(uow: UnitOfWork, naming: Naming) -> str | None:
    """The client whom number or reference name."""
    found = numbered(uow, *naming.number) if naming.number else None
    return found.client if found else client_of(uow, naming)


class Numbered(NamedTuple):
    """The case in which a number was given, and of whom that tells."""

    case: Case
    client: str


def numbered(uow: UnitOfWork, kind: str, number: str) -> Numbered | None:
    """What a number means; none while nobody gave it."""
    case_id, client = keys.number_of(uow.holder(keys.NUMBER, keys.number_key(kind, number)))
    case = uow.get(Case, case_id) if case_id else None
    if case is None:
        return None
    return Numbered(case, keys.as_text(client or case.introductions.get(number, case.client_id)))


def _named(uow: UnitOfWork, event: Event, linked: str | None, organisations: Areas) -> Match:
    naming = event.naming
    if naming.number is not None:
        return _by_number(uow, event, *naming.number, organisations)
    bound = client_of(uow, naming)
    client = bound or linked
    found = latest(uow, client)
    case = uow.get(Case, found.case) if found is not None else None
    opens = type(event.data) in OPENS
    if found is not None and case is not None and not (opens and _is_over(case, event.occurred_at)):
        return Match(case, client, bound is None, None, found.person is None)
    if not opens:
        refusal = Refusal("agency_ref_unknown", field="/about/agency_ref")
        raise reference_awaited(naming.org, naming.reference or "", refusal)
    return Match(None, client, bound is None)


def case_id_of(uow: UnitOfWork, naming: Naming) -> UUID | None:
    """The case that an event leads to, as far as it is known."""
    if naming.number is None:
        return latest_case_id(uow, client_of(uow, naming) or identified(uow, naming))
    return keys.number_of(uow.holder(keys.NUMBER, keys.number_key(*naming.number)))[0]


def load_merged(uow: UnitOfWork, case_ids: Iterable[UUID]) -> None:
    """Read in bulk where cases go on that merging closed; nothing where there are none."""
    merged = [case for case in uow.look(Case, case_ids) if case.is_merged]
    if merged:
        clients = [keys.as_text(case.client_id) for case in merged]
        uow.load_claims(keys.LATEST_CASE, clients)
        targets = [one for client in clients if (one := latest_case_id(uow, client)) is not None]
        uow.load(Case, targets)


def taking_case_id(uow: UnitOfWork, event: Event) -> UUID | None:
    """The case that would take an event, as far as it is known: what is parked of it keeps the event back."""
    case_id = case_id_of(uow, event.naming)
    case = uow.get(Case, case_id) if case_id and event.naming.number else None
    return _goes_on_in(uow, case, event).id if case else case_id


def client_of(uow: UnitOfWork, naming: Naming) -> str | None:
    """The client that the agency's reference is bound to."""
    if naming.reference is None:
        return None
    return uow.holder(keys.REFERENCE, keys.reference_key(naming.org, naming.reference))


def identified(uow: UnitOfWork, naming: Naming) -> str | None:
    """The client whom exactly this ID number links to."""
    return next(iter(known_by(uow, naming.identity)), None) if naming.identity else None


def addressed(uow: UnitOfWork, case: Case, *, voided: bool = False) -> frozenset[tuple[str, UUID]]:
    """Whom referrals, stays and handovers of a case concern, each with the client of whom they tell;
    `voided`: those too whom only what was voided concerned."""
    kept = (uow.holder(keys.ADDRESSED, keys.as_text(case.id)) or "").split()
    standing = (one for one in kept if voided or not one.endswith(keys.VOIDED))
    parts = (one.partition("@")[0].partition("/") for one in standing)
    return frozenset((org, UUID(client) if client else case.client_id) for org, _, client in parts)


def _by_number(uow: UnitOfWork, event: Event, kind: str, number: str, organisations: Areas) -> Match:
    """A number is for those to whom it was sent; to everybody else it is unknown, as if there were none."""
    naming = event.naming
    found, refusal = numbered(uow, kind, number), Refusal("number_unknown", field=f"/about/{kind}")
    if found is None:
        _check_form(kind, number)
        raise NotKnownYet(keys.until_number(kind, number), f"{kind} {number}", refusal)
    (case, client), bound = found, client_of(uow, naming)
    is_theirs = bound is not None and same_person(uow, bound, client)
    if not is_theirs and not was_sent(uow, case, naming.org, organisations):
        raise NotKnownYet(keys.until_case(case.id), f"{kind} {number}", refusal)
    if bound is not None and not is_theirs:
        raise Refusal("agency_ref_taken", field="/about/agency_ref")
    if kind == NumberKind.INTRODUCTION and number not in case.introductions:
        raise Refusal("introduction_voided", field=f"/about/{kind}")
    binds = naming.reference is not None and bound is None
    return Match(_taking(uow, client, case, event), client, binds)


def _taking(uow: UnitOfWork, client: str, begun_in: Case, event: Event) -> Case:
    """Where it goes on; where that one's client and the client of the number are two again, that client's.
    What another service decides goes on where it began, whoever is one person by now."""
    case = _goes_on_in(uow, begun_in, event)
    if _goes_by_its_number(event) or same_person(uow, client, keys.as_text(case.client_id)):
        return case
    own = latest_case_id(uow, client)
    return (uow.get(Case, own) if own else None) or case


def _goes_on_in(uow: UnitOfWork, case: Case, event: Event) -> Case:
    """The case that takes it. Where merging closed the one that the number belongs to, that is the person's
    open one; but referrals and stays go on under the case in which they began."""
    if isinstance(event.data, MoveAcknowledgedPosted):
        return case
    if not case.is_merged or _goes_by_its_number(event):
        return case
    target = latest_case_id(uow, keys.as_text(case.client_id))
    return (uow.get(Case, target) if target else None) or case


def _goes_by_its_number(event: Event) -> bool:
    """Whether another service decides about it by the number of a referral or a stay."""
    is_of_owner, number = POSTABLE[event.type].owner is not Owner.INTAKE, event.naming.number
    return bool(is_of_owner and number and number[0] != NumberKind.INTRODUCTION)


def _check_form(kind: str, number: str) -> None:
    """Raises `Refusal` for what is no number of that kind, mistyped: it would wait for ever."""
    try:
        parse_number(number, {keys.PREFIX[NumberKind(kind)]})
    except NotANumber as error:
        raise Refusal(error.reason, field=f"/about/{kind}") from None


def was_sent(uow: UnitOfWork, case: Case, org: str, organisations: Areas) -> bool:
    """Whether numbers of this case, or of another of the same person, are sent to an organisation, or to one
    for whose area it answers; also one that was voided, so that it is told that. A number goes on where it
    began, whoever is one person by now."""
    here = {one for one, _ in case.parties | addressed(uow, case, voided=True)}
    withdrawn = {one for each in (case, *cases_beside(uow, case)) for _, one in each.withdrawn}
    return is_concerned(uow, case, org, organisations) or any(
        organisations.answers_for(org, one) for one in here | withdrawn
    )


def parties_of(uow: UnitOfWork, case: Case, clients: Collection[UUID]) -> frozenset[str]:
    """The organisations that have to do with these clients by what this case tells."""
    return case.parties_of(clients) | {org for org, of in addressed(uow, case) if of in clients}


def is_concerned(uow: UnitOfWork, case: Case, org: str, organisations: Areas) -> bool:
    """Whether an organisation, or one for whose area it answers, has to do with the client of this case, or
    with another who is the same person now."""
    return bool(concerned_with(uow, case, org, organisations))


def concerned_with(uow: UnitOfWork, case: Case, org: str, organisations: Areas) -> frozenset[UUID]:
    """With whom of those who are one person with the client of this case an organisation has to do, or one
    for whose area it answers, wherever that was told. Whom the client was sent to by what was voided has
    not."""
    clients, cases = telling(uow, case)

    def is_theirs(client: UUID) -> bool:
        known = (one for each in cases for one in parties_of(uow, each, {client}))
        return any(organisations.answers_for(org, one) for one in known)

    return frozenset(filter(is_theirs, clients))


def _is_over(case: Case, at: datetime) -> bool:
    """Whether the case had ended by then; what occurred earlier still belongs to it."""
    return case.closed_at is not None and case.closed_at < at


def reference_awaited(org: str, reference: str, refusal: Refusal) -> NotKnownYet:
    """It waits until the agency's reference means somebody."""
    return NotKnownYet(keys.until_reference(org, reference), f"agency_ref {reference}", refusal)
