"""Which event types exist, which of them agencies may post, who decides about each, who may post it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contracts.base import Payload
from contracts.events import (
    agencies,
    cases,
    common,
    consent,
    followup,
    intake,
    people,
    referral,
    screening,
    territory,
    vault,
)
from contracts.vocabulary import OrgKind, Owner


@dataclass(frozen=True)
class Postable:
    """An event that agencies may post: its form, the service that decides, who may post it."""

    model: type[Payload]
    owner: Owner
    by: frozenset[OrgKind]


_OF_AGENCIES = (
    agencies.AgencyRegistered,
    agencies.AgencyChanged,
    agencies.AgencySuspended,
    agencies.AgencyReinstated,
)

RECORDED_BY: Mapping[Owner, tuple[type[Payload], ...]] = MappingProxyType(
    {
        Owner.INTAKE: (
            intake.CaseOpened,
            intake.AgencyReferenceBound,
            intake.ClientContacted,
            intake.ClientIntroduced,
            intake.ClientRegistered,
            consent.ConsentGiven,
            intake.CounsellingProvided,
            screening.ClientScreened,
            intake.BriefInterventionGiven,
            intake.PlanAgreed,
            consent.ConsentWithdrawn,
            consent.ConsentExpired,
            screening.ScreeningDeclined,
            screening.ScreeningReviewed,
            intake.PlanRevised,
            cases.ClientMoved,
            cases.MoveAcknowledged,
            cases.CaseClosed,
            cases.CaseReopened,
            people.IdentityCorrected,
            people.MatchesProposed,
            people.ClientsMerged,
            people.ClientsUnmerged,
            people.ClientsDistinguished,
            vault.IdentityRead,
            vault.IdentityReadRefused,
            common.EventVoided,
            common.DeadlinePassed,
            intake.AgencyEventRouted,
            *_OF_AGENCIES,
            territory.TerritoryOpened,
            *territory.UNIT_EVENTS,
        ),
        Owner.REFERRAL: (
            referral.ReferralRequested,
            referral.ReferralReceived,
            referral.ReferralAccepted,
            referral.AppointmentScheduled,
            referral.AppointmentMissed,
            referral.ServiceStarted,
            referral.InterimReported,
            referral.ServiceHeld,
            referral.ServiceResumed,
            referral.ServiceCompleted,
            referral.ServiceFailed,
            referral.LoopClosed,
            referral.ReferralRejected,
            referral.ReferralCancelled,
            referral.ConsentLapsed,
            common.EventVoided,
            common.DeadlinePassed,
            common.AgencyEventRefused,
            common.AgencyEventDeferred,
        ),
        Owner.FOLLOWUP: (
            followup.FollowupOpened,
            followup.DetoxAdmitted,
            followup.DetoxCompleted,
            followup.MethadoneInducted,
            followup.HandoverNotified,
            followup.HandoverConsentLapsed,
            followup.HandoverReceived,
            followup.ManagementStarted,
            followup.SupportProvided,
            followup.EvaluationDue,
            followup.ReintegrationEvaluated,
            common.EventVoided,
            common.DeadlinePassed,
            common.AgencyEventRefused,
            common.AgencyEventDeferred,
        ),
    }
)
"""What each service writes to its own log."""

PAYLOADS: Mapping[str, type[Payload]] = MappingProxyType(
    {model.TYPE: model for models in RECORDED_BY.values() for model in models}
)
"""Type name → recorded payload, newest version of each event; older versions are read through `upcast`."""

_OF_NO_CASE: tuple[type[Payload], ...] = (
    territory.TerritoryOpened,
    *territory.UNIT_EVENTS,
    *_OF_AGENCIES,
    vault.IdentityReadRefused,
)
OF_NO_CASE: frozenset[str] = frozenset(model.TYPE for model in _OF_NO_CASE)
"""Events of intake's log whose subject is no case: whoever folds or follows cases passes them over."""

_SOCIAL = frozenset({OrgKind.DISTRICT_SOCIAL, OrgKind.COMMUNE_SOCIAL})
_CARE = _SOCIAL | {OrgKind.HEALTH_STATION}
_CONTACT = _CARE | {
    OrgKind.WARD_POLICE,
    OrgKind.VOLUNTEER_TEAM,
    OrgKind.CLUB,
    OrgKind.BORDER_GUARD,
    OrgKind.HOTLINE,
}
_PROVIDERS = frozenset(
    {
        OrgKind.PROVIDER,
        OrgKind.DETOX_FACILITY,
        OrgKind.METHADONE_CLINIC,
        OrgKind.HEALTH_STATION,
        OrgKind.COMMUNE_AUTHORITY,
    }
)
"""Whoever a referral can be addressed to; home and community detox is the commune authority's."""

_COMMUNE = frozenset({OrgKind.COMMUNE_AUTHORITY, OrgKind.COMMUNE_SOCIAL})
_DETOX = frozenset({OrgKind.DETOX_FACILITY, OrgKind.COMMUNE_AUTHORITY})
_SUPPORT = _COMMUNE | {OrgKind.PROVIDER, OrgKind.CLUB, OrgKind.VOLUNTEER_TEAM, OrgKind.DISTRICT_SOCIAL}

