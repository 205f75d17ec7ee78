"""Facts that indicators count: one an event, with both times, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from contracts.events import intake, referral, screening

from reporting.pathway.entry import Entry

KINDS: MappingProxyType[str, str] = MappingProxyType(
    {
        intake.ClientContacted.TYPE: "contact",
        intake.ClientRegistered.TYPE: "registered",
        screening.ClientScreened.TYPE: "screened",
        intake.BriefInterventionGiven.TYPE: "brief_intervention",
        intake.PlanAgreed.TYPE: "plan_agreed",
        referral.ReferralRequested.TYPE: "referral_requested",
    }
)
"""The kind of fact that an event states."""

TYPES: MappingProxyType[str, str] = MappingProxyType(
    {**{kind: type_ for type_, kind in KINDS.items()}, "first_contact": intake.ClientContacted.TYPE}
)
"""The event that states a kind of fact."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to the client of a case, or to `client_id`, where the case of another took it
    because the two were one person; `commune` and `service` where the event says them."""

    event_id: str
    kind: str
    case_id: UUID
    commune: str | None
    service: str
    org: str
    occurred_at: datetime
    recorded_at: datetime
    client_id: UUID | None = None


def fact_in(entry: Entry) -> Fact | None:
    """The fact that an entry states, if it states one."""
    kind = KINDS.get(entry.type)
    if kind is None:
        return None
    return Fact(
        event_id=entry.event_id,
        kind=kind,
        case_id=entry.case_id,
        commune=_commune(entry),
        service=str(entry.data.service) if kind == "referral_requested" else "",
        org=entry.org,
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        client_id=entry.told_of,
    )


def client_in(entry: Entry) -> UUID | None:
    """The client whose case an entry opens, if it opens one."""
    return entry.data.client_id if entry.type == intake.CaseOpened.TYPE else None


def _commune(entry: Entry) -> str | None:
    if entry.type == intake.ClientContacted.TYPE:
        commune: str = entry.data.commune
        return commune
    return entry.data.residence_commune if entry.type == intake.ClientRegistered.TYPE else None
