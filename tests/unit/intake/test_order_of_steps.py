"""The table of what must have come before what, tried step by step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from chassis.refusal import Refusal
from intake.domain.order import ORDER, Step, check, moves, stage

NOON = datetime(2019, 3, 2, 5, tzinfo=UTC)


def refusal(step: Step, *happened: Step, closed_at: datetime | None = None, at: datetime = NOON) -> Refusal:
    with pytest.raises(Refusal) as caught:
        check(step, set(happened), occurred_at=at, closed_at=closed_at)
    return caught.value


@pytest.mark.parametrize(
    ("step", "awaits"),
    [
        (Step.CONSENTED, Step.REGISTERED),
        (Step.SCREENED, Step.REGISTERED),
        (Step.INTERVENED, Step.REGISTERED),
        (Step.PLANNED, Step.REGISTERED),
        (Step.DECLINED, Step.REGISTERED),
        (Step.MOVED, Step.REGISTERED),
        (Step.REVISED, Step.PLANNED),
        (Step.WITHDRAWN, Step.CONSENTED),
        (Step.ACKNOWLEDGED, Step.MOVED),
        (Step.REOPENED, Step.CLOSED),
    ],
)
def test_a_step_before_registration_waits_for_it(step: Step, awaits: Step) -> None:
    refused = refusal(step, Step.CONTACTED)
    assert (refused.code, refused.later, refused.detail["awaits"]) == ("too_early", True, awaits)


def test_a_brief_intervention_waits_for_the_screening_when_only_that_is_missing() -> None:
    refused = refusal(Step.INTERVENED, Step.REGISTERED)
    assert refused.later
    assert refused.detail["awaits"] == Step.SCREENED


def test_what_happens_once_is_refused_for_good_the_second_time() -> None:
    refused = refusal(Step.PLANNED, Step.REGISTERED, Step.PLANNED)
    assert (refused.code, refused.later) == ("already_recorded", False)
    assert refused.state == "plan_agreed"
    assert "screened" in refused.moves
    assert "plan_agreed" not in refused.moves


def test_each_organisation_registers_a_client_once() -> None:
    check(Step.REGISTERED, [Step.REGISTERED], occurred_at=NOON, closed_at=None)
    with pytest.raises(Refusal) as caught:
        check(Step.REGISTERED, [Step.REGISTERED], [Step.REGISTERED], occurred_at=NOON, closed_at=None)
    assert caught.value.code == "already_recorded"
    assert "registered" not in caught.value.moves


@pytest.mark.parametrize("step", [step for step, rule in ORDER.items() if not rule.when_closed])
def test_a_closed_case_refuses_whatever_occurs_after_its_closing(step: Step) -> None:
    refused = refusal(step, *Step, closed_at=NOON, at=NOON + timedelta(seconds=1))
    assert (refused.code, refused.state, refused.moves, refused.later) == ("case_closed", "closed", (), False)


def test_a_closed_case_takes_what_occurred_before_and_is_reported_late() -> None:
    check(
        Step.COUNSELLED, {Step.CONTACTED, Step.CLOSED}, occurred_at=NOON, closed_at=NOON + timedelta(days=1)
    )


@pytest.mark.parametrize("step", [Step.WITHDRAWN, Step.ACKNOWLEDGED, Step.REOPENED])
def test_consent_is_taken_back_a_move_acknowledged_and_the_case_reopened_after_the_closing_too(
    step: Step,
) -> None:
    check(step, [*Step], occurred_at=NOON + timedelta(days=1), closed_at=NOON)


def test_nothing_needs_a_step_that_itself_can_never_come() -> None:
    for step, rule in ORDER.items():
        assert Step.CLOSED not in rule.needs or step is Step.REOPENED
        assert Step.ROUTED not in rule.needs
        assert set(rule.needs) <= set(ORDER)


def test_every_step_says_what_it_changes() -> None:
    assert set(ORDER) == set(Step) - {Step.OPENED}
    assert all(rule.changes for rule in ORDER.values())


def test_the_moves_named_are_exactly_those_that_the_check_lets_through() -> None:
    for happened in ([], [Step.REGISTERED], [Step.REGISTERED, Step.SCREENED, Step.PLANNED]):
        allowed = set()
        for step in ORDER:
            try:
                check(step, happened, occurred_at=NOON, closed_at=None)
            except Refusal:
                continue
            allowed.add(str(step))
        assert set(moves(happened)) == allowed


def test_the_stage_is_the_furthest_step_known() -> None:
    assert stage({Step.SCREENED, Step.CONTACTED, Step.REGISTERED}) == "screened"


def test_a_case_of_which_all_was_voided_is_merely_opened() -> None:
    assert stage(set()) == "opened"
