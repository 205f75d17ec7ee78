"""Whom an event is about: from an agency's reference, a number or an exact identity to a case."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.ids import NotANumber, parse_number
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.events.intake import ClientContacted, ClientRegisteredPosted
from contracts.vocabulary import NumberKind

from intake.application import keys
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


class Match(NamedTuple):
    """Whom it is about. `case` None: a new one is to be opened, for `client` or for somebody new.

    `binds`: the agency's reference is new and means this client from now on.
    """

    case: Case | None
    client: str | None
    binds: bool


def match(uow: UnitOfWork, event: Event, organisations: Areas) -> Match:
    """Raises `NotKnownYet`, or `Refusal` when reference and number belong to two people."""
    naming = event.naming
    if naming.number is not None:
        return _by_number(uow, naming, *naming.number, organisations)
    bound = client_of(uow, naming)
    client = bound or identified(uow, naming)
    case_id = latest_case_id(uow, client)
    case = uow.get(Case, case_id) if case_id else None
    opens = isinstance(event.data, OPENS)
    if case is not None and not (opens and _is_over(case, event.occurred_at)):
        return Match(case, client, bound is None)
    if not opens:
        raise _reference_unknown(naming)
    return Match(None, client, bound is None)


def case_id_of(uow: UnitOfWork, naming: Naming) -> UUID | None:
    """The case that an event leads to, as far as it is known."""
    if naming.number is None:
        return latest_case_id(uow, client_of(uow, naming) or identified(uow, naming))
    holder = uow.holder(keys.NUMBER, keys.number_key(*naming.number))
    return keys.as_id(holder) if holder else None


def client_of(uow: UnitOfWork, naming: Naming) -> str | None:
    """The client that the agency's reference is bound to."""
    if naming.reference is None:
        return None
    return uow.holder(keys.REFERENCE, keys.reference_key(naming.org, naming.reference))


def identified(uow: UnitOfWork, naming: Naming) -> str | None:
    """The client known by exactly this ID number."""
    return uow.holder(keys.ID_NUMBER, naming.identity) if naming.identity else None


def latest_case_id(uow: UnitOfWork, client: str | None) -> UUID | None:
    """The latest case of a client, open or closed."""
    holder = uow.holder(keys.LATEST_CASE, client) if client else None
    return keys.as_id(holder) if holder else None


def addressed(uow: UnitOfWork, case_id: str) -> frozenset[str]:
    """The organisations that referrals, stays and handovers of a case concern."""
    return frozenset((uow.holder(keys.ADDRESSED, case_id) or "").split())


def _by_number(uow: UnitOfWork, naming: Naming, kind: str, number: str, organisations: Areas) -> Match:
    """A number is for those to whom it was sent; to everybody else it is unknown, as if there were none."""
    holder = uow.holder(keys.NUMBER, keys.number_key(kind, number))
    case = uow.get(Case, keys.as_id(holder)) if holder else None
    refusal = Refusal("number_unknown", field=f"/about/{kind}")
    if case is None:
        _check_form(kind, number)
        raise NotKnownYet(keys.until_number(kind, number), f"{kind} {number}", refusal)
    bound, client = client_of(uow, naming), keys.as_text(case.client_id)
    if bound != client and not _was_sent(uow, case, naming.org, organisations):
        raise NotKnownYet(keys.until_case(case.id), f"{kind} {number}", refusal)
    if bound not in (None, client):
        raise Refusal("agency_ref_taken", field="/about/agency_ref")
    return Match(case, client, naming.reference is not None and bound is None)


def _check_form(kind: str, number: str) -> None:
    """Raises `Refusal` for what is no number of that kind, mistyped: it would wait for ever."""
    try:
        parse_number(number, {keys.PREFIX[NumberKind(kind)]})
    except NotANumber as error:
        raise Refusal(error.reason, field=f"/about/{kind}") from None


def _was_sent(uow: UnitOfWork, case: Case, org: str, organisations: Areas) -> bool:
    """Whether numbers of this case are sent to an organisation, or to one for whose area it answers."""
    others = (reference[0] for reference in case.references)
    concerned = {*others, *case.introduced_to, *addressed(uow, keys.as_text(case.id))}
    return any(organisations.answers_for(org, one) for one in concerned)


def _is_over(case: Case, at: datetime) -> bool:
    """Whether the case had ended by then; what occurred earlier still belongs to it."""
    return case.closed_at is not None and case.closed_at < at


def _reference_unknown(naming: Naming) -> NotKnownYet:
    refusal = Refusal("agency_ref_unknown", field="/about/agency_ref")
    reference = naming.reference or ""
    return NotKnownYet(keys.until_reference(naming.org, reference), f"agency_ref {reference}", refusal)
