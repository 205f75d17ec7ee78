"""Terms of a referral: when they begin and end, by which law, and what is told when nothing came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from answering.terms import Running, Terms
from contracts.base import Payload
from contracts.events.common import DeadlinePassed
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
from contracts.vocabulary import (
    Deadline,
    FailReason,
    HoldReason,
    MissedReason,
    Progress,
    RejectReason,
    ServiceOutcome,
)
from reference.days import start_of
from referral.domain import Referral

from tests.unit.referral.stories import (
    POLICY,
    PROVIDER,
    REFERENCE,
    SENDER,
    commands,
    recorded,
    requested,
)

TERMS = Terms(POLICY, REFERENCE.organisations)
RECEIVED, ACCEPTED, STARTED = ReferralReceived(), ReferralAccepted(), ServiceStarted()
SCHEDULED = AppointmentScheduled(appointment_at=datetime(2019, 3, 8, 2, tzinfo=UTC))
MISSED = AppointmentMissed(reason=MissedReason.UNKNOWN)
INTERIM = InterimReported(progress=Progress.STABLE)
HELD, RESUMED = ServiceHeld(reason=HoldReason.CLIENT_ILL), ServiceResumed()
COMPLETED = ServiceCompleted(outcome=ServiceOutcome.GOAL_MET)
FAILED = ServiceFailed(reason=FailReason.NEVER_CAME)
REJECTED = ReferralRejected(reason=RejectReason.CAPACITY)
CLOSED = LoopClosed()


def after(*moves: Payload) -> Referral:
    referral = requested()
    for move in moves:
        commands(move)(referral)
    return referral


@pytest.mark.parametrize(
    ("moves", "which"),
    [
        ((), Deadline.ACKNOWLEDGE),
        ((RECEIVED,), Deadline.ANSWER),
        ((RECEIVED, ACCEPTED), Deadline.FIRST_APPOINTMENT),
        ((RECEIVED, ACCEPTED, SCHEDULED), None),
        ((RECEIVED, ACCEPTED, SCHEDULED, MISSED), None),
        ((RECEIVED, ACCEPTED, STARTED), Deadline.INTERIM_REPORT),
        ((RECEIVED, ACCEPTED, STARTED, INTERIM), Deadline.INTERIM_REPORT),
        ((RECEIVED, ACCEPTED, STARTED, HELD), None),
        ((RECEIVED, ACCEPTED, STARTED, HELD, RESUMED), Deadline.INTERIM_REPORT),
        ((RECEIVED, ACCEPTED, STARTED, COMPLETED), Deadline.CONFIRM_LOOP),
        ((RECEIVED, ACCEPTED, FAILED), Deadline.CONFIRM_LOOP),
        ((RECEIVED, ACCEPTED, FAILED, CLOSED), None),
        ((REJECTED,), None),
    ],
)
def test_at_most_one_term_runs_and_each_move_ends_the_one_before(
    moves: tuple[Payload, ...], which: Deadline | None
) -> None:
    assert [running.which for running in after(*moves).due] == ([which] if which else [])


def test_the_provider_owes_all_but_the_end_of_the_loop() -> None:
    (asked,) = requested().due
    (told,) = after(RECEIVED, ACCEPTED, FAILED).due
    assert (asked.org, asked.other) == (PROVIDER, SENDER)
    assert (told.org, told.other) == (SENDER, PROVIDER)


def running(which: Deadline, since: date) -> Running:
    return Running(which, "stream:1", since, PROVIDER, SENDER, "CG-0000-0000-0000-0")


@pytest.mark.parametrize(
    ("which", "since", "last"),
    [
        (Deadline.ACKNOWLEDGE, date(2019, 3, 4), date(2019, 3, 6)),
        (Deadline.ACKNOWLEDGE, date(2019, 3, 7), date(2019, 3, 11)),
        (Deadline.ACKNOWLEDGE, date(2019, 4, 26), date(2019, 5, 3)),
        (Deadline.ANSWER, date(2026, 8, 20), date(2026, 8, 24)),
        (Deadline.FIRST_APPOINTMENT, date(2019, 3, 7), date(2019, 3, 14)),
        (Deadline.INTERIM_REPORT, date(2019, 3, 7), date(2019, 4, 6)),
        (Deadline.CONFIRM_LOOP, date(2019, 3, 7), date(2019, 3, 14)),
    ],
    ids=[
        "two working days",
        "over a weekend",
        "over the holidays of 30 April, with 29 April exchanged",
        "a Saturday that is worked (22 August 2026)",
        "seven days of the calendar",
        "thirty days",
        "five working days",
    ],
)
def test_a_term_ends_with_its_last_day_there(which: Deadline, since: date, last: date) -> None:
    ends = TERMS.ends(running(which, since))
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), UTC) - timedelta(hours=7)
    assert ends == midnight


@pytest.mark.parametrize("which", [Deadline.HANDOVER_RECEIPT, Deadline.INTERIM_REPORT])
def test_a_term_from_a_day_mistyped_as_the_last_that_there_is_ends_never_and_breaks_nothing(
    which: Deadline,
) -> None:
    assert TERMS.ends(running(which, date.max)) == start_of(date.max)


def test_a_term_runs_from_the_day_on_which_we_were_told_not_from_what_is_said_of_it() -> None:
    """News of January that comes in March makes nobody late in January."""
    (due,) = requested().due
    assert due.since == date(2019, 3, 2)


NOW = datetime(2019, 3, 7, tzinfo=UTC)


def test_what_nobody_did_is_told_once_with_its_term_and_the_policy_it_was_judged_by() -> None:
    referral = requested()
    (due,) = referral.due
    referral.pass_deadline(due.key, TERMS, NOW)
    referral.pass_deadline(due.key, TERMS, NOW)
    (passed,) = recorded(referral)
    assert passed.data == DeadlinePassed(
        which=Deadline.ACKNOWLEDGE, due_at=TERMS.ends(due), about=f"{referral.id}:1"
    )
    assert passed.meta.policy_version == POLICY.on(date(2019, 3, 2)).version
    assert (passed.meta.org, passed.meta.causation_id) == ("system:referral", f"{referral.id}:1")


def test_what_was_done_in_time_is_not_told_however_late_the_clock_rings() -> None:
    referral = requested()
    (due,) = referral.due
    commands(RECEIVED)(referral)
    before = len(recorded(referral))
    referral.pass_deadline(due.key, TERMS, NOW)
    assert len(recorded(referral)) == before


def test_a_term_that_has_passed_changes_nothing_in_what_is_allowed_and_stands_until_somebody_acts() -> None:
    referral = requested()
    (due,) = referral.due
    referral.pass_deadline(due.key, TERMS, NOW)
    assert referral.due == (due,)
    commands(RECEIVED)(referral)
    assert [one.which for one in referral.due] == [Deadline.ANSWER]
