"""One pathway of one client: what it takes, what it lets wait, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from chassis.testing import given
from contracts.base import Payload
from intake.domain.case import Case

from tests.unit.intake.case_facts import (
    CASE_ID,
    CLIENT_ID,
    DAY_ONE,
    a_case,
    bound,
    closed,
    consented,
    contacted,
    counselled,
    intervened,
    introduced,
    on_day,
    opened,
    planned,
    registered,
    routed,
    screened,
)


def takes(fact: Payload, day: int) -> Callable[[Case], None]:
    return lambda case: case.take(fact, on_day(day))


def test_a_case_opens_with_its_client() -> None:
    case = given().when(lambda _: Case.open(CASE_ID, opened, on_day(0))).then(opened)
    assert (case.id, case.client_id) == (CASE_ID, CLIENT_ID)


def test_the_whole_way_from_contact_to_plan_is_recorded_fact_by_fact() -> None:
    facts = (contacted, introduced, registered, consented, counselled, screened, intervened, planned, closed)
    story = given(a_case())
    for day, fact in enumerate(facts):
        story.when(takes(fact, day)).then(fact)


@pytest.mark.parametrize("fact", [consented, screened, intervened, planned])
def test_a_fact_that_needs_the_registration_waits_for_it(fact: Payload) -> None:
    refused = given(a_case(), takes(contacted, 0)).when(takes(fact, 1)).then_refused("too_early", later=True)
    assert refused.detail["awaits"] == "registered"


def test_a_brief_intervention_waits_for_the_screening() -> None:
    refused = (
        given(a_case(), takes(contacted, 0), takes(registered, 1))
        .when(takes(intervened, 2))
        .then_refused("too_early", state="registered", later=True)
    )
    assert refused.detail["awaits"] == "screened"


def test_what_had_to_wait_is_taken_once_its_need_is_reported_though_it_occurred_earlier() -> None:
    given(a_case(), takes(contacted, 0), takes(registered, 9)).when(takes(screened, 2)).then(screened)


def test_counselling_needs_no_registration() -> None:
    given(a_case(), takes(contacted, 0)).when(takes(counselled, 0)).then(counselled)


@pytest.mark.parametrize("fact", [registered, planned])
def test_a_second_registration_or_plan_is_refused_with_the_moves_that_are_left(fact: Payload) -> None:
    refused = (
        given(a_case(), takes(registered, 1), takes(planned, 2))
        .when(takes(fact, 3))
        .then_refused("already_recorded", state="plan_agreed", later=False)
    )
    assert "screened" in refused.moves


def test_a_second_organisation_registers_the_client_as_well() -> None:
    elsewhere = on_day(3).model_copy(update={"org": "cap-phu-do"})
    given(a_case(), takes(registered, 1)).when(lambda case: case.take(registered, elsewhere)).then(registered)


def test_every_further_contact_and_counselling_is_one_more_fact() -> None:
    story = given(a_case(), takes(contacted, 0), takes(counselled, 1))
    story.when(takes(counselled, 1)).then(counselled)
    story.when(takes(contacted, 2)).then(contacted)


@pytest.mark.parametrize("fact", [contacted, registered, counselled, screened, planned, closed])
def test_a_closed_case_takes_nothing_that_occurred_afterwards(fact: Payload) -> None:
    given(a_case(), takes(registered, 1), takes(closed, 5)).when(takes(fact, 6)).then_refused(
        "case_closed", state="closed", moves=()
    )


def test_a_closed_case_takes_what_occurred_before_its_closing_and_is_reported_late() -> None:
    given(a_case(), takes(registered, 1), takes(closed, 5)).when(takes(counselled, 4)).then(counselled)


def test_a_case_closed_on_a_day_takes_what_occurred_on_that_day_and_nothing_of_the_next() -> None:
    """The day begins at midnight in Vietnam, seven hours before it does in UTC."""
    midnight = DAY_ONE.replace(hour=17, minute=0)
    day = on_day(0).model_copy(update={"occurred_at": midnight, "precision": "day"})
    case = given(a_case(), lambda it: it.take(closed, day))
    case.when(counselled_at(midnight + timedelta(hours=23))).then(counselled)
    case.when(counselled_at(midnight + timedelta(hours=24))).then_refused("case_closed")


def counselled_at(at: datetime) -> Callable[[Case], None]:
    return lambda case: case.take(counselled, on_day(0).model_copy(update={"occurred_at": at}))


def test_a_case_is_closed_once() -> None:
    given(a_case(), takes(closed, 5)).when(takes(closed, 4)).then_refused("case_closed")


def test_a_new_referral_of_a_closed_case_is_refused_and_news_of_an_old_one_passed_on() -> None:
    case = given(a_case(), takes(closed, 5))
    news = routed("CG-4F7K-92QX-T6WE-M")
    case.when(lambda it: it.route(news, on_day(6))).then(news)
    case.when(lambda it: it.route(routed(), on_day(6))).then_refused("case_closed")


def test_an_agencys_reference_is_bound_once() -> None:
    story = given(a_case()).when(lambda case: case.bind(bound, on_day(0)))
    story.then(bound)
    story.when(lambda case: case.bind(bound, on_day(1))).then_nothing()
