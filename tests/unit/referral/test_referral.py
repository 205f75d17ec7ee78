"""The life of one referral, told in sentences."""

from __future__ import annotations

from datetime import timedelta

from chassis.testing import given
from contracts.base import Payload
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused
from contracts.events.referral import (
    AppointmentMissed,
    AppointmentScheduled,
    InterimReported,
    LoopClosed,
    ReferralAccepted,
    ReferralReceived,
    ReferralRejected,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
    ServiceStarted,
)
from contracts.states import ReferralState, moves_from
from contracts.vocabulary import FailReason, HoldReason, OrgKind, Progress, RejectReason, ServiceOutcome

from tests.unit.referral.stories import (
    BEGUN,
    PROVIDER,
    SENDER,
    STRANGER,
    causes,
    commands,
    posts,
    requested,
)

RECEIVED, ACCEPTED, STARTED = ReferralReceived(), ReferralAccepted(), ServiceStarted()
COMPLETED = ServiceCompleted(outcome=ServiceOutcome.GOAL_MET)
FAILED = ServiceFailed(reason=FailReason.NEVER_CAME)
REJECTED = ReferralRejected(reason=RejectReason.CAPACITY)
SCHEDULED = AppointmentScheduled(appointment_at=BEGUN + timedelta(days=3))
HELD = ServiceHeld(reason=HoldReason.CLIENT_ABSENT)
INTERIM = InterimReported(progress=Progress.STABLE)
CLOSED = LoopClosed()
MISSED = AppointmentMissed()


def deferred(payload: Payload, state: str, moves: tuple[str, ...], awaits: str) -> AgencyEventDeferred:
    return AgencyEventDeferred(
        type=payload.TYPE,
        org_kind=OrgKind.PROVIDER,
        data=payload.model_dump(mode="json"),
        code="too_early",
        until=BEGUN + timedelta(days=30),
        waiting_for=awaits,
        state=state,
        moves=moves,
    )


def refused(code: str, state: str, *moves: str, **detail: str) -> AgencyEventRefused:
    words = {**detail, "state": state, "moves": ", ".join(moves) or "–"}
    return AgencyEventRefused(code=code, detail=words, state=state, moves=moves)


def overtaken(state: str, move: str) -> AgencyEventRefused:
    return refused("overtaken", state, *moves_from(ReferralState(state)), move=move)


def test_a_referral_goes_from_request_to_closed_loop() -> None:
    road = (RECEIVED, ACCEPTED, SCHEDULED, STARTED, INTERIM, HELD, ServiceResumed(), COMPLETED)
    referral = given(requested(), *(commands(step) for step in road)).when(commands(CLOSED)).then(CLOSED)
    assert referral.state is ReferralState.CLOSED


def test_a_missed_appointment_goes_back_to_accepted() -> None:
    story = given(requested(), commands(RECEIVED), commands(ACCEPTED), commands(SCHEDULED))
    assert story.when(commands(AppointmentMissed())).then(AppointmentMissed()).state is ReferralState.ACCEPTED


def test_an_interim_report_leaves_the_state_as_it_is() -> None:
    story = given(requested(), commands(RECEIVED), commands(ACCEPTED), commands(STARTED))
    assert story.when(commands(INTERIM)).then(INTERIM).state is ReferralState.IN_PROGRESS


def test_a_command_and_an_agencys_event_lead_to_the_same_event() -> None:
    commanded = given(requested()).when(commands(RECEIVED)).then(RECEIVED)
    posted = given(requested()).when(posts(RECEIVED)).then(RECEIVED)
    assert commanded.state is posted.state is ReferralState.RECEIVED


def test_what_an_agencys_event_causes_names_it_as_its_cause() -> None:
    referral = given(requested()).when(posts(RECEIVED, cause="routed:7")).then(RECEIVED)
    assert causes(referral) == ["routed:7"]


def test_a_command_that_comes_too_early_is_refused_at_once() -> None:
    given(requested()).when(commands(STARTED)).then_refused(
        "too_early", state="requested", moves=("receive", "reject"), later=True
    )


def test_a_command_that_the_table_never_allows_any_more_is_refused() -> None:
    given(requested(), commands(RECEIVED), commands(REJECTED)).when(commands(ACCEPTED)).then_refused(
        "move_not_allowed", state="rejected", moves=(), later=False
    )


def test_an_agencys_event_that_comes_too_early_is_deferred() -> None:
    given(requested()).when(posts(STARTED)).then(
        deferred(STARTED, "requested", ("receive", "reject"), "accepted, scheduled")
    )


