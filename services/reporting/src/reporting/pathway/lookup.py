"""How a case is found, and which organisations it belongs to: what entries make known, once and for good."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from contracts.events import common, followup, intake, referral

from reporting.pathway.entry import REFERRAL, Entry


@dataclass(frozen=True)
class Reference:
    """What a case is found by: a number that we gave (`org` empty), or an organisation's own reference."""

    kind: str
    org: str
    value: str
    case_id: UUID


def reference_in(entry: Entry) -> Reference | None:
    """The reference that an entry makes known, if it does."""
    if entry.type not in _REFERENCES:
        return None
    match entry.data:
        case intake.ClientIntroduced(number=number):
            return Reference("introduction", "", number, entry.case_id)
        case intake.AgencyReferenceBound(org=org, agency_ref=agency_ref):
            return Reference("agency_ref", org, agency_ref, entry.case_id)
        case referral.ReferralRequested(number=number):
            return Reference("referral", "", number, entry.case_id)
        case followup.DetoxAdmitted(stay_number=number):
            return Reference("stay", "", number, entry.case_id)
    return None


_REFERENCES = frozenset(
    {
        intake.ClientIntroduced.TYPE,
        intake.AgencyReferenceBound.TYPE,
        referral.ReferralRequested.TYPE,
        followup.DetoxAdmitted.TYPE,
    }
)


def orgs_in(entry: Entry) -> frozenset[str]:
    """The organisations that the case belongs to: who acts in it, to whom it is handed.

    A routed event may yet be refused; a provider that answers a referral knows that referral only, also if it
    binds a reference of its own to whom it is about.
    """
    if entry.type in _ONLY_PASSING or entry.org.startswith(_SYSTEM):
        return frozenset()
    if entry.source == REFERRAL and entry.type != referral.ReferralRequested.TYPE:
        return frozenset()
    if entry.type in _HANDED_TO:
        return frozenset({entry.org, entry.data.to_org})
    return frozenset({entry.org})


_SYSTEM = "system:"
"""What the clock made due is nobody's doing (chassis.service.ticking)."""

_HANDED_TO = frozenset({intake.ClientIntroduced.TYPE, followup.HandoverNotified.TYPE})
_ONLY_PASSING = frozenset(
    {
        intake.AgencyEventRouted.TYPE,
        intake.AgencyReferenceBound.TYPE,
        common.AgencyEventRefused.TYPE,
        common.AgencyEventDeferred.TYPE,
    }
)
