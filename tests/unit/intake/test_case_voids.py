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
from contracts.events.consent import ConsentWithdrawn
from contracts.vocabulary import ClientGroup, CloseReason, Deadline, ReopenReason, VoidReason
from intake.domain.case import Case
from intake.domain.order import Step
from intake.domain.particulars import known

from tests.unit.intake.case_facts import (
    CASE_ID,
    DAY_ONE,
    a_case,
    closed,
    consented,
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
    assert (case.happened, case.place, case.client_id) == (frozenset(), None, a_case().client_id)


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


def test_a_case_belongs_where_its_client_was_met_first_as_far_as_that_stands_and_no_move_changes_that() -> (
    None
):
    steps = (takes(contacted, 0), takes(registered, 1), takes(moved, 2))
    gone = given(a_case(), *steps, voids(2, contacted), refold).when(lambda _: None).then_nothing()
    places = [given(a_case(), *steps).when(lambda _: None).then_nothing().place, gone.place]
    assert [(place.version, place.commune) for place in places if place] == [(2, "00145"), (3, "00145")]


def test_a_voided_move_is_none() -> None:
    steps = (takes(registered, 1), takes(moved, 2), voids(3, moved), refold)
    assert given(a_case(), *steps).when(lambda _: None).then_nothing().moves == ()


def test_a_move_of_another_client_is_told_in_the_case() -> None:
    of_another = on_day(2).model_copy(update={"client": UUID(int=7)})
    case = given(a_case(), takes(registered, 1)).when(lambda one: one.take(moved, of_another)).then(moved)
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


def corrects(version: int, wrong: Payload, right: Payload, day: int) -> Callable[[Case], None]:
    """Voids that event and records what is right, as the front door does: both by one cause."""
    said = on_day(day).model_copy(update={"causation_id": f"correction of {version}", "org": "cap-bo-de"})

    def act(case: Case) -> None:
        case.void(version, void_of(version, wrong.TYPE).model_copy(update={"replaced": True}), said)
        refold(case)
        case.take(right, said)
        case.stale = True
        refold(case)

    return act


as_relative = registered.model_copy(update={"client_group": ClientGroup.RELATIVE, "birth_year": 1970})
as_worker = registered.model_copy(update={"client_group": ClientGroup.SEX_WORKER, "birth_year": 1980})


def by_another(fact: Payload, day: int) -> Callable[[Case], None]:
    said = on_day(day).model_copy(update={"org": "ldtbxh-ngoc-lam"})
    return lambda case: case.take(fact, said)


def stands_as(case: Case) -> tuple[ClientGroup, int | None]:
    year, _ = known(case.tellings, {case.client_id})
    return case.groups[case.client_id], year


def test_a_corrected_registration_counts_where_the_wrong_one_stood_and_not_as_the_latest() -> None:
    steps = (takes(as_relative, 0), by_another(registered, 0), corrects(2, as_relative, as_worker, 0))
    case = given(a_case(), *steps).when(lambda _: None).then_nothing()
    assert stands_as(case) == (ClientGroup.DRUG_USER, 1990)
    last = given(a_case(), *steps, voids(3, registered), refold).when(lambda _: None).then_nothing()
    assert stands_as(last) == (ClientGroup.SEX_WORKER, 1980)


def test_a_correction_of_a_correction_stands_where_the_first_stood_also_when_the_last_is_voided() -> None:
    once = corrects(2, as_relative, as_worker, 1)
    steps = (takes(as_relative, 0), by_another(registered, 0), once, corrects(5, as_worker, as_relative, 2))
    twice = given(a_case(), *steps).when(lambda _: None).then_nothing()
    assert stands_as(twice) == (ClientGroup.DRUG_USER, 1970), "it says that it happened two days later"
    gone = given(a_case(), *steps, voids(7, as_relative), refold).when(lambda _: None).then_nothing()
    assert stands_as(gone) == (ClientGroup.DRUG_USER, 1990)


def test_the_correction_of_an_early_closing_does_not_close_a_case_that_goes_on() -> None:
    early = closed.model_copy(update={"reason": CloseReason.MOVED_AWAY})
    steps = (takes(closed, 1), lambda it: it.reopen(reopened, on_day(2)), corrects(2, closed, early, 1))
    assert given(a_case(), *steps).when(lambda _: None).then_nothing().closed_at is None


def test_we_were_told_of_what_is_put_right_when_we_were_told_of_the_wrong_one() -> None:
    early = closed.model_copy(update={"reason": CloseReason.MOVED_AWAY})
    steps = (takes(registered, 0), corrects(2, registered, as_worker, 1), takes(closed, 2))
    case = given(a_case(), *steps, corrects(5, closed, early, 4)).when(lambda _: None).then_nothing()
    assert [(report.step, at) for report, at in case.reports.items()] == [
        (Step.REGISTERED, on_day(0).received_at)
    ]
    assert (case.closed_at, case.ended_on) == (on_day(4).occurred_at, on_day(2).received_at)


def test_what_withdrew_a_consent_withdraws_also_the_one_that_was_recorded_in_its_place() -> None:
    shorter, again = (consented.model_copy(update={"expires_on": date(2020, 1, day)}) for day in (1, 2))
    takes_back = ConsentWithdrawn(consent=f"{CASE_ID}:3")
    steps = (
        takes(registered, 0), takes(consented, 1),
        lambda it: it.trigger_event(Case.Withdrawn, data=takes_back, meta=on_day(2)),
        corrects(3, consented, shorter, 1), corrects(6, shorter, again, 1),
    )  # fmt: skip
    case = given(a_case(), *steps).when(lambda _: None).then_nothing()
    assert [(one.id, one.withdrawn) for one in case.consents.all] == [(f"{CASE_ID}:8", True)]


def withdraws(day: int, consent: int | None = None) -> Callable[[Case], None]:
    """The client takes back what that event gave; everything, where none is named."""
    data = ConsentWithdrawn(consent=f"{CASE_ID}:{consent}" if consent else None)
    return lambda it: it.trigger_event(Case.Withdrawn, data=data, meta=on_day(day))


def put_right(version: int, right: ConsentWithdrawn, day: int) -> Callable[[Case], None]:
    """As `corrects` does, of a withdrawal."""
    said = on_day(day).model_copy(update={"causation_id": f"correction of {version}"})

    def act(case: Case) -> None:
        void = void_of(version, ConsentWithdrawn.TYPE).model_copy(update={"replaced": True})
        case.void(version, void, said)
        refold(case)
        case.trigger_event(Case.Withdrawn, data=right, meta=said)
        case.stale = True
        refold(case)

    return act


def ended(*steps: Callable[[Case], None]) -> list[bool]:
    """Which consents are withdrawn after all that."""
    case = given(a_case(), takes(registered, 0), *steps).when(lambda _: None).then_nothing()
    return [one.withdrawn for one in case.consents.all]


def test_a_withdrawal_that_is_put_right_to_name_a_later_consent_withdraws_that() -> None:
    right = ConsentWithdrawn(consent=f"{CASE_ID}:5")
    steps = (takes(consented, 1), withdraws(2, 3), takes(consented, 2))
    assert ended(*steps) == [True, False]
    assert ended(*steps, put_right(4, right, 3)) == [False, True]


def test_a_consent_that_is_told_late_was_withdrawn_with_all_others_and_one_given_since_is_not() -> None:
    steps = (takes(consented, 1), withdraws(3), takes(consented, 2), takes(consented, 5))
    assert ended(*steps) == [True, True, False]
    assert ended(*steps, put_right(4, ConsentWithdrawn(), 7)) == [True, True, False]
    assert ended(*steps, voids(4, ConsentWithdrawn()), refold) == [False, False, False]
