"""How a case is found, and what ties organisations to it: what entries make known, once and for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.events import cases, followup, intake, referral, screening

from reporting.pathway.corrections import standing
from reporting.pathway.entry import Entry


class Tie(StrEnum):
    """How an organisation came by a case. What each shows to which kind stands in `reporting.access`."""

    CONTACTED = "contacted"
    INTRODUCED_TO = "introduced_to"
    REGISTERED = "registered"
    SCREENED = "screened"
    ADMITTED = "admitted"
    INDUCTED = "inducted"
    HANDED_OVER_TO = "handed_over_to"
    ASSIGNED_TO = "assigned_to"
    MOVED_TO = "moved_to"


@dataclass(frozen=True)
class Reference:
    """What a case is found by: a number that we gave (`org` empty), or an organisation's own reference.

    `told_by` and `recorded_at`: who made it known, when.
    """

    kind: str
    org: str
    value: str
    case_id: UUID
    told_by: str = field(default="", compare=False)
    recorded_at: datetime | None = field(default=None, compare=False)


def reference_in(entry: Entry) -> Reference | None:
    """The reference that an entry makes known, if it does."""
    if entry.type not in _REFERENCES:
        return None
    match entry.data:
        case intake.ClientIntroduced(number=number):
            named = "introduction", "", number
        case cases.ClientMoved(number=str() as number):
            named = "introduction", "", number
        case intake.AgencyReferenceBound(org=org, agency_ref=agency_ref):
            named = "agency_ref", org, agency_ref
        case referral.ReferralRequested(number=number):
            named = "referral", "", number
        case followup.DetoxAdmitted(stay_number=number):
            named = "stay", "", number
        case _:
            return None
    return Reference(*named, entry.case_id, entry.org, entry.recorded_at)


def references_standing(entries: Sequence[Entry]) -> list[Reference]:
    """What a case is found by after all its entries: what was voided is no name of it, save the number of a
    referral, which was given out and says now that it is void."""
    counting = {entry.event_id for entry in standing(entries)}
    return [
        found
        for entry in entries
        if (found := reference_in(entry)) and (entry.event_id in counting or found.kind == "referral")
    ]


_REFERENCES = frozenset(
    {
        intake.ClientIntroduced.TYPE,
        cases.ClientMoved.TYPE,
        intake.AgencyReferenceBound.TYPE,
        referral.ReferralRequested.TYPE,
        followup.DetoxAdmitted.TYPE,
    }
)


def ties_in(entry: Entry) -> frozenset[tuple[str, Tie]]:
    """The organisations that an entry ties to the case, and how.

    Only what somebody did for the person or was sent the person by: a support, a referral, an answer or an
    event that is only routed ties nobody.
    """
    if entry.type in _BY_ACTING:
        return frozenset({(entry.org, _BY_ACTING[entry.type])})
    if entry.type not in _BY_BEING_NAMED:
        return frozenset()
    match entry.data:
        case intake.ClientIntroduced(to_org=to_org):
            return frozenset({(entry.org, Tie.CONTACTED), (to_org, Tie.INTRODUCED_TO)})
        case followup.DetoxAdmitted(facility=facility):
            return frozenset({(facility, Tie.ADMITTED)})
        case followup.MethadoneInducted(clinic=clinic):
            return frozenset({(clinic, Tie.INDUCTED)})
        case followup.HandoverNotified(to_org=to_org):
            return frozenset({(to_org, Tie.HANDED_OVER_TO)})
        case followup.ManagementStarted(team=str() as team):
            return frozenset({(team, Tie.ASSIGNED_TO)})
        case cases.ClientMoved(to_org=str() as to_org):
            return frozenset({(to_org, Tie.MOVED_TO)})
    return frozenset()


_BY_ACTING = {
    intake.ClientContacted.TYPE: Tie.CONTACTED,
    intake.ClientRegistered.TYPE: Tie.REGISTERED,
    screening.ClientScreened.TYPE: Tie.SCREENED,
    intake.BriefInterventionGiven.TYPE: Tie.SCREENED,
}
_BY_BEING_NAMED = frozenset(
    {
        intake.ClientIntroduced.TYPE,
        followup.DetoxAdmitted.TYPE,
        followup.MethadoneInducted.TYPE,
        followup.HandoverNotified.TYPE,
        followup.ManagementStarted.TYPE,
        cases.ClientMoved.TYPE,
    }
)
