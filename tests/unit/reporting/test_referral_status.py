from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from contracts.base import Payload
from contracts.events import common, referral
from contracts.registry import RECORDED_BY
from contracts.vocabulary import (
    FailReason,
    HoldReason,
    Owner,
    Progress,
    RejectReason,
    Service,
    ServiceOutcome,
)
from reporting.pathway.referrals import NEXT_STATES, STATE_AFTER, ReferralStatus
from reporting.testing import Story

REQUESTED = referral.ReferralRequested(service=Service.HIV_TEST, provider="clinic", number="CG-AAAA-BBBB-C")
APPOINTMENT = datetime(2019, 2, 1, 3, tzinfo=UTC)


def after(*moves: Payload) -> ReferralStatus:
    story = Story()
    story.referral("a", "r", REQUESTED, org="social")
    story.referral("a", "r", *moves, org="clinic")
    entries = story.entries()
    status = ReferralStatus(entries[0].stream, entries[0].case_id)
    for entry in entries:
        status.fold(entry)
    return status


def test_a_request_names_sender_provider_service_and_number() -> None:
    status = after()
    assert (status.sender, status.provider, status.service) == ("social", "clinic", "hiv_test")
    assert (status.number, status.state) == ("CG-AAAA-BBBB-C", "requested")


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
        ((referral.ServiceStarted(), referral.ServiceHeld(reason=HoldReason.CLIENT_ILL)), "on_hold"),
        ((referral.ServiceHeld(reason=HoldReason.CLIENT_ILL), referral.ServiceResumed()), "in_progress"),
        ((referral.ServiceCompleted(outcome=ServiceOutcome.GOAL_MET), referral.LoopClosed()), "closed"),
        ((referral.ReferralRejected(reason=RejectReason.CAPACITY),), "rejected"),
    ],
)
def test_each_move_leads_to_its_state(moves: tuple[Payload, ...], state: str) -> None:
    assert after(*moves).state == state


def test_why_a_service_failed_and_when_it_ended_is_kept() -> None:
    status = after(referral.ServiceStarted(), referral.ServiceFailed(reason=FailReason.CLIENT_STOPPED))
    assert status.reason == "client_stopped"
    assert status.started_at is not None
    assert status.ended_at == status.started_at + timedelta(minutes=1)


def test_a_refused_move_changes_nothing() -> None:
    assert after(common.AgencyEventRefused(code="not_the_provider", detail={})) == after()


def test_every_move_that_the_referral_service_records_has_its_state() -> None:
    answers = {common.AgencyEventRefused.TYPE, common.AgencyEventDeferred.TYPE}
    assert set(STATE_AFTER) == {model.TYPE for model in RECORDED_BY[Owner.REFERRAL]} - answers


def test_the_next_states_are_states_and_every_state_says_which_may_follow() -> None:
    assert set(STATE_AFTER.values()) == set(NEXT_STATES)
    assert {state for following in NEXT_STATES.values() for state in following} <= set(NEXT_STATES)
