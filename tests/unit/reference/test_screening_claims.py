"""A claim that differs from the computation is shown with both; nothing is corrected."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference.instruments import DECLINED, Claim, Difference, Instruments, compare, judge, screen

from tests.unit.reference.paper_form import BOXES, SUBSTANCES, Row, answers, band_of

PACKAGED = Instruments.load(Path(__file__).parents[3] / "deploy" / "reference" / "instruments")
DAY = date(2019, 3, 2)
ASSIST = next(one for one in PACKAGED if one.reference == "who_assist@3.1")
WEEKLY: Row = {"2": "weekly", "3": "weekly", "4": "never", "5": "never", "6": "never", "7": "never"}


def test_a_claim_that_agrees_has_no_difference() -> None:
    computed = screen(ASSIST, answers({"cannabis": WEEKLY}), DAY)
    assert compare(computed, Claim((("cannabis", 9),), "moderate")) == ()
    assert compare(computed, Claim((("cannabis", 9), ("opioids", 0)), "moderate")) == ()


@pytest.mark.parametrize(
    ("claim", "differences"),
    [
        (Claim((("cannabis", 7),), "moderate"), [Difference("score", "cannabis", "7", "9")]),
        (Claim((("cannabis", 9),), "high"), [Difference("risk", None, "high", "moderate")]),
        (
            Claim((), "low"),
            [Difference("score", "cannabis", None, "9"), Difference("risk", None, "low", "moderate")],
        ),
        (Claim((("cannabis", 9), ("opioids", 4)), "moderate"), [Difference("score", "opioids", "4", "0")]),
        (
            Claim((("cannabis", 9), ("cannabis", 3)), "moderate"),
            [Difference("substance", "cannabis", "3", None)],
        ),
        (Claim((("cannabis", 9), ("coffee", 3)), "moderate"), [Difference("substance", "coffee", "3", None)]),
    ],
)
def test_each_difference_names_what_was_claimed_and_what_was_computed(
    claim: Claim, differences: list[Difference]
) -> None:
    computed = screen(ASSIST, answers({"cannabis": WEEKLY}), DAY)
    assert list(compare(computed, claim)) == differences
    assert computed == screen(ASSIST, answers({"cannabis": WEEKLY}), DAY)


def test_a_claim_within_what_a_declined_answer_leaves_open_is_no_difference() -> None:
    computed = screen(ASSIST, answers({"cannabis": {**WEEKLY, "7": DECLINED}}), DAY)
    assert compare(computed, Claim((("cannabis", 12),), "moderate")) == ()
    assert compare(computed, Claim((("cannabis", 16),), "moderate")) == (
        Difference("score", "cannabis", "16", "9-15"),
    )


@given(
    st.dictionaries(st.sampled_from(SUBSTANCES), st.integers(0, 45), min_size=1),
    st.sampled_from(["low", "moderate", "high"]),
)
def test_without_answers_the_claimed_risk_is_held_against_the_claimed_scores(
    scores: dict[str, int], risk: str
) -> None:
    """The oracle tries every way to fill in the paper form."""
    found = judge(ASSIST, Claim(tuple(scores.items()), risk), DAY)
    bands = [band_of(code, score) for code, score in scores.items()]
    highest = next(band for band in ("high", "moderate", "low") if band in bands)
    expected = [
        Difference("impossible", code, str(score), None)
        for code, score in scores.items()
        if score not in (TOBACCO if code == "tobacco" else OTHERS)
    ]
    assert list(found) == [*expected, *([Difference("risk", None, risk, highest)] if risk != highest else [])]


def every_sum(questions: str) -> set[int]:
    later = {0, 3, 6, 9, 12}
    recent = {0}
    for question in questions:
        recent = {a + b for a in recent for b in BOXES[question].values()}
    used = {use + more for use in (2, 3, 4, 6) for more in recent}
    return {a + b for a in used | {0} for b in later}


TOBACCO, OTHERS = every_sum("34"), every_sum("345")


def test_a_score_of_one_is_no_score_of_assist() -> None:
    assert judge(ASSIST, Claim((("opioids", 1),), "low"), DAY) == (
        Difference("impossible", "opioids", "1", None),
    )
