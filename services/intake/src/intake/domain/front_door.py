"""Who may post what: the questions asked of every event that can be read, before it is asked whom it is
about.

Each check raises `Refusal` with the code, the field and what is needed to put it right; none of them looks
anything up but reference data, and none reads a clock: `now` is the batch's.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.events.followup import HandoverNotified
from contracts.events.intake import ClientIntroducedPosted
from contracts.events.referral import ReferralRequestedPosted
from reference.days import local_time

TOLERANCE = timedelta(minutes=5)
"""How far an agency's clock may run ahead of ours."""


class Organisation(Protocol):
    """What the door needs to know of an organisation."""

    @property
    def kind(self) -> str: ...

    def offers(self, service: str) -> bool:
        """Whether a referral for that service can be addressed to it."""
        ...


class Organisations(Protocol):
    """The directory of organisations."""

    def get(self, org: str) -> Organisation | None:
        """The organisation of that id, or none."""
        ...

    def answers_for(self, org: str, other: str, /) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        ...


class Arrival(NamedTuple):
    """An event as it stands at the door.

    `agency` is proven by its topic or its token, `source` is what belongs to it, `claimed_source` what it
    says.
    """

    agency: str
    source: str
    claimed_source: str
    occurred_at: datetime
    data: Payload


@lru_cache(maxsize=4096)
def source_of(agency: str) -> str:
    """Return the CloudEvents source that belongs to an agency."""
    return f"/agencies/{agency}"


def agency_of_source(source: str) -> str:
    """Return the agency that a source as `source_of` gives it belongs to."""
    return source.removeprefix("/agencies/")


def admit(
    arrival: Arrival, *, kinds: Collection[str], organisations: Organisations, now: datetime
) -> Organisation:
    """The organisation that reports. Raises `Refusal` unless it may report this event.

    `kinds` are the kinds of organisation that may. The more fundamental answer comes first: who is not in the
    directory is told that, not what else is wrong.
    """
    organisation = organisations.get(arrival.agency)
    if organisation is None:
        raise Refusal("agency_unknown", field="ce_source", detail={"agency": arrival.agency})
    if arrival.claimed_source != arrival.source:
        raise Refusal("source_not_yours", field="ce_source", detail={"expected": arrival.source})
    if arrival.occurred_at > now + TOLERANCE:
        raise Refusal("time_in_future", field="ce_time", detail={"now": local_time(now)})
    if organisation.kind not in kinds:
        detail = {"kind": organisation.kind, "allowed": ", ".join(sorted(kinds))}
        raise Refusal("not_yours_to_report", field="ce_type", detail=detail)
    _addressee_exists(arrival.data, organisations)
    return organisation


def _addressee_exists(data: Payload, organisations: Organisations) -> None:
    """Whoever an event sends the client to must be in the directory, and a provider must give the service
    asked.
    """
    if isinstance(data, ReferralRequestedPosted):
        _offers(data.provider, data.service, organisations)
    elif (
        isinstance(data, ClientIntroducedPosted | HandoverNotified) and organisations.get(data.to_org) is None
    ):
        raise Refusal("organisation_unknown", field="/data/to_org")


def _offers(provider: str, service: str, organisations: Organisations) -> None:
    organisation = organisations.get(provider)
    if organisation is None:
        raise Refusal("provider_unknown", field="/data/provider")
    if not organisation.offers(service):
        raise Refusal("service_not_offered", field="/data/service")
