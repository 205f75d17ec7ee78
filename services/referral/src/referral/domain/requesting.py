"""Who may ask whom for which service, and on which consent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from chassis.refusal import Refusal
from contracts.events.referral import ReferralRequestedPosted
from contracts.registry import POSTABLE
from contracts.vocabulary import SERVICE_LABELS
from reference import Organisation, Organisations
from reference.days import local_day


@dataclass(frozen=True)
class Consent:
    """What a client agreed to have shared: with which kinds of organisation, which labels, until which
    day."""

    event_id: str
    given_at: datetime
    recipients: tuple[str, ...]
    labels: tuple[str, ...]
    expires_on: date | None

    def covers(self, provider: Organisation, label: str | None, at: datetime) -> bool:
        """Whether it lets a fact with this label go to that provider at that moment."""
        return (
            provider.kind in self.recipients
            and (label is None or label in self.labels)
            and self.given_at <= at
            and (self.expires_on is None or local_day(at) <= self.expires_on)
        )


@dataclass(frozen=True)
class CaseAsKnown:
    """What referral has learned of a case from intake's log."""

    closed_at: datetime | None = None
    consents: tuple[Consent, ...] = ()


def may_request(
    request: ReferralRequestedPosted,
    sender: Organisation | None,
    case: CaseAsKnown,
    organisations: Organisations,
    *,
    occurred_at: datetime,
) -> None:
    """Raises `Refusal` unless `sender` may ask that provider for that service in this case.

    A closed case takes no request that occurred after its closing; one that occurred before and is reported
    late, it takes.
    """
    if sender is None:
        raise Refusal("agency_unknown", field="source")
    allowed = POSTABLE[request.TYPE].by
    if sender.kind not in allowed:
        raise Refusal(
            "not_yours_to_report",
            field="type",
            detail={"kind": sender.kind, "allowed": ", ".join(sorted(allowed))},
        )
    provider = organisations.get(request.provider)
    if provider is None:
        raise Refusal("provider_unknown", field="/data/provider")
    if not provider.offers(request.service):
        raise Refusal("service_not_offered", field="/data/service")
    if provider.suspended:
        raise Refusal("addressee_suspended", field="/data/provider")
    if case.closed_at is not None and occurred_at > case.closed_at:
        raise Refusal("case_closed", state="closed")


def consent_for(
    request: ReferralRequestedPosted,
    provider: Organisation,
    consents: Iterable[Consent],
    *,
    occurred_at: datetime,
) -> str | None:
    """The event id of the newest consent that covers this request, or none."""
    label = SERVICE_LABELS.get(request.service)
    covering = [consent for consent in consents if consent.covers(provider, label, occurred_at)]
    newest = max(covering, key=lambda consent: (consent.given_at, consent.event_id), default=None)
    return newest.event_id if newest else None