_POSTED: tuple[tuple[Owner, type[Payload], frozenset[OrgKind]], ...] = (
    (Owner.INTAKE, intake.ClientContacted, _CONTACT),
    (
        Owner.INTAKE,
        intake.ClientIntroducedPosted,
        frozenset({OrgKind.WARD_POLICE, OrgKind.BORDER_GUARD, OrgKind.HOTLINE}),
    ),
    (Owner.INTAKE, intake.ClientRegisteredPosted, _SOCIAL),
    (Owner.INTAKE, consent.ConsentGivenPosted, _CARE),
    (Owner.INTAKE, intake.CounsellingProvided, _CARE),
    (Owner.INTAKE, screening.ClientScreenedPosted, _CARE),
    (Owner.INTAKE, intake.BriefInterventionGiven, _CARE),
    (Owner.INTAKE, intake.PlanAgreed, _SOCIAL),
    (Owner.INTAKE, consent.ConsentWithdrawn, _CARE),
    (Owner.INTAKE, screening.ScreeningDeclined, _CARE),
    (Owner.INTAKE, intake.PlanRevised, _SOCIAL),
    (Owner.INTAKE, cases.ClientMovedPosted, _SOCIAL | {OrgKind.COMMUNE_AUTHORITY}),
    (Owner.INTAKE, cases.MoveAcknowledgedPosted, _COMMUNE),
    (Owner.INTAKE, cases.CaseClosedPosted, _SOCIAL | {OrgKind.SUPERVISOR}),
    (Owner.INTAKE, cases.CaseReopenedPosted, _SOCIAL | {OrgKind.SUPERVISOR}),
    (Owner.INTAKE, people.IdentityCorrectedPosted, _SOCIAL),
    (Owner.INTAKE, cases.EventVoidedPosted, frozenset(OrgKind) - {OrgKind.AUDITOR}),
    (Owner.REFERRAL, referral.ReferralRequestedPosted, _CARE),
    (Owner.REFERRAL, referral.ReferralReceived, _PROVIDERS),
    (Owner.REFERRAL, referral.ReferralAccepted, _PROVIDERS),
    (Owner.REFERRAL, referral.AppointmentScheduled, _PROVIDERS),
    (Owner.REFERRAL, referral.AppointmentMissed, _PROVIDERS),
    (Owner.REFERRAL, referral.ServiceStarted, _PROVIDERS),
    (Owner.REFERRAL, referral.InterimReported, _PROVIDERS),
    (Owner.REFERRAL, referral.ServiceHeld, _PROVIDERS),
    (Owner.REFERRAL, referral.ServiceResumed, _PROVIDERS),
    (Owner.REFERRAL, referral.ServiceCompleted, _PROVIDERS),
    (Owner.REFERRAL, referral.ServiceFailed, _PROVIDERS),
    (Owner.REFERRAL, referral.LoopClosed, _CARE),
    (Owner.REFERRAL, referral.ReferralRejected, _PROVIDERS),
    (Owner.FOLLOWUP, followup.DetoxAdmittedPosted, _DETOX),
    (Owner.FOLLOWUP, followup.DetoxCompleted, _DETOX),
    (Owner.FOLLOWUP, followup.MethadoneInductedPosted, frozenset({OrgKind.METHADONE_CLINIC})),
    (Owner.FOLLOWUP, followup.HandoverNotified, frozenset({OrgKind.DETOX_FACILITY})),
    (Owner.FOLLOWUP, followup.HandoverReceived, _COMMUNE),
    (Owner.FOLLOWUP, followup.ManagementStarted, _COMMUNE),
    (Owner.FOLLOWUP, followup.SupportProvided, _SUPPORT),
    (Owner.FOLLOWUP, followup.ReintegrationEvaluated, _COMMUNE | {OrgKind.SUPERVISOR}),
)

POSTABLE: Mapping[str, Postable] = MappingProxyType(
    {model.TYPE: Postable(model, owner, by) for owner, model, by in _POSTED}
)
"""Type name → what an agency may post."""

TAKES_UP: Mapping[type[Payload], frozenset[OrgKind]] = MappingProxyType(
    {
        intake.ClientIntroducedPosted: _SOCIAL,
        cases.ClientMovedPosted: _SOCIAL,
        followup.HandoverNotified: _COMMUNE,
    }
)
"""Who can take up whom an event sends: police introduce to a social worker, who moves is taken up by one, a
facility hands over to the commune."""


def as_recorded(posted: Payload) -> Payload:
    """The recorded form of a posted payload: the same fields, those that only intake knows left empty.

    For events whose recorded form adds nothing that must be there; identity never passes.
    """
    model = PAYLOADS[posted.TYPE]
    if type(posted) is model:
        return posted
    return model(**{name: value for name, value in posted if name in model.model_fields})
