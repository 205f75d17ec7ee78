"""WHO ASSIST as data scores what its manual says; what was declined is never guessed."""

from __future__ import annotations

from datetime import date
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.instruments import DECLINED, Answer, AnswersInvalid, Instruments, screen

from tests.unit.reference import paper_form
from tests.unit.reference.paper_form import BOXES, EVER, OFTEN, SUBSTANCES, Row, answers, band_of, sum_of

PACKAGED = Instruments.load(Path(__file__).parents[3] / "deploy" / "reference" / "instruments")
DAY = date(2019, 3, 2)
ASSIST = PACKAGED.on(DAY, "who_assist")
assert ASSIST is not None

ALL_SIX: Row = {
    "2": "weekly",
    "3": "monthly",
    "4": "once_or_twice",
    "5": "monthly",
    "6": "earlier",
    "7": "never",
}


def score_of(substance: str, row: Row) -> int | None:
    found = screen(ASSIST, answers({substance: row}), DAY).of(substance)  # type: ignore[arg-type]
    assert found is not None
    assert found.risk == band_of(substance, found.least)
    return found.value


@pytest.mark.parametrize(
    ("substance", "row", "score"),
    [
        ("cannabis", ALL_SIX, 4 + 4 + 4 + 6 + 3 + 0),  # Q2c + Q3c + Q4c + Q5c + Q6c + Q7c
        ("tobacco", {q: tick for q, tick in ALL_SIX.items() if q != "5"}, 4 + 4 + 4 + 3 + 0),  # no Q5a
        ("opioids", {q: "past_three_months" if q > "5" else "daily" for q in ALL_SIX}, 39),  # most there is
        ("tobacco", {q: "past_three_months" if q > "5" else "daily" for q in "23467"}, 31),  # and of tobacco
        (
            "cocaine",
            {"2": "never", "6": "earlier", "7": "earlier"},
            6,
        ),  # not for three months: 3 to 5 skipped
        ("alcohol", {}, 0),
    ],
)
def test_the_score_is_the_sum_that_the_manual_prescribes(substance: str, row: Row, score: int) -> None:
    assert score_of(substance, row) == score


@pytest.mark.parametrize("substance", ["tobacco", "alcohol", "amphetamines"])
def test_every_way_to_fill_in_a_substance_scores_as_on_paper(substance: str) -> None:
    forms = 0
    for use in OFTEN:
        asked = paper_form.questions_for(substance, use)[1:]
        for ticks in product(*(BOXES[q] for q in asked)):
            row = {"2": use, **dict(zip(asked, ticks, strict=True))}
            forms += 1
            assert score_of(substance, row) == sum_of(substance, row)
    assert forms == (909 if substance == "tobacco" else 4509)


@st.composite
def rows(draw: st.DrawFn, substance: str) -> Row:
    if not draw(st.booleans()):
        return {}
    use = draw(st.sampled_from(OFTEN))
    asked = paper_form.questions_for(substance, use)[1:]
    return {"2": use, **{q: draw(st.sampled_from(list(BOXES[q]))) for q in asked}}


FORMS = st.fixed_dictionaries({code: rows(code) for code in SUBSTANCES})


@given(FORMS, st.sampled_from(EVER))
def test_a_whole_interview_scores_each_substance_alone_and_tells_the_highest_risk(
    form: dict[str, Row], injected: str
) -> None:
    assert ASSIST is not None
    found = screen(ASSIST, answers(form, injected), DAY)
    expected = {code: sum_of(code, row) for code, row in form.items()}
    assert {score.substance: score.value for score in found.scores} == expected
    bands = [band_of(code, score) for code, score in expected.items()]
    assert found.risk == next(band for band in ("high", "moderate", "low") if band in bands)


@given(FORMS, st.data())
def test_declining_leaves_a_range_in_which_the_answer_would_have_lain(
    form: dict[str, Row], data: st.DataObject
) -> None:
    assert ASSIST is not None
    given_answers = answers(form)
    hidden = data.draw(st.sets(st.sampled_from(range(len(given_answers))), max_size=6))
    partly = [
        Answer(one.question, DECLINED, one.substance) if n in hidden else one
        for n, one in enumerate(given_answers)
    ]
    found, known = screen(ASSIST, partly, DAY), screen(ASSIST, given_answers, DAY)
    for score, exact in zip(found.scores, known.scores, strict=True):
        assert score.least <= exact.least <= score.most <= ASSIST.most(score.substance)
        assert score.risk in (None, exact.risk)
    assert found.risk in (None, known.risk)
    assert len(found.declined) == len(hidden)


def test_a_declined_question_that_cannot_change_the_band_leaves_the_band_known() -> None:
    assert ASSIST is not None
    row = {"2": "daily", "3": "daily", "4": "daily", "5": "daily", "6": DECLINED, "7": "never"}
    found = screen(ASSIST, answers({"opioids": row}), DAY).of("opioids")
    assert found is not None
    assert (found.value, found.least, found.most, found.risk) == (None, 27, 33, "high")


def test_who_declined_everything_has_no_band() -> None:
    assert ASSIST is not None
    found = screen(ASSIST, [Answer("1", DECLINED, code) for code in SUBSTANCES], DAY)
    assert (found.risk, found.risk_at_least, found.risk_at_most) == (None, "low", "high")


CANNABIS: Row = {"2": "never", "6": "never", "7": "never"}


