"""Screenings: what an agency claims beside what the instrument gives, and neither ever corrected."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from contracts.events.screening import ClientScreenedPosted
from intake.application.screenings import ScreeningDesk
from reference.instruments import Instruments
from reftrack.intake.v1.cases_pb2 import ReviewScreeningRequest

from tests.integration.intake.case_posts import declined, void
from tests.integration.intake.desk import SOCIAL, Desk
from tests.integration.intake.people import (
    BO_DE,
    NGOC_LAM,
    case_of,
    commanded,
    merge,
    merge_id,
    registered,
    unmerge,
)
from tests.integration.intake.posts import (
    NOW,
    Post,
    closing,
    contact,
    intervention,
    introduction,
    registration,
    screening,
)
from tests.unit.reference.paper_form import SUBSTANCES

INSTRUMENTS = Path(__file__).parents[3] / "deploy" / "reference" / "instruments"
REGISTERED = registration(SOCIAL, {"agency_ref": "TV-1"})


def answer(question: str, option: str, substance: str | None = None) -> dict[str, Any]:
    return {"question": question, "answer": option, "substance": substance}


def opioids_every_day() -> list[dict[str, Any]]:
    """The whole form of somebody who uses opioids daily and nothing else: 6 + 6 + 7 + 8 + 6 + 6 = 39."""
    asked = [answer("1", "ever" if one == "opioids" else "never", one) for one in SUBSTANCES]
    boxes = {"2": "daily", "3": "daily", "4": "daily", "5": "daily"}
    boxes |= {"6": "past_three_months", "7": "past_three_months"}
    asked += [answer(question, box, "opioids") for question, box in boxes.items()]
    return [*asked, answer("8", "never")]


def screened(
    score: int = 39,
    risk: str = "high",
    answers: list[dict[str, Any]] | None = None,
    instrument: str = "who_assist",
    substance: str = "opioids",
    **more: Any,
) -> Post:
    data = {
        "instrument": instrument,
        "scores": [{"substance": substance, "score": score}],
        "risk": risk,
        "answers": answers or [],
        **more,
    }
    return replace(screening(SOCIAL, "TV-1"), data=data)


def recorded(desk: Desk) -> dict[str, Any]:
    (*_, last) = [event for event in desk.events() if event["type"] == "org.reftrack.client-screened.v1"]
    data: dict[str, Any] = last["data"]
    return data


def conflicts(desk: Desk) -> int:
    return desk.count("screening_conflicts")


def test_a_claim_that_the_answers_bear_out_has_no_differences(desk: Desk) -> None:
    desk.post(REGISTERED, screened(answers=opioids_every_day()))
    told = recorded(desk)
    assert (told["judged_by"], told["computed_risk"], told["differences"]) == ("who_assist@3.1", "high", [])
    assert conflicts(desk) == 0


def test_a_difference_is_recorded_beside_the_claim_and_never_corrected(desk: Desk) -> None:
    desk.post(REGISTERED, screened(12, "moderate", opioids_every_day()))
    told = recorded(desk)
    assert (told["scores"], told["risk"]) == ([{"substance": "opioids", "score": 12}], "moderate")
    assert told["computed_risk"] == "high"
    assert told["differences"] == [
        {"about": "score", "substance": "opioids", "claimed": "12", "computed": "39"},
        {"about": "risk", "substance": None, "claimed": "moderate", "computed": "high"},
    ]
    assert conflicts(desk) == 1


@pytest.mark.parametrize(
    ("score", "risk", "about"), [(30, "low", "risk"), (1, "low", "impossible"), (30, "high", None)]
)
def test_without_answers_only_the_highest_risk_and_impossible_scores_are_judged(
    desk: Desk, score: int, risk: str, about: str | None
) -> None:
    desk.post(REGISTERED, screened(score, risk))
    assert [one["about"] for one in recorded(desk)["differences"]] == ([about] if about else [])


def test_answers_that_do_not_fit_the_form_are_rejected_with_each_field(desk: Desk) -> None:
    answers = opioids_every_day()
    answers[0] = answer("1", "sometimes", "tobacco")
    answers.append(answer("99", "never"))
    _, told = desk.post(REGISTERED, screened(answers=answers))
    assert told["verdict"] == "rejected"
    assert [(one["code"], one["field"]) for one in told["problems"]] == [
        ("screening_option_unknown", "/data/answers/0"),
        ("screening_question_unknown", f"/data/answers/{len(answers) - 1}"),
    ]
    assert (told["code"], told["field"]) == ("screening_option_unknown", "/data/answers/0")
    assert all(one["remedy"]["vi"] != one["remedy"]["en"] for one in told["problems"])
    assert "client-screened" not in desk.types()


def test_a_missing_answer_is_named_at_the_list(desk: Desk) -> None:
    _, told = desk.post(REGISTERED, screened(answers=opioids_every_day()[:-1]))
    assert [(one["code"], one["field"]) for one in told["problems"]] == [
        ("screening_answer_missing", "/data/answers")
    ]


def test_a_repetition_of_a_rejected_screening_is_told_the_same_problems_again(desk: Desk) -> None:
    post = screened(answers=opioids_every_day()[:-1])
    _, first, again = desk.post(REGISTERED, post, post)
    assert again["problems"] == first["problems"]


def test_a_declined_answer_leaves_a_range_in_which_the_claim_may_lie(desk: Desk) -> None:
    answers = opioids_every_day()
    at = next(n for n, one in enumerate(answers) if one["question"] == "4")
    answers[at] = answer("4", "declined", "opioids")
    desk.post(REGISTERED, screened(34, "high", answers))
    assert (recorded(desk)["computed_risk"], recorded(desk)["differences"]) == ("high", [])


def test_assist_lite_is_judged_by_its_own_questions_and_bands(desk: Desk) -> None:
    asked = {"1": "tobacco", "2": "alcohol", "3": "cannabis", "4": "stimulants", "5": "sedatives"}
    answers = [answer(question, "no", one) for question, one in asked.items()]
    answers += [answer("6", "yes", "opioids"), answer("6a", "yes", "opioids"), answer("6b", "no", "opioids")]
    desk.post(REGISTERED, screened(2, "moderate", answers, "assist_lite"))
    told = recorded(desk)
    assert (told["judged_by"], told["computed_risk"], told["differences"]) == (
        "assist_lite@1",
        "moderate",
        [],
    )


def test_the_group_of_substances_that_assist_lite_asks_about_can_be_named(desk: Desk) -> None:
    desk.post(REGISTERED, screened(3, "high", None, "assist_lite", "stimulants"))
    assert recorded(desk)["differences"] == []


def test_a_version_that_is_named_judges_whenever_it_held(desk: Desk) -> None:
    desk.post(REGISTERED, screened(30, "high", instrument_version="3.0"))
    assert recorded(desk)["judged_by"] == "who_assist@3.0"
    (told,) = desk.post(screened(30, "high", instrument_version="9"))
    assert (told["code"], told["field"]) == ("instrument_version_unknown", "/data/instrument_version")


def test_a_later_screening_names_the_one_before_it_in_time(desk: Desk) -> None:
    days = [NOW.replace(day=day) for day in (1, 9, 5)]
    first, last, between = (replace(screened(30), at=at) for at in days)
    desk.post(REGISTERED, first, last, replace(between, data={**between.data, "occasion": "repeated"}))
    told = {
        event["meta"]["causation_id"]: event
        for event in desk.events()
        if event["type"] == "org.reftrack.client-screened.v1"
    }
    assert told[first.id]["data"]["earlier"] is None
    assert told[last.id]["data"]["earlier"] == told[first.id]["id"]
    assert told[between.id]["data"]["earlier"] == told[first.id]["id"]


def test_a_follow_up_waits_for_a_screening(desk: Desk) -> None:
    _, told = desk.post(REGISTERED, screened(30, occasion="follow_up"))
    assert (told["verdict"], told["code"]) == ("waiting", "too_early")
    first = replace(screened(30), at=NOW.replace(day=2))
    assert [one["verdict"] for one in desk.post(first)] == ["accepted", "accepted"]
    assert recorded(desk)["occasion"] == "follow_up"
    assert recorded(desk)["earlier"] is not None


def test_a_follow_up_waits_for_a_screening_that_was_made_before_it(desk: Desk) -> None:
    follow_up = replace(screened(30, occasion="follow_up"), at=NOW.replace(day=3))
    later = replace(screened(31), at=NOW.replace(day=9))
    _, _, told = desk.post(REGISTERED, later, follow_up)
    assert (told["verdict"], told["code"]) == ("waiting", "too_early")
    assert [one["verdict"] for one in desk.post(replace(screened(32), at=NOW.replace(day=1)))] == [
        "accepted",
        "accepted",
    ]


def test_a_follow_up_of_who_is_not_screened_on_their_way_is_rejected_and_does_not_wait(desk: Desk) -> None:
    relative = replace(REGISTERED, data={**REGISTERED.data, "client_group": "relative"})
    _, told = desk.post(relative, screened(30, occasion="follow_up"))
    assert (told["verdict"], told["code"]) == ("rejected", "not_in_path")


def test_a_follow_up_may_follow_a_screening_in_another_case_of_the_same_person_without_naming_it(
    desk: Desk,
) -> None:
    one, other = registered(BO_DE, "A"), registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female")
    first = replace(screening(NGOC_LAM, "B"), at=NOW.replace(day=9))
    desk.post(one, other, first)
    merge(desk, case_of(desk, BO_DE, "A"), case_of(desk, NGOC_LAM, "B"))
    follow_up = screening(NGOC_LAM, "B", at=NOW.replace(day=10))
    follow_up = replace(follow_up, data={**follow_up.data, "occasion": "follow_up"})
    assert [told["verdict"] for told in desk.post(follow_up)] == ["accepted"]
    assert recorded(desk)["earlier"] is None


def test_a_follow_up_in_the_next_case_of_a_client_follows_a_screening_in_the_one_before(desk: Desk) -> None:
    again = registration(SOCIAL, {"agency_ref": "TV-1"}, at=NOW.replace(day=9))
    follow_up = replace(screened(30, occasion="follow_up"), at=NOW.replace(day=10))
    desk.post(replace(REGISTERED, at=NOW.replace(day=5)), replace(screened(), at=NOW.replace(day=6)))
    desk.post(closing(SOCIAL, "TV-1", at=NOW.replace(day=7)))
    told = desk.post(contact(SOCIAL, "TV-1", at=NOW.replace(day=8)), again, follow_up)
    assert [(one["verdict"], one.get("code")) for one in told] == [("accepted", None)] * 3
    assert recorded(desk)["earlier"] is None
    assert len({event["meta"]["subject"] for event in desk.events()}) == 2


def test_a_follow_up_that_waits_goes_on_when_a_late_screening_comes_in_the_clients_earlier_case(
    desk: Desk,
) -> None:
    days = [NOW.replace(day=day) for day in range(1, 11)]
    police = "cap-bo-de"
    *_, sent = desk.post(contact(police, "P-1", at=days[1]), introduction(police, "P-1", SOCIAL, at=days[2]))
    number = {"introduction": sent["numbers"]["introduction"]}
    taken_up = registration(SOCIAL, {**number, "agency_ref": "TV-1"}, at=days[3])
    again = registration(SOCIAL, {"agency_ref": "TV-1"}, at=days[7])
    desk.post(taken_up, closing(SOCIAL, "TV-1", at=days[5]), contact(SOCIAL, "TV-1", at=days[6]), again)
    follow_up = replace(screened(30, occasion="follow_up"), at=days[8])
    (waits,) = desk.post(follow_up)
    assert waits["verdict"] == "waiting"
    late, goes_on = desk.post(replace(screened(), about=number, at=days[4]))
    assert [one["verdict"] for one in (late, goes_on)] == ["accepted", "accepted"]
    assert goes_on["id"] == waits["id"]


def test_a_conflict_in_a_case_that_was_merged_is_looked_into_there_and_stays_so_when_unmerged(
    desk: Desk,
) -> None:
    one, other = registered(BO_DE, "A"), registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female")
    wrong = screening(NGOC_LAM, "B")
    desk.post(one, other, replace(wrong, data={**wrong.data, "risk": "low"}))
    theirs = case_of(desk, NGOC_LAM, "B")
    merged = merge_id(merge(desk, case_of(desk, BO_DE, "A"), theirs))
    ((screened_as,),) = desk.rows("SELECT event_id FROM screening_conflicts")
    look = ReviewScreeningRequest(event_id=screened_as, outcome="claim_right")
    assert commanded(desk, "ReviewScreening", look, NGOC_LAM).refusal is None
    unmerge(desk, merged)
    ((review,),) = desk.rows("SELECT review FROM screening_conflicts")
    assert review.startswith(theirs)
    again = commanded(desk, "ReviewScreening", look, NGOC_LAM).refusal
    assert again is not None
    assert again.code == "screening_reviewed_before"


def test_two_forms_are_told_one_after_the_other_and_not_compared(desk: Desk) -> None:
    days = [NOW.replace(day=day) for day in (1, 2)]
    lite = replace(screened(3, "high", None, "assist_lite"), at=days[0])
    desk.post(REGISTERED, lite, replace(screened(4, "moderate"), at=days[1]))
    told = recorded(desk)
    assert (told["judged_by"], told["differences"]) == ("who_assist@3.1", [])
    assert told["earlier"] is not None


def test_on_a_day_on_which_no_version_holds_any_more_a_claim_stands_alone() -> None:
    assist = Instruments.load(INSTRUMENTS).get("who_assist@3.1")
    assert assist is not None
    ended = Instruments([assist.model_copy(update={"until": date(2018, 12, 31)})])
    claimed = ClientScreenedPosted.model_validate_json(json.dumps(screened(1, "high").data))
    told = ScreeningDesk(ended).judged(claimed, date(2019, 3, 2))
    assert (told.judged_by, told.computed_risk, told.differences) == (None, None, ())
    named = claimed.model_copy(update={"instrument_version": "3.1"})
    assert ScreeningDesk(ended).judged(named, date(2019, 3, 2)).judged_by == "who_assist@3.1"


def test_a_voided_screening_is_no_screening_before_and_no_conflict(desk: Desk) -> None:
    wrong = replace(screened(12, "high"), at=NOW.replace(day=2))
    desk.post(REGISTERED, wrong)
    assert conflicts(desk) == 1
    desk.post(void(SOCIAL, "TV-1", wrong.id), screened(30))
    assert recorded(desk)["earlier"] is None
    assert conflicts(desk) == 0


def test_a_corrected_screening_is_judged_anew(desk: Desk) -> None:
    wrong = screened(12, "high")
    right = replace(screened(12, "moderate"), corrects=wrong.id)
    desk.post(REGISTERED, wrong, right)
    assert recorded(desk)["differences"] == []
    assert conflicts(desk) == 0


def test_who_declines_can_be_screened_later_and_declining_is_no_screening(desk: Desk) -> None:
    desk.post(REGISTERED, declined(SOCIAL, "TV-1"))
    (told,) = desk.post(intervention(SOCIAL, "TV-1"))
    assert told["verdict"] == "waiting"
    assert [one["verdict"] for one in desk.post(screened(30))] == ["accepted", "accepted"]


def injected(option: str = "past_three_months") -> list[dict[str, Any]]:
    return [*opioids_every_day()[:-1], answer("8", option)]


@pytest.mark.parametrize(
    ("days", "course"), [(4, "brief_intervention"), (5, "further_assessment"), (None, None)]
)
def test_a_pattern_of_injecting_calls_for_a_course_and_counts_in_no_score(
    desk: Desk, days: int | None, course: str | None
) -> None:
    pattern = {"days_a_month": days} if days is not None else None
    desk.post(REGISTERED, screened(answers=injected(), injecting=pattern))
    told = recorded(desk)
    assert (told["injecting_calls_for"], told["computed_risk"], told["differences"]) == (course, "high", [])


def test_a_pattern_is_judged_without_answers_too_and_by_the_measures_of_the_version(desk: Desk) -> None:
    pattern = {"days_a_week": 1, "days_in_a_row": 3}
    desk.post(REGISTERED, screened(instrument_version="3.0", injecting=pattern))
    assert recorded(desk)["injecting_calls_for"] == "further_assessment"
    (told,) = desk.post(screened(instrument_version="3.0", injecting={"days_a_month": 9}))
    assert (told["code"], told["field"]) == ("injecting_measure_unknown", "/data/injecting/days_a_month")
    assert "days_a_week, days_in_a_row" in told["remedy"]["en"]


@pytest.mark.parametrize("option", ["never", "earlier", "declined"])
def test_a_pattern_of_somebody_who_did_not_inject_is_rejected(desk: Desk, option: str) -> None:
    _, told = desk.post(REGISTERED, screened(answers=injected(option), injecting={"days_a_month": 4}))
    assert (told["verdict"], told["code"], told["field"]) == (
        "rejected",
        "injecting_not_asked",
        "/data/injecting",
    )


def test_a_form_that_does_not_ask_about_injecting_takes_no_pattern(desk: Desk) -> None:
    post = screened(2, "moderate", None, "assist_lite", injecting={"days_a_month": 4})
    _, told = desk.post(REGISTERED, post)
    assert (told["verdict"], told["code"]) == ("rejected", "injecting_not_asked")
