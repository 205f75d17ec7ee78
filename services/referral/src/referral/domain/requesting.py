"""Who may ask whom for which service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from answering.unknown_offices import unknown
from chassis.refusal import Refusal
from contracts.events.referral import ReferralRequestedPosted
from contracts.registry import POSTABLE
from reference import Organisation, Organisations


@dataclass(frozen=True)
class CaseAsKnown:
    """What referral has learned of a case from intake's log. `merged_into`: the case that went on when it was
    closed by merging; `last_closed_at`: where it was opened again, when it had been closed; `closed_by`,
    `reopened_by`: the last events that said so."""

    closed_at: datetime | None = None
    merged_into: UUID | None = None
    last_closed_at: datetime | None = None
    closed_by: str | None = None
    reopened_by: str | None = None


def may_request(
    request: ReferralRequestedPosted,
    sender: Organisation | None,
    case: CaseAsKnown,
    organisations: Organisations,
    *,
    occurred_at: datetime,
) -> None:
    """Raises `Refusal` unless `sender` may ask that provider for that service in this case; `later` while one
    of the two is not known.

    A closed case takes no request that occurred after its closing; one that occurred before and is reported
    late, it takes.
    """
    if sender is None:
        raise unknown("agency_unknown", "source")
    allowed = POSTABLE[request.TYPE].by
    if sender.kind not in allowed:
        raise Refusal(
            "not_yours_to_report",
            field="type",
            detail={"kind": sender.kind, "allowed": ", ".join(sorted(allowed))},
        )
    provider = organisations.get(request.provider)
    if provider is None:
        raise unknown("provider_unknown", "/data/provider")
    if not provider.offers(request.service):
        raise Refusal("service_not_offered", field="/data/service")
    if provider.suspended:
        raise Refusal("addressee_suspended", field="/data/provider")
    if case.closed_at is not None and occurred_at > case.closed_at:
        raise Refusal("case_closed", state="closed")
