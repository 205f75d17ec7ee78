"""The way from treatment to reintegration, told in sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from chassis.testing import given
from contracts.events.common import AgencyEventDeferred
from contracts.events.followup import DetoxAdmitted, EvaluationDue, MethadoneInducted
from contracts.vocabulary import DetoxKind, OrgKind

from tests.unit.followup.stories import (
    ADMITTED,
    CLINIC,
    COMMUNE,
    COMPLETED,
    EVALUATED,
    FACILITY,
    INDUCTED,
    MANAGED,
    NEIGHBOUR,
    NOTIFIED,
    OTHER_STAY,
    POLICY,
    RECEIVED,
    STAY,
    SUPPORTED,
    Step,
    commands,
    meta,
    opened,
    posting,
    posts,
    recorded,
    year_passes,
)

IN_MARCH, IN_AUGUST, IN_SEPTEMBER = date(2019, 3, 2), date(2019, 8, 20), date(2019, 9, 1)
A_YEAR_LATER = date(2020, 9, 1)
RECORDED_ADMISSION = DetoxAdmitted(kind=DetoxKind.VOLUNTARY, facility=FACILITY, stay_number=STAY)


def in_management() -> tuple[Step, ...]:
    return (
        commands(ADMITTED, IN_MARCH),
        commands(COMPLETED, IN_AUGUST),
        commands(NOTIFIED, IN_AUGUST),
        commands(RECEIVED, IN_SEPTEMBER),
        commands(MANAGED, IN_SEPTEMBER),
    )


def test_an_admission_gets_a_stay_number() -> None:
    given(opened()).when(posts(ADMITTED)).then(RECORDED_ADMISSION)


def test_a_person_goes_from_admission_to_evaluation_after_a_year() -> None:
    pathway = (
        given(opened(), *in_management(), commands(SUPPORTED, IN_SEPTEMBER), year_passes(A_YEAR_LATER))
        .when(commands(EVALUATED, date(2020, 9, 10)))
        .then(EVALUATED)
    )
    assert pathway.state_met() == "reintegration_evaluated"


def test_a_facility_may_tell_of_the_handover_before_the_stay_is_over() -> None:
    given(opened(), commands(ADMITTED)).when(commands(NOTIFIED)).then(NOTIFIED)


def test_a_completion_that_comes_before_its_admission_waits() -> None:
    pathway = given(opened()).when(posts(COMPLETED, cause="routed:1")).then_recorded(AgencyEventDeferred)
    assert [kept.type for kept in pathway.kept] == [COMPLETED.TYPE]


def test_a_completion_that_waited_goes_through_after_the_admission() -> None:
    pathway = (
        given(opened(), posts(COMPLETED, IN_AUGUST, cause="routed:1"))
        .when(posts(ADMITTED, IN_MARCH, cause="routed:2"))
        .then(RECORDED_ADMISSION, COMPLETED)
    )
    assert [happened.meta.causation_id for happened in recorded(pathway)] == ["routed:2", "routed:1"]


def test_a_whole_way_reported_backwards_ends_where_it_should() -> None:
    pathway = opened()
    feed = [
        (EVALUATED, date(2020, 9, 5)),
        (MANAGED, IN_SEPTEMBER),
        (RECEIVED, IN_SEPTEMBER),
        (NOTIFIED, IN_AUGUST),
        (COMPLETED, IN_AUGUST),
        (ADMITTED, IN_MARCH),
    ]
    for number, (payload, on) in enumerate(feed):
        posts(payload, on, cause=f"routed:{number}")(pathway)
    assert pathway.kept == ()
    assert pathway.state_met() == "reintegration_evaluated"


def test_a_facility_has_one_open_stay_of_a_person_at_a_time() -> None:
    again = commands(ADMITTED, IN_AUGUST, number=OTHER_STAY)
    given(opened(), commands(ADMITTED, IN_MARCH)).when(again).then_refused("too_early", later=True)


def test_a_readmission_waits_for_the_completion_and_keeps_its_number() -> None:
    readmission = DetoxAdmitted(kind=DetoxKind.VOLUNTARY, facility=FACILITY, stay_number=OTHER_STAY)
    given(
        opened(),
        posts(ADMITTED, IN_MARCH, cause="routed:1"),
        posts(ADMITTED, IN_SEPTEMBER, cause="routed:2", number=OTHER_STAY),
    ).when(posts(COMPLETED, IN_AUGUST, cause="routed:3")).then(COMPLETED, readmission)


def test_an_admission_told_twice_opens_no_second_stay() -> None:
    twice = [posts(ADMITTED, IN_MARCH, cause="r1"), posts(ADMITTED, IN_MARCH, cause="r2", number=OTHER_STAY)]
    pathway = given(opened(), *twice).when(posts(COMPLETED, IN_AUGUST, cause="r3")).then(COMPLETED)
    assert [stay.number for stay in pathway.stays] == [STAY]


def test_nobody_is_admitted_to_a_facility_in_the_middle_of_a_stay_there() -> None:
    stay = (commands(ADMITTED, IN_MARCH), commands(COMPLETED, IN_AUGUST))
    given(opened(), *stay).when(commands(ADMITTED, date(2019, 5, 1), number=OTHER_STAY)).then_refused(
        "already_recorded", later=False
    )


def test_an_earlier_stay_that_is_reported_late_is_completed_by_its_own_completion() -> None:
    earlier = posts(ADMITTED, date(2018, 3, 2), cause="r2", number=OTHER_STAY)
    pathway = (
        given(opened(), posts(ADMITTED, IN_MARCH, cause="r1"), earlier)
        .when(posts(COMPLETED, date(2018, 9, 1), cause="r3"))
        .then(COMPLETED)
    )
    assert {stay.number: stay.completed_on for stay in pathway.stays} == {
        STAY: None,
        OTHER_STAY: date(2018, 9, 1),
    }


def test_management_does_not_start_before_the_detox_was_completed() -> None:
    stay = (commands(ADMITTED, IN_MARCH), commands(COMPLETED, IN_AUGUST))
    given(opened(), *stay).when(commands(MANAGED, date(2019, 1, 6))).then_refused(
        "management_before_completion", field="time", later=False
    )


def test_an_authority_that_nobody_told_of_a_person_is_refused_without_the_day_of_the_completion() -> None:
    stay = (commands(ADMITTED, IN_MARCH), commands(COMPLETED, IN_AUGUST))
    early = commands(MANAGED, date(2019, 1, 6))
    told = given(opened(), *stay).when(early).then_refused("management_before_completion", field="time")
    assert not told.detail
    knowing = given(opened(), *stay, commands(NOTIFIED, IN_AUGUST)).when(early)
    assert knowing.then_refused("before_completion").detail == {"completed_on": "2019-08-20"}


def test_an_authority_that_does_not_know_of_the_management_is_refused_without_its_window() -> None:
    early = commands(EVALUATED, date(2020, 8, 1), org=NEIGHBOUR)
    told = given(opened(), *in_management()).when(early).then_refused("evaluation_too_early", field="time")
    assert not told.detail


def test_management_that_starts_before_the_handover_waits_for_the_completion() -> None:
    handed_over = (
        commands(ADMITTED, IN_MARCH),
        commands(NOTIFIED, IN_AUGUST),
        commands(RECEIVED, IN_SEPTEMBER),
    )
    (
        given(opened(), *handed_over, posts(MANAGED, IN_AUGUST, cause="r4"))
        .when(posts(COMPLETED, IN_AUGUST, cause="r5"))
        .then(COMPLETED, MANAGED)
    )


def test_a_number_of_no_stay_of_that_facility_is_refused() -> None:
    given(opened(), commands(ADMITTED)).when(commands(COMPLETED, number=OTHER_STAY)).then_refused(
        "stay_unknown", field="/about/stay"
    )


def test_a_stay_is_completed_once() -> None:
    given(opened(), commands(ADMITTED), commands(COMPLETED)).when(commands(COMPLETED)).then_refused(
        "already_recorded", later=False
    )


def test_a_stay_is_not_completed_before_its_admission_happened() -> None:
    given(opened(), commands(ADMITTED, IN_AUGUST)).when(commands(COMPLETED, IN_MARCH)).then_refused(
        "before_admission", field="time"
    )


def test_only_the_facility_of_the_stay_completes_it() -> None:
    given(opened(), commands(ADMITTED)).when(commands(COMPLETED, org="ubnd-bo-de", number=STAY)).then_refused(
        "stay_unknown"
    )


def test_a_clinic_inducts_once() -> None:
    given(opened()).when(posts(INDUCTED)).then(MethadoneInducted(clinic=CLINIC))
    given(opened(), commands(INDUCTED)).when(commands(INDUCTED)).then_refused("already_recorded")


def test_only_who_was_told_of_a_handover_receives_it() -> None:
    story = given(opened(), commands(ADMITTED), commands(NOTIFIED))
    story.when(commands(RECEIVED, org=NEIGHBOUR)).then_refused("too_early", later=True)


def test_a_handover_that_nobody_told_of_yet_waits() -> None:
    given(opened(), commands(ADMITTED)).when(commands(RECEIVED)).then_refused("too_early", later=True)


def test_a_handover_is_received_once() -> None:
    given(opened(), commands(ADMITTED), commands(NOTIFIED), commands(RECEIVED)).when(
        commands(RECEIVED)
    ).then_refused("already_recorded")


def test_management_begins_after_a_completed_stay_even_if_no_handover_was_reported() -> None:
    given(opened(), commands(ADMITTED), commands(COMPLETED)).when(commands(MANAGED)).then(MANAGED)


def test_management_does_not_begin_twice_for_one_stay() -> None:
    given(opened(), *in_management()).when(commands(MANAGED)).then_refused("already_recorded", later=False)


def test_support_needs_nothing_before_it() -> None:
    given(opened()).when(posts(SUPPORTED)).then(SUPPORTED)


def test_the_evaluation_is_due_on_the_same_day_a_year_after_management_started() -> None:
    given(opened(), *in_management()).when(year_passes(A_YEAR_LATER)).then(
        EvaluationDue(due_on=date(2020, 9, 1), window_from=date(2020, 8, 2), window_until=date(2020, 10, 1))
    )


def test_the_evaluation_falls_due_once() -> None:
    given(opened(), *in_management(), year_passes(A_YEAR_LATER)).when(
        year_passes(A_YEAR_LATER)
    ).then_nothing()


def test_an_evaluation_that_was_made_early_in_the_window_still_falls_due() -> None:
    story = given(opened(), *in_management(), commands(EVALUATED, date(2020, 8, 2)))
    pathway = story.when(year_passes(A_YEAR_LATER)).then_recorded(EvaluationDue)
    assert pathway.evaluated


def test_nobody_is_evaluated_before_the_window_opens() -> None:
    given(opened(), *in_management()).when(commands(EVALUATED, date(2020, 8, 1))).then_refused(
        "evaluation_before_window", field="time", later=False
    )


def test_an_evaluation_after_the_window_is_late_and_still_one() -> None:
    given(opened(), *in_management()).when(commands(EVALUATED, date(2021, 1, 5))).then(EVALUATED)


def test_an_evaluation_is_made_once() -> None:
    given(opened(), *in_management(), commands(EVALUATED, A_YEAR_LATER)).when(
        commands(EVALUATED, A_YEAR_LATER)
    ).then_refused("already_recorded")


def test_an_evaluation_waits_for_the_start_of_management() -> None:
    given(opened()).when(commands(EVALUATED, A_YEAR_LATER)).then_refused("too_early", later=True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"checked_by": "nv-07"}, "checked_by_oneself"),
        ({"checked_by_kind": OrgKind.COMMUNE_AUTHORITY}, "checker_of_same_role"),
    ],
)
def test_an_evaluation_is_checked_by_somebody_of_another_role(changes: dict[str, object], code: str) -> None:
    evaluation = EVALUATED.model_copy(update=changes)
    given(opened(), *in_management()).when(commands(evaluation, A_YEAR_LATER)).then_refused(code)


def test_nobody_checks_an_evaluation_that_they_entered_themselves() -> None:
    pathway = opened()
    for step in in_management():
        step(pathway)
    asked = posting(EVALUATED, A_YEAR_LATER)
    entered = replace(asked, meta=asked.meta.model_copy(update={"entered_by": "gs-02"}))
    given(pathway).when(lambda it: it.command(entered, POLICY)).then_refused("checked_by_oneself")


def test_another_stay_and_management_begin_another_year() -> None:
    story = given(
        opened(),
        *in_management(),
        year_passes(A_YEAR_LATER),
        commands(EVALUATED, A_YEAR_LATER),
        commands(ADMITTED, date(2020, 10, 1), number=OTHER_STAY),
        commands(COMPLETED, date(2021, 3, 1)),
        commands(MANAGED, date(2021, 3, 1), org=COMMUNE),
    )
    pathway = story.when(year_passes(date(2022, 3, 1))).then_recorded(EvaluationDue)
    assert pathway.due is not None
    assert pathway.due.due_on == date(2022, 3, 1)


def test_the_year_of_a_management_that_began_anew_is_counted_from_the_new_one() -> None:
    pathway = opened()
    for step in in_management():
        step(pathway)
    first = pathway.management
    commands(ADMITTED, date(2019, 12, 1), number=OTHER_STAY)(pathway)
    commands(COMPLETED, date(2020, 6, 1))(pathway)
    commands(MANAGED, date(2020, 6, 1))(pathway)
    assert pathway.management != first
    given(pathway).when(
        lambda it: it.fall_due(first or "", POLICY, meta("reftrack", A_YEAR_LATER))
    ).then_nothing()
