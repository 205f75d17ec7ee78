from __future__ import annotations

from datetime import UTC, datetime

import pytest
from contracts.base import Payload
from contracts.events import common, referral
from contracts.registry import RECORDED_BY
from contracts.states import ReferralState, moves_from
from contracts.vocabulary import (
    FailReason,
    HoldReason,
    Owner,
    Progress,
    RejectReason,
    Service,
    ServiceOutcome,
)
from reporting.pathway.referrals import STATE_AFTER, ReferralStatus
from reporting.views.referrals import fold_referrals

from tests.unit.reporting.story import Story, named

REQUESTED = referral.ReferralRequested(service=Service.HIV_TEST, provider="clinic", number="CG-AAAA-BBBB-C")
APPOINTMENT = datetime(2019, 2, 1, 3, tzinfo=UTC)
REFUSED = common.AgencyEventRefused(code="not_your_move", detail={})
HELD = referral.ServiceHeld(reason=HoldReason.CLIENT_ILL)
FAILED = referral.ServiceFailed(reason=FailReason.CLIENT_STOPPED)


def after(*moves: Payload) -> ReferralStatus:
    story = Story()
    story.referral("a", "r", REQUESTED, org="social")
    story.referral("a", "r", *moves, org="clinic")
    [status] = fold_referrals([], story.entries(), lambda _: {named("case", "a"): story.entries()})
    return status


def test_a_request_names_sender_provider_service_and_number() -> None:
    status = after()
    assert (status.sender, status.provider, status.service) == ("social", "clinic", "hiv_test")
    assert (status.number, status.state, status.version) == ("CG-AAAA-BBBB-C", "requested", 1)


@pytest.mark.parametrize(
    ("moves", "state"),
    [
        ((referral.ReferralReceived(),), "received"),
        ((referral.ReferralReceived(), referral.ReferralAccepted()), "accepted"),
        ((referral.AppointmentScheduled(appointment_at=APPOINTMENT),), "scheduled"),
        (
            (referral.AppointmentScheduled(appointment_at=APPOINTMENT), referral.AppointmentMissed()),
            "accepted",
        ),
        ((referral.ServiceStarted(), referral.InterimReported(progress=Progress.STABLE)), "in_progress"),
        ((referral.ServiceStarted(), HELD), "on_hold"),
        ((HELD, referral.ServiceResumed()), "in_progress"),
        ((referral.ServiceCompleted(outcome=ServiceOutcome.GOAL_MET), referral.LoopClosed()), "closed"),
        ((referral.ReferralRejected(reason=RejectReason.CAPACITY),), "rejected"),
    ],
)
def test_each_move_leads_to_its_state(moves: tuple[Payload, ...], state: str) -> None:
    status = after(*moves)
    assert status.state == state
    assert status.moves == moves_from(ReferralState(state))


def test_how_it_came_out_is_kept() -> None:
    assert after(referral.ServiceStarted(), FAILED).result == "client_stopped"
    assert after(referral.ServiceCompleted(outcome=ServiceOutcome.GOAL_MET)).result == "goal_met"
    assert after(referral.ReferralRejected(reason=RejectReason.CAPACITY)).result == "capacity"


def test_a_loop_closed_after_a_failure_is_failed_in_fhir() -> None:
    assert after(FAILED, referral.LoopClosed()).fhir == ("failed", "loop-closed")
    done = referral.ServiceCompleted(outcome=ServiceOutcome.GOAL_MET)
    assert after(done, referral.LoopClosed()).fhir == ("completed", "loop-closed")


def test_a_refused_move_changes_no_state_but_counts_as_a_version() -> None:
    refused, untouched = after(REFUSED), after()
    assert (refused.state, refused.changed_at) == (untouched.state, untouched.changed_at)
    assert refused.version == 2


def test_a_stream_of_refusals_alone_is_no_referral() -> None:
    assert fold_referrals([], Story().referral("a", "never", REFUSED), lambda _: {}) == []


def test_every_move_that_the_referral_service_records_has_its_state() -> None:
    no_moves = {
        common.AgencyEventRefused.TYPE,
        common.AgencyEventDeferred.TYPE,
        common.EventVoided.TYPE,
        common.DeadlinePassed.TYPE,
        referral.ConsentLapsed.TYPE,
    }
    assert set(STATE_AFTER) == {model.TYPE for model in RECORDED_BY[Owner.REFERRAL]} - no_moves
