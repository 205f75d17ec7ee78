"""What must lie in whose territory. A table of data, read by intake's door, by the check of files and by the
documents (docs/offices.md).

An office comes to a client in one of three ways: it met the client in its territory, the client lives there,
or somebody sent the client to it by a number. Those are asked for here; whatever it reports afterwards, under
its own reference or that number, may be of somebody who lives elsewhere or has moved since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contracts.base import Payload
from contracts.events import cases, consent, followup, intake, people, referral, screening


@dataclass(frozen=True)
class Bound:
    """The field of the commune, and whose territory that must lie in: the poster's, or that of the
    organisation in `of`. `before_taken_up`: only of a poster that has not taken the client up yet. A field
    that is empty binds nothing."""

    commune: str
    because: str
    of: str | None = None
    before_taken_up: bool = False


BOUND: Mapping[type[Payload], Bound] = MappingProxyType(
    {
        intake.ClientContacted: Bound("commune", "an office meets people where it works"),
        intake.ClientRegisteredPosted: Bound(
            "residence_commune",
            "who lives elsewhere is first met here (`client-contacted`) or sent here (a number); without, "
            "the case would count in another commune's figures. No fixed residence: everywhere",
            before_taken_up=True,
        ),
        cases.ClientMovedPosted: Bound("to_commune", "who takes the client up works there", of="to_org"),
        followup.HandoverNotified: Bound("to_commune", "who takes the person back works there", of="to_org"),
    }
)
_UNDER_WAY = "happens where the office works, with somebody whom it has taken up, wherever that one lives now"
_BY_NUMBER = "goes by a number that was sent to the office; clinics and facilities serve people of everywhere"
_PARTY = "followup asks who was handed over to and who manages"

FREE: Mapping[type[Payload], str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                consent.ConsentGivenPosted,
                consent.ConsentWithdrawn,
                intake.CounsellingProvided,
                screening.ClientScreenedPosted,
                screening.ScreeningDeclined,
                intake.BriefInterventionGiven,
                intake.PlanAgreed,
                intake.PlanRevised,
                people.IdentityCorrectedPosted,
                cases.CaseClosedPosted,
                cases.CaseReopenedPosted,
                referral.ReferralRequestedPosted,
                followup.SupportProvided,
            ),
            _UNDER_WAY,
        ),
        intake.ClientIntroducedPosted: "people are met where they do not live: to a social worker anywhere",
        cases.MoveAcknowledgedPosted: "only who was sent the number of the move, or answers for that office",
        cases.EventVoidedPosted: "its own events, and those of offices for whose area it answers",
        **dict.fromkeys(
            (
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
                followup.DetoxAdmittedPosted,
                followup.DetoxCompleted,
                followup.MethadoneInductedPosted,
            ),
            _BY_NUMBER,
        ),
        **dict.fromkeys(
            (followup.HandoverReceived, followup.ManagementStarted, followup.ReintegrationEvaluated), _PARTY
        ),
    }
)
"""Why nothing that these name is bound to a place."""