def test_a_deferred_event_goes_through_after_the_move_it_waited_for() -> None:
    referral = (
        given(requested(), posts(STARTED, cause="routed:1"), posts(RECEIVED, cause="routed:2"))
        .when(posts(ACCEPTED, cause="routed:3"))
        .then(ACCEPTED, STARTED)
    )
    assert causes(referral) == ["routed:3", "routed:1"]
    assert referral.kept == ()


def test_a_command_releases_what_waited_for_it() -> None:
    given(requested(), commands(RECEIVED), posts(STARTED)).when(commands(ACCEPTED)).then(ACCEPTED, STARTED)


def test_deferred_events_go_through_in_the_order_in_which_they_happened() -> None:
    given(
        requested(),
        posts(CLOSED, cause="routed:1", hours=9),
        posts(COMPLETED, cause="routed:2", hours=8),
        posts(STARTED, cause="routed:3", hours=7),
        posts(ACCEPTED, cause="routed:4", hours=6),
    ).when(posts(RECEIVED, cause="routed:5", hours=5)).then(RECEIVED, ACCEPTED, STARTED, COMPLETED, CLOSED)


def test_a_deferred_event_that_can_never_come_any_more_is_refused() -> None:
    referral = (
        given(requested(), posts(STARTED, cause="routed:1"))
        .when(posts(REJECTED, cause="routed:2"))
        .then(
            REJECTED,
            refused("move_not_allowed", "rejected", move="start_service"),
        )
    )
    assert causes(referral)[-1] == "routed:1"


def test_a_missed_appointment_told_twice_does_not_undo_the_next_appointment() -> None:
    (
        given(
            requested(),
            posts(RECEIVED, cause="r1", hours=1),
            posts(ACCEPTED, cause="r2", hours=2),
            posts(SCHEDULED, cause="r3", hours=3),
            posts(MISSED, cause="r4", hours=30),
            posts(MISSED, cause="r5", hours=30),
        )
        .when(posts(SCHEDULED, cause="r6", hours=60))
        .then(SCHEDULED, overtaken("scheduled", "miss_appointment"))
    )


def test_a_hold_told_twice_does_not_hold_a_service_that_was_resumed() -> None:
    began = [posts(RECEIVED, hours=1), posts(ACCEPTED, hours=2), posts(STARTED, hours=3)]
    held = [posts(HELD, cause="r4", hours=30), posts(HELD, cause="r5", hours=30)]
    (
        given(requested(), *began, *held)
        .when(posts(ServiceResumed(), cause="r6", hours=60))
        .then(ServiceResumed(), overtaken("in_progress", "hold"))
    )


def test_old_news_of_a_hold_does_not_hold_a_service_that_was_resumed() -> None:
    began = [posts(RECEIVED, hours=1), posts(ACCEPTED, hours=2), posts(STARTED, hours=3)]
    (
        given(requested(), *began, posts(HELD, hours=30), posts(ServiceResumed(), hours=60))
        .when(posts(HELD, cause="r6", hours=30))
        .then(overtaken("in_progress", "hold"))
    )


def test_a_first_hold_counts_although_the_clock_of_its_office_is_behind() -> None:
    began = [posts(RECEIVED, hours=1), posts(ACCEPTED, hours=2)]
    held_too_early = posts(HELD, cause="r4", hours=2.5)
    given(requested(), *began, held_too_early).when(posts(STARTED, hours=3)).then(STARTED, HELD)


def test_an_agencys_move_that_was_made_already_is_refused_on_the_log() -> None:
    given(requested(), posts(RECEIVED)).when(posts(RECEIVED, cause="routed:2")).then(
        refused("move_not_allowed", "received", "accept", "reject", move="receive")
    )


def test_only_the_provider_may_accept() -> None:
    given(requested(), commands(RECEIVED)).when(commands(ACCEPTED, org=SENDER)).then_refused(
        "not_your_move", field="source", later=False
    )


def test_only_the_sender_may_close_the_loop() -> None:
    given(requested(), commands(RECEIVED), commands(ACCEPTED), commands(FAILED)).when(
        commands(CLOSED, org=PROVIDER)
    ).then_refused("not_your_move", field="source")


def test_to_a_stranger_there_is_no_such_referral_whatever_it_does_and_wherever_that_stands() -> None:
    received, accepted, failed = commands(RECEIVED), commands(ACCEPTED), commands(FAILED)
    for story in ([], [received], [received, accepted, failed]):
        for move in (RECEIVED, ACCEPTED, CLOSED):
            refusal = (
                given(requested(), *story).when(commands(move, org=STRANGER)).then_refused("referral_unknown")
            )
            assert (refusal.state, refusal.moves, refusal.detail) == (None, (), {})
    assert refusal.moves == ()
