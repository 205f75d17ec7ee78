"""Whom an event is about: from an agency's reference, a number or an exact identity to a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.events.intake import ClientContacted, ClientRegisteredPosted
from contracts.posted import About

from intake.application import keys
from intake.domain.case import Case

OPENS = (ClientContacted, ClientRegisteredPosted)
"""What opens a case when the person is not known yet, or when the last case is over."""


class NotKnownYet(Exception):
    """Names a person, referral or stay of which nothing is reported yet: it waits for `key`."""

    def __init__(self, key: str, told: str, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.key, self.told, self.refusal = key, told, refusal


@dataclass(frozen=True, slots=True)
class Match:
    """Whom it is about. `case` None: a new one is to be opened, for `client_id` or for somebody new.

    `binds`: the agency's reference is new and means this client from now on.
    """

    case: Case | None
    client_id: UUID | None
    binds: bool


@dataclass(frozen=True, slots=True)
class Naming:
    """How an event names a person: `identity` is the key of an exact ID number, where one was given."""

    org: str
    about: About
    data: Payload
    occurred_at: datetime
    identity: str | None = None


def match(uow: UnitOfWork, naming: Naming) -> Match:
    """Raises `NotKnownYet`, or `Refusal` when reference and number belong to two people."""
    if naming.about.number is not None:
        return _by_number(uow, naming, *naming.about.number)
    bound = client_of(uow, naming.org, naming.about.agency_ref)
    client = bound or identified(uow, naming.identity)
    case = latest_case(uow, client)
    opens = isinstance(naming.data, OPENS)
    if case is not None and not (opens and _is_over(case, naming.occurred_at)):
        return Match(case, client, binds=bound is None)
    if not opens:
        raise _reference_unknown(naming.org, naming.about.agency_ref or "")
    return Match(None, client, binds=bound is None)


def client_of(uow: UnitOfWork, org: str, agency_ref: str | None) -> UUID | None:
    """The client that an agency's reference is bound to."""
    holder = uow.holder(keys.REFERENCE, keys.reference_key(org, agency_ref)) if agency_ref else None
    return UUID(holder) if holder else None


def identified(uow: UnitOfWork, identity: str | None) -> UUID | None:
    """The client known by exactly this ID number."""
    holder = uow.holder(keys.ID_NUMBER, identity) if identity else None
    return UUID(holder) if holder else None


def latest_case(uow: UnitOfWork, client_id: UUID | None) -> Case | None:
    """The latest case of a client, open or closed."""
    holder = uow.holder(keys.LATEST_CASE, str(client_id)) if client_id else None
    return uow.get(Case, UUID(holder)) if holder else None


def numbered_case(uow: UnitOfWork, kind: str, number: str) -> Case | None:
    """The case that a number belongs to."""
    holder = uow.holder(keys.NUMBER, keys.number_key(kind, number))
    return uow.get(Case, UUID(holder)) if holder else None


def _by_number(uow: UnitOfWork, naming: Naming, kind: str, number: str) -> Match:
    case = numbered_case(uow, kind, number)
    if case is None:
        refusal = Refusal("number_unknown", field=f"/about/{kind}")
        raise NotKnownYet(keys.until_number(kind, number), f"{kind} {number}", refusal)
    reference = naming.about.agency_ref
    bound = client_of(uow, naming.org, reference)
    if bound not in (None, case.client_id):
        raise Refusal("agency_ref_taken", field="/about/agency_ref")
    return Match(case, case.client_id, binds=reference is not None and bound is None)


def _is_over(case: Case, at: datetime) -> bool:
    """Whether the case had ended by then; what occurred earlier still belongs to it."""
    return case.closed_at is not None and case.closed_at < at


def _reference_unknown(org: str, agency_ref: str) -> NotKnownYet:
    refusal = Refusal("agency_ref_unknown", field="/about/agency_ref")
    return NotKnownYet(keys.until_reference(org, agency_ref), f"agency_ref {agency_ref}", refusal)