@pytest.mark.parametrize(
    ("more", "less", "code", "question"),
    [
        (Answer("9", "never", "cannabis"), None, "screening_question_unknown", "9"),
        (Answer("2", "never", "coffee"), None, "screening_not_asked_about", "2"),
        (Answer("5", "never", "tobacco"), None, "screening_not_asked_about", "5"),
        (Answer("8", "never", "cannabis"), None, "screening_not_asked_about", "8"),
        (Answer("2", "never", None), None, "screening_not_asked_about", "2"),
        (Answer("3", "sometimes", "cannabis"), None, "screening_option_unknown", "3"),
        (Answer("6", "earlier", "cannabis"), None, "screening_answered_twice", "6"),
        (None, "7", "screening_answer_missing", "7"),
        (None, "8", "screening_answer_missing", "8"),
        (Answer("3", "weekly", "cannabis"), None, "screening_question_skipped", "3"),
        (Answer("2", "weekly", "opioids"), None, "screening_question_skipped", "2"),
    ],
)
def test_what_does_not_fit_the_form_is_named_by_question(
    more: Answer | None, less: str | None, code: str, question: str
) -> None:
    assert ASSIST is not None
    sheet = [one for one in answers({"cannabis": CANNABIS}) if one.question != less]
    with pytest.raises(AnswersInvalid) as refused:
        screen(ASSIST, [*sheet, *([more] if more else [])], DAY)
    assert [(one.code, one.question) for one in refused.value.problems] == [(code, question)]


@pytest.mark.parametrize("option", ["past_three_months", "earlier"])
def test_who_never_used_anything_cannot_have_injected(option: str) -> None:
    assert ASSIST is not None
    with pytest.raises(AnswersInvalid) as refused:
        screen(ASSIST, [*answers({}), Answer("8", option)], DAY)
    assert [one.code for one in refused.value.problems] == ["screening_question_skipped"]


def test_one_substance_ever_used_is_enough_to_be_asked_about_injecting_whatever_else_was_declined() -> None:
    assert ASSIST is not None
    sheet = [one for one in answers({"cannabis": CANNABIS}) if one.question != "8"]
    first = Answer("1", DECLINED, "tobacco")
    with pytest.raises(AnswersInvalid) as refused:
        screen(
            ASSIST, [first, *(one for one in sheet if (one.question, one.substance) != ("1", "tobacco"))], DAY
        )
    assert [(one.code, one.question) for one in refused.value.problems] == [("screening_answer_missing", "8")]


def test_never_ticked_under_a_skipped_question_says_the_same_as_the_skip() -> None:
    row = {**CANNABIS, "3": "never", "4": "never", "5": "never"}
    assert score_of("cannabis", row) == 0


def test_the_text_of_the_exception_tells_no_answer_and_no_substance() -> None:
    assert ASSIST is not None
    with pytest.raises(AnswersInvalid, match=r"^who_assist@3.1: 2 answers need mending$"):
        screen(ASSIST, [*answers({"opioids": CANNABIS}), Answer("3", "a name", "heroin of Nam")], DAY)


@pytest.mark.parametrize(
    ("injected", "pattern", "advice"),
    [
        ("never", {}, None),
        ("earlier", {"days_a_month": 9}, None),
        ("past_three_months", {}, "to be asked"),
        (
            "past_three_months",
            {"days_a_month": 4},
            "Brief intervention, with the card on the risks of injecting",
        ),
        ("past_three_months", {"days_a_month": 5}, "Further assessment and more intensive treatment"),
    ],
)
def test_injecting_in_the_last_three_months_calls_for_its_pattern_and_then_for_more(
    injected: str, pattern: dict[str, int], advice: str | None
) -> None:
    assert ASSIST is not None
    injecting = screen(ASSIST, answers({"opioids": CANNABIS}, injected), DAY, pattern).injecting
    if injecting is None:
        assert advice is None
    else:
        assert injecting.measures == ("days_a_month",)
        assert advice == (injecting.advice.en if injecting.advice else "to be asked")


def test_the_older_version_judges_the_pattern_by_its_own_measures() -> None:
    older = PACKAGED.get("who_assist@3.0")
    assert older is not None
    sheet = answers({"opioids": CANNABIS}, "past_three_months")
    beyond = screen(older, sheet, DAY, {"days_in_a_row": 3}).injecting
    asked = screen(older, sheet, DAY, {"days_a_week": 1}).injecting
    assert beyond is not None
    assert beyond.advice == older.injecting.beyond  # type: ignore[union-attr]
    assert asked is not None
    assert asked.advice is None


def test_assist_lite_counts_its_items_and_alcohol_has_limits_of_its_own() -> None:
    lite = PACKAGED.on(DAY, "assist_lite")
    assert lite is not None
    sheet = [Answer("2", "yes", "alcohol"), *(Answer(q, "no", "alcohol") for q in ("2a", "2b", "2c"))]
    sheet += [
        Answer("4", "yes", "stimulants"),
        Answer("4a", "yes", "stimulants"),
        Answer("4b", "yes", "stimulants"),
    ]
    sheet += [
        Answer(q, "no", code)
        for q, code in (("1", "tobacco"), ("3", "cannabis"), ("5", "sedatives"), ("6", "opioids"))
    ]
    found = screen(lite, sheet, DAY)
    assert [(s.substance, s.value, s.risk) for s in found.scores if s.value] == [
        ("alcohol", 1, "low"),
        ("stimulants", 3, "high"),
    ]
    assert found.injecting is None
