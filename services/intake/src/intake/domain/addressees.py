"""Where an event sends somebody: the organisation exists and can take them up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.events.cases import ClientMovedPosted
from contracts.events.consent import ConsentGiven
from contracts.events.followup import HandoverNotified
from contracts.events.intake import ClientIntroducedPosted
from contracts.events.referral import ReferralRequestedPosted
from contracts.registry import TAKES_UP
from contracts.vocabulary import OrgKind

from intake.domain.directory import Organisations

_SENDS = ClientIntroducedPosted | HandoverNotified | ClientMovedPosted


def check_addressee(data: Payload, organisations: Organisations) -> None:
    """Raises `Refusal` unless whoever the event sends the client to can take the client up."""
    if not names_others(type(data)):
        return
    if isinstance(data, ReferralRequestedPosted):
        _offers(data.provider, data.service, organisations)
    elif isinstance(data, ConsentGiven):
        _known(data.recipient_orgs, "recipient_orgs", organisations)
    elif isinstance(data, _SENDS) and data.to_org is not None:
        _takes_up(data.to_org, _of(data), organisations)


@cache
def names_others(model: type[Payload]) -> bool:
    """Whether events of this type name other organisations."""
    return issubclass(model, ReferralRequestedPosted | ConsentGiven | _SENDS)


def check_expiry(data: Payload, given_on: date) -> None:
    """Raises `Refusal` for a consent that had expired before it was given."""
    if isinstance(data, ConsentGiven) and data.expires_on is not None and data.expires_on < given_on:
        raise Refusal("expires_before_given", field="/data/expires_on")


def _known(orgs: Iterable[str], field: str, organisations: Organisations) -> None:
    if any(organisations.get(org) is None for org in orgs):
        raise Refusal("organisation_unknown", field=f"/data/{field}")


def _of(data: Payload) -> frozenset[OrgKind]:
    return next(kinds for model, kinds in TAKES_UP.items() if isinstance(data, model))


def _takes_up(org: str, kinds: frozenset[OrgKind], organisations: Organisations) -> None:
    organisation = organisations.get(org)
    if organisation is None:
        raise Refusal("organisation_unknown", field="/data/to_org")
    if organisation.kind not in kinds:
        raise Refusal("not_for_this_kind", field="/data/to_org", detail={"allowed": ", ".join(sorted(kinds))})
    if organisation.suspended:
        raise Refusal("addressee_suspended", field="/data/to_org")


def _offers(provider: str, service: str, organisations: Organisations) -> None:
    organisation = organisations.get(provider)
    if organisation is None:
        raise Refusal("provider_unknown", field="/data/provider")
    if not organisation.offers(service):
        raise Refusal("service_not_offered", field="/data/service")
    if organisation.suspended:
        raise Refusal("addressee_suspended", field="/data/provider")
