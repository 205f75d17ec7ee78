"""Operators' requests become what an agency would have posted; what is wrong in them is named by its
field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from answering.requests import caller_of, envelope, number_of, payload_of
from answering.whom import Whom
from chassis.items import Command
from chassis.rpc.errors import Forbidden, InvalidInput
from contracts.events.followup import DetoxCompleted, ReintegrationEvaluated, SupportProvided
from contracts.events.referral import (
    AppointmentMissed,
    AppointmentScheduled,
    ReferralReceived,
    ReferralRejected,
    ReferralRequestedPosted,
    ServiceCompleted,
    ServiceHeld,
)
from contracts.vocabulary import Evidence, MissedReason, OrgKind, ServiceOutcome
from google.protobuf.timestamp_pb2 import Timestamp
from reference import Reference
from reftrack.common.v1.command_pb2 import Act
from reftrack.followup.v1 import followup_pb2 as followup
from reftrack.referral.v1 import referral_pb2 as referral

REFERENCE = Reference.load(Path(__file__).parents[3] / "deploy" / "reference")
NOW = datetime(2019, 3, 2, 2, 15, tzinfo=UTC)
CASE = UUID(int=1)


def command(caller: str = "methadone-long-bien/nv-07") -> Command:
    return Command(
        request_id="r-1",
        caller=caller,
        name="ReceiveReferral",
        message=referral.ReceiveReferralRequest(),
        deadline=None,
        correlation_id="c-1",
    )


def timestamp(at: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(at)
    return found


def test_a_field_left_empty_is_not_given() -> None:
    request = referral.RequestReferralRequest(service="methadone", provider="methadone-long-bien")
    payload = payload_of(request, ReferralRequestedPosted)
    assert (payload.plan_item, payload.note) == (None, None)


def test_a_reason_left_empty_is_the_usual_one() -> None:
    assert payload_of(referral.MissAppointmentRequest(), AppointmentMissed).reason is MissedReason.UNKNOWN


def test_a_time_becomes_an_instant() -> None:
    request = referral.ScheduleAppointmentRequest(appointment_at=timestamp(NOW), place="phòng 2")
    assert payload_of(request, AppointmentScheduled).appointment_at == NOW


def test_a_day_becomes_a_date() -> None:
    request = referral.HoldServiceRequest(reason="client_ill", until="2019-04-01")
    assert payload_of(request, ServiceHeld).until == date(2019, 4, 1)


def test_a_field_of_another_name_is_found() -> None:
    request = referral.CompleteServiceRequest(result="goal_met")
    assert payload_of(request, ServiceCompleted, {"outcome": "result"}).outcome is ServiceOutcome.GOAL_MET


def test_no_and_zero_are_answers_where_an_answer_is_needed() -> None:
    request = followup.RecordEvaluationRequest(
        evidence=["home_visit"], checked_by="gs-02", checked_by_kind="supervisor"
    )
    evaluated = payload_of(request, ReintegrationEvaluated)
    assert (evaluated.relapsed, evaluated.employed) == (False, False)
    assert (evaluated.evidence, evaluated.checked_by_kind) == ((Evidence.HOME_VISIT,), OrgKind.SUPERVISOR)
    assert payload_of(followup.CompleteDetoxRequest(), DetoxCompleted).months == 0


def test_an_amount_beyond_thirty_two_bits_is_kept() -> None:
    request = followup.ProvideSupportRequest(kind="loan", amount_vnd=5_000_000_000)
    assert payload_of(request, SupportProvided).amount_vnd == 5_000_000_000


@pytest.mark.parametrize(
    ("request_", "model", "renamed", "violations"),
    [
        (
            referral.RequestReferralRequest(),
            ReferralRequestedPosted,
            {},
            [("service", "field_missing"), ("provider", "field_missing")],
        ),
        (
            referral.CompleteServiceRequest(result="x"),
            ServiceCompleted,
            {"outcome": "result"},
            [("result", "not_in_list")],
        ),
        (
            referral.HoldServiceRequest(reason="other", until="soon"),
            ServiceHeld,
            {},
            [("until", "wrong_type")],
        ),
        (referral.ReceiveReferralRequest(note="x" * 2001), ReferralReceived, {}, [("note", "too_long")]),
        (referral.RejectReferralRequest(reason="other"), ReferralRejected, {}, [("", "other_needs_note")]),
    ],
)
def test_what_is_wrong_is_named_by_the_field_of_the_request(
    request_: object, model: type, renamed: dict[str, str], violations: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidInput) as wrong:
        payload_of(request_, model, renamed)  # type: ignore[arg-type]
    assert [violation[:2] for violation in wrong.value.violations] == violations


def test_a_time_that_is_none_is_named_and_does_not_break_the_call() -> None:
    request = referral.ScheduleAppointmentRequest(appointment_at=Timestamp(seconds=2**60))
    with pytest.raises(InvalidInput) as wrong:
        payload_of(request, AppointmentScheduled)
    assert [violation[:2] for violation in wrong.value.violations] == [("appointment_at", "wrong_type")]


def test_a_command_that_says_no_time_happened_now() -> None:
    meta = envelope(command(), Act(), Whom(CASE), policy=REFERENCE.policy, now=NOW)
    assert (meta.occurred_at, meta.precision, meta.received_at) == (NOW, "instant", NOW)
    assert (meta.org, meta.actor) == ("methadone-long-bien", "nv-07")
    assert (meta.policy_version, meta.causation_id) == ("vn-law-2008@2", None)


def test_a_day_stands_before_a_time_and_begins_at_midnight_in_vietnam() -> None:
    act = Act(at=timestamp(NOW), on="2019-03-01", legal_basis="QĐ 12")
    meta = envelope(command(), act, Whom(CASE), policy=REFERENCE.policy, now=NOW)
    assert meta.occurred_at == datetime(2019, 2, 28, 17, tzinfo=UTC)
    assert (meta.precision, meta.legal_basis) == ("day", "QĐ 12")


@pytest.mark.parametrize(
    ("act", "field", "code"),
    [
        (Act(at=timestamp(NOW + timedelta(minutes=6))), "act.at", "time_in_future"),
        (Act(on="2019-03-03"), "act.on", "time_in_future"),
        (Act(on="yesterday"), "act.on", "wrong_type"),
        (Act(on="0001-01-01"), "act.on", "time_too_early"),
        (Act(on="1899-12-31"), "act.on", "time_too_early"),
        (Act(at=Timestamp(seconds=-62135596800)), "act.at", "time_too_early"),
        (Act(at=Timestamp(seconds=253402300799)), "act.at", "time_in_future"),
        (Act(at=Timestamp(seconds=2**60)), "act.at", "wrong_type"),
        (Act(at=Timestamp(seconds=1, nanos=-5)), "act.at", "wrong_type"),
        (Act(legal_basis="QĐ\0 12"), "act.legal_basis", "not_of_form"),
        (Act(legal_basis="x" * 201), "act.legal_basis", "too_long"),
    ],
)
def test_a_wrong_time_or_ground_is_named(act: Act, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        envelope(command(), act, Whom(CASE), policy=REFERENCE.policy, now=NOW)
    assert [violation[:2] for violation in wrong.value.violations] == [(field, code)]


def test_a_time_in_the_future_is_held_against_the_clock_of_those_who_read_it() -> None:
    with pytest.raises(InvalidInput) as wrong:
        envelope(command(), Act(on="2019-03-03"), Whom(CASE), policy=REFERENCE.policy, now=NOW)
    now = wrong.value.violations[0].detail["now"]
    assert now.endswith("+07:00")
    assert datetime.fromisoformat(now) == NOW


def test_a_number_of_another_kind_is_named() -> None:
    with pytest.raises(InvalidInput) as wrong:
        number_of("GT-0000-0000-0000-0", "CG", "referral")
    assert wrong.value.violations[0].field == "referral"


@pytest.mark.parametrize(
    ("caller", "code"), [("nobody/x", "agency_unknown"), ("cap-bo-de/x", "not_yours_to_report")]
)
def test_only_kinds_that_may_report_it_may_command_it(caller: str, code: str) -> None:
    with pytest.raises(Forbidden) as forbidden:
        caller_of(command(caller), REFERENCE, ReferralReceived.TYPE, NOW)
    assert forbidden.value.code == code


def test_an_organisation_commands_nothing_while_it_is_suspended() -> None:
    live = REFERENCE.organisations.live(REFERENCE.country)
    live.learn([live["methadone-long-bien"].model_copy(update={"suspended": True})])
    with pytest.raises(Forbidden) as forbidden:
        caller_of(command(), replace(REFERENCE, organisations=live), ReferralReceived.TYPE, NOW)
    assert forbidden.value.code == "agency_suspended"
    caller_of(command(), REFERENCE, ReferralReceived.TYPE, NOW)
