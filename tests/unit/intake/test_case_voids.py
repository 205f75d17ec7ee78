"""Voids, moves and reopenings in one case: what the fold is without what was voided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from chassis.testing import given, refold
from contracts.base import Payload
from contracts.events.cases import CaseReopened, ClientMoved, MoveAcknowledged
from contracts.events.common import DeadlinePassed, EventVoided
from contracts.vocabulary import CloseReason, Deadline, ReopenReason, VoidReason
from intake.domain.case import Case

from tests.unit.intake.case_facts import (
    CASE_ID,
    DAY_ONE,
    a_case,
    closed,
    contacted,
    introduced,
    on_day,
    planned,
    registered,
    routed,
    screened,
)

OFFICE = "ldtbxh-my-dinh-1"
NUMBER = "GT-1A73-4KGW-YMQD-4"
DUE = DAY_ONE + timedelta(days=4)
moved = ClientMoved(
    to_commune="00625", notified_on=date(2019, 3, 4), to_org=OFFICE, number=NUMBER, due_at=DUE
)
reopened = CaseReopened(reason=ReopenReason.CAME_BACK)


def takes(fact: Payload, day: int) -> Callable[[Case], None]:
    return lambda case: case.take(fact, on_day(day))


def void_of(version: int, type_name: str) -> EventVoided:
    return EventVoided(event_id=f"{CASE_ID}:{version}", type=type_name, reason=VoidReason.WRONG_DATA)


def voids(version: int, fact: Payload) -> Callable[[Case], None]:
    return lambda case: case.void(version, void_of(version, fact.TYPE), on_day(9))


def test_of_a_case_of_which_everything_was_voided_only_the_client_is_known() -> None:
    case = (
        given(a_case(), takes(contacted, 0), voids(2, contacted), refold).when(lambda _: None).then_nothing()
    )
    assert (case.happened, case.commune, case.client_id) == (frozenset(), None, a_case().client_id)


def test_a_voided_introduction_is_remembered_with_whom_it_was_sent_to() -> None:
    case = (
        given(a_case(), takes(introduced, 0), voids(2, introduced), refold)
        .when(lambda _: None)
        .then_nothing()
    )
    assert (case.introductions, case.parties) == ({}, frozenset())
    assert case.withdrawn == {(introduced.number, introduced.to_org)}


def test_a_plan_can_be_agreed_anew_once_the_wrong_one_is_voided() -> None:
    story = given(a_case(), takes(registered, 0), takes(planned, 1), voids(3, planned), refold)
    story.when(takes(planned, 2)).then(planned)


def test_a_voided_screening_is_not_the_one_before_a_later_one() -> None:
    story = given(
        a_case(), takes(registered, 0), takes(screened, 1), takes(screened, 2), voids(3, screened), refold
    )
    case = story.when(lambda _: None).then_nothing()
    assert case.screenings.before(DAY_ONE + timedelta(days=9)) == f"{CASE_ID}:4"


def test_what_another_service_decides_about_may_be_voided_again_and_a_fact_not() -> None:
    case = given(
        a_case(), takes(registered, 0), lambda it: it.route(routed(), on_day(1)), voids(3, routed()), refold
    )
    case.when(voids(3, routed())).then_recorded(EventVoided)
    twice = given(a_case(), takes(registered, 0), voids(2, registered), refold)
    twice.when(voids(2, registered)).then_refused("already_voided")


def test_where_a_client_lives_is_told_by_the_latest_move_that_stands() -> None:
    steps = (takes(contacted, 0), takes(registered, 1), takes(moved, 2))
    assert given(a_case(), *steps).when(lambda _: None).then_nothing().commune == "00625"
    back = given(a_case(), *steps, voids(4, moved), refold).when(lambda _: None).then_nothing()
    assert (back.commune, back.moves) == (registered.residence_commune, ())


def test_a_move_of_another_client_told_in_the_case_leaves_where_its_own_client_lives() -> None:
    of_another = on_day(2).model_copy(update={"client": UUID(int=7)})
    case = given(a_case(), takes(registered, 1)).when(lambda one: one.take(moved, of_another)).then(moved)
    assert case.commune == registered.residence_commune
    assert [move.number for move in case.moves] == [NUMBER]


def test_a_move_is_overdue_once_and_not_where_it_was_acknowledged() -> None:
    late = DeadlinePassed(which=Deadline.MOVE_ACKNOWLEDGEMENT, due_at=DUE, about=f"{CASE_ID}:3")
    story = given(a_case(), takes(registered, 0), takes(moved, 1))
    story.when(lambda it: it.pass_deadline(3, on_day(5))).then(late)
    story.when(lambda it: it.pass_deadline(3, on_day(6))).then_nothing()
    taken = given(
        a_case(), takes(registered, 0), takes(moved, 1), takes(MoveAcknowledged(move=f"{CASE_ID}:3"), 2)
    )
    taken.when(lambda it: it.pass_deadline(3, on_day(5))).then_nothing()


def test_a_case_that_merging_closed_is_not_reopened_by_hand() -> None:
    story = given(a_case(), lambda it: it.close_as_merged(CASE_ID, on_day(1)))
    story.when(lambda it: it.reopen(reopened, on_day(2))).then_refused("case_merged", state="closed")


@pytest.mark.parametrize(("day", "code"), [(4, "reopened_before_closing"), (6, None)])
def test_a_case_is_reopened_after_it_was_closed(day: int, code: str | None) -> None:
    story = given(a_case(), takes(closed, 5)).when(lambda it: it.reopen(reopened, on_day(day)))
    if code:
        story.then_refused(code)
    else:
        assert story.then(reopened).closed_at is None
    assert closed.reason is CloseReason.GOALS_MET
