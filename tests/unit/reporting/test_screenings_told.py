"""What a timeline tells of a screening, of whom, and in which words."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from contracts import catalogue
from contracts.events import screening
from contracts.vocabulary import (
    DeclineReason,
    InjectingCourse,
    Instrument,
    OrgKind,
    RiskBand,
    ScreeningDifferenceKind,
    ScreeningReviewOutcome,
    Substance,
)
from reference.instruments import DECLINED, Instruments
from reftrack.reporting.v1 import status_pb2 as pb
from reporting.access import Part, Reader, labels_of_kind
from reporting.rpc.timeline import tell

from tests.unit.reporting.pathway import at, contacted, opened, registered
from tests.unit.reporting.story import Story, named

SCREENER = "tyt-bo-de"
OPIOIDS = Substance.OPIOIDS
SCREENED = screening.ClientScreened(
    instrument=Instrument.WHO_ASSIST,
    scores=(screening.SubstanceScore(substance=OPIOIDS, score=12),),
    risk=RiskBand.MODERATE,
    answers=(
        screening.ScreeningAnswer(question="2", answer="daily", substance=OPIOIDS),
        screening.ScreeningAnswer(question="8", answer="past_three_months"),
    ),
    injecting=screening.InjectingPattern(days_a_month=9),
    judged_by="who_assist@3.1",
    computed_risk=RiskBand.HIGH,
    differences=(
        screening.ScreeningDifference(
            about=ScreeningDifferenceKind.SCORE, substance=OPIOIDS, claimed="12", computed="33-39"
        ),
        screening.ScreeningDifference(
            about=ScreeningDifferenceKind.RISK, claimed="moderate", computed="moderate-high"
        ),
    ),
    injecting_calls_for=InjectingCourse.FURTHER_ASSESSMENT,
    earlier=f"{named('case', 'an')}:3",
)
REVIEWED = screening.ScreeningReviewed(
    screening=f"{named('case', 'an')}:4", outcome=ScreeningReviewOutcome.COMPUTATION_RIGHT
)
DECLINES = screening.ScreeningDeclined(reason=DeclineReason.NO_TIME)
TYPES = {SCREENED.TYPE, REVIEWED.TYPE, DECLINES.TYPE}


def told(
    kind: OrgKind, part: Part, org: str = "another-office", area: frozenset[str] | None = frozenset()
) -> list[pb.TimelineEntry]:
    """What that kind of organisation is told of the screenings of a case of which it sees that part."""
    story = Story()
    story.intake("an", opened("an"), contacted(), registered(), at=at(3), org="ldtbxh-bo-de")
    story.intake("an", SCREENED, DECLINES, at=at(4), org=SCREENER)
    story.intake("an", REVIEWED, at=at(5), org="pctnxh-ha-noi")
    reader = Reader(org, kind, labels=labels_of_kind(kind, ("methadone", "hiv_test")), area=area)
    return [one for one in tell(reader, part, story.entries()) if one.type in TYPES]


KNOW_OF_DRUGS = {
    *(OrgKind.DISTRICT_SOCIAL, OrgKind.COMMUNE_SOCIAL, OrgKind.HEALTH_STATION, OrgKind.DETOX_FACILITY),
    *(OrgKind.METHADONE_CLINIC, OrgKind.COMMUNE_AUTHORITY, OrgKind.VOLUNTEER_TEAM, OrgKind.CLUB),
    *(OrgKind.SUPERVISOR, OrgKind.AUDITOR),
}
"""By their row of the table. A provider knows the labels of its services, none of which is DRUG here."""


@pytest.mark.parametrize(("kind", "part"), list(product(OrgKind, Part)))
def test_screenings_and_reviews_are_told_whole_to_who_may_know_of_drugs_or_not_at_all(
    kind: OrgKind, part: Part
) -> None:
    types = {one.type for one in told(kind, part)}
    if kind not in KNOW_OF_DRUGS or part in (Part.NOTHING, Part.CONTACTS, Part.OWN):
        assert types == set()
    elif part is Part.SCREENING:
        assert types == {SCREENED.TYPE, REVIEWED.TYPE}
    else:
        assert types == TYPES


def test_who_screened_is_told_of_its_own_screening_and_not_of_what_others_found() -> None:
    assert [one.type for one in told(OrgKind.HEALTH_STATION, Part.OWN, SCREENER)] == [
        SCREENED.TYPE,
        DECLINES.TYPE,
    ]
    assert told(OrgKind.WARD_POLICE, Part.OWN, SCREENER) == []


@pytest.mark.parametrize(
    ("field", "vi", "en"),
    [
        ("answers/0/question", "2", "2"),
        ("answers/0/answer", "hằng ngày hoặc gần như hằng ngày", "daily or almost daily"),
        ("answers/1/answer", "có, trong ba tháng qua", "yes, in the past 3 months"),
        ("answers/0/substance", "chất dạng thuốc phiện", "opioids"),
        ("scores/0/score", "12", "12"),
        ("injecting/days_a_month", "9", "9"),
        (
            "injecting_calls_for",
            "đánh giá thêm và điều trị chuyên sâu hơn",
            "further assessment and more intensive treatment",
        ),
        ("differences/0/computed", "33 – 39", "33 – 39"),
        ("differences/1/claimed", "trung bình", "moderate"),
        ("differences/1/computed", "trung bình – cao", "moderate – high"),
    ],
)
def test_answers_scores_and_differences_are_told_in_words_of_both_languages(
    field: str, vi: str, en: str
) -> None:
    screened = next(one for one in told(OrgKind.SUPERVISOR, Part.WHOLE) if one.type == SCREENED.TYPE)
    (fact,) = [one for one in screened.facts if one.field == field]
    assert (fact.text_vi.lower(), fact.text_en.lower()) == (vi, en)
    assert fact.title_vi != fact.title_en


def test_what_was_found_is_told_in_words_and_which_screening_only_to_who_sees_all() -> None:
    def facts(kind: OrgKind, area: frozenset[str] | None = None) -> dict[str, str]:
        seen = told(kind, Part.WHOLE, area=area)
        reviewed = next(one for one in seen if one.type == REVIEWED.TYPE)
        return {fact.field: fact.text_vi for fact in reviewed.facts}

    assert facts(OrgKind.SUPERVISOR) == {"screening": REVIEWED.screening, "outcome": "kết quả tính đúng"}
    assert facts(OrgKind.SUPERVISOR, frozenset({"00139"})) == {"outcome": "kết quả tính đúng"}
    assert facts(OrgKind.COMMUNE_AUTHORITY) == {"outcome": "kết quả tính đúng"}


def test_every_answer_of_every_form_has_a_name_in_both_languages() -> None:
    forms = Instruments.load(Path(__file__).parents[3] / "deploy" / "reference" / "instruments")
    codes = {one.code for form in forms for options in form.options.values() for one in options}
    assert codes | {DECLINED} == set(catalogue.lists()["ScreeningOption"])
