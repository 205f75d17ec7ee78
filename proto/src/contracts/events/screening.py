"""Screening: what agencies claim, what the instrument gives, and who did not want to be screened."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.base import CodeOf, Contract, Label, Payload, Title
from contracts.fields import PATTERNS, Code, EventId
from contracts.vocabulary import (
    DeclineReason,
    InjectingCourse,
    Instrument,
    RiskBand,
    ScreeningDifferenceKind,
    ScreeningOccasion,
    ScreeningReviewOutcome,
    Substance,
)

QuestionId = Code | Annotated[str, Field(pattern=PATTERNS["question"])]
"""A question of the form by its number, `2` or `4a`, or by a name where a form has names."""


_ScoreOrBand = Annotated[str | None, Field(max_length=20)]


class SubstanceScore(Contract):
    """The ASSIST score of one substance; its band stands in the instrument's table."""

    substance: Annotated[Substance, Label.DRUG, Title("Chất", "Substance")]
    score: Annotated[int, Field(ge=0, le=39), Label.DRUG, Title("Điểm", "Score")]


class ScreeningAnswer(Contract):
    """One answer on the form: question, substance where the question asks of each, option or `declined`."""

    question: Annotated[QuestionId, Label.DRUG, Title("Câu hỏi", "Question")]
    answer: Annotated[Code, Label.DRUG, CodeOf("ScreeningOption"), Title("Trả lời", "Answer")]
    substance: Annotated[Substance | None, Label.DRUG, Title("Chất", "Substance")] = None


class InjectingPattern(Contract):
    """How often somebody injected over the past three months, by the measures of the form: a month on average
    (ASSIST 3.1), or a week and without a break (3.0). Asked of who did; it never counts in a score."""

    days_a_month: Annotated[
        Annotated[int, Field(ge=0, le=31)] | None, Label.DRUG, Title("Số ngày mỗi tháng", "Days a month")
    ] = None
    days_a_week: Annotated[
        Annotated[int, Field(ge=0, le=7)] | None, Label.DRUG, Title("Số ngày mỗi tuần", "Days a week")
    ] = None
    days_in_a_row: Annotated[
        Annotated[int, Field(ge=0, le=92)] | None, Label.DRUG, Title("Số ngày liền", "Days in a row")
    ] = None


class ScreeningDifference(Contract):
    """One thing in which the claim differs from what the instrument gives; neither is corrected."""

    about: Annotated[ScreeningDifferenceKind, Label.DRUG, Title("Về", "About")]
    substance: Annotated[Substance | None, Label.DRUG, Title("Chất", "Substance")] = None
    claimed: Annotated[_ScoreOrBand, Label.DRUG, CodeOf("RiskBand"), Title("Cơ quan ghi", "Claimed")] = None
    computed: Annotated[_ScoreOrBand, Label.DRUG, CodeOf("RiskBand"), Title("Tính được", "Computed")] = None


class ClientScreenedPosted(Payload):
    """`answers` are optional: without them only the highest risk and impossible scores can be checked."""

    TYPE: ClassVar[str] = "org.reftrack.client-screened.v1"
    TITLE: ClassVar[Title] = Title("Sàng lọc", "Client screened")

    instrument: Annotated[Instrument, Title("Công cụ", "Instrument")]
    scores: Annotated[
        tuple[SubstanceScore, ...], Field(min_length=1, max_length=10), Label.DRUG, Title("Điểm", "Scores")
    ]
    risk: Annotated[RiskBand, Label.DRUG, Title("Mức nguy cơ cao nhất", "Highest risk")]
    instrument_version: Annotated[
        str | None,
        Field(pattern=PATTERNS["instrument_version"]),
        Title("Phiên bản công cụ", "Instrument's version"),
    ] = None
    occasion: Annotated[ScreeningOccasion | None, Title("Lần sàng lọc", "Occasion")] = None
    answers: Annotated[
        tuple[ScreeningAnswer, ...], Field(max_length=120), Label.DRUG, Title("Trả lời", "Answers")
    ] = ()
    injecting: Annotated[
        InjectingPattern | None, Label.DRUG, Title("Mức độ tiêm chích", "Pattern of injecting")
    ] = None


class ClientScreened(ClientScreenedPosted):
    """`judged_by`: instrument and version that computed, `who_assist@3.1`; none where not judged.

    `injecting_calls_for`: by the instrument's rule; none where the pattern was not told, or not all of it.
    """

    judged_by: Annotated[str | None, Field(max_length=60), Title("Tính theo", "Computed by")] = None
    computed_risk: Annotated[RiskBand | None, Label.DRUG, Title("Mức tính được", "Computed risk")] = None
    differences: Annotated[
        tuple[ScreeningDifference, ...], Field(max_length=40), Label.DRUG, Title("Khác biệt", "Differences")
    ] = ()
    injecting_calls_for: Annotated[
        InjectingCourse | None, Label.DRUG, Title("Hướng can thiệp do tiêm chích", "Injecting calls for")
    ] = None
    earlier: Annotated[EventId | None, Label.DRUG, Title("Lần trước", "Screening before")] = None


class ScreeningReviewed(Payload):
    """Somebody looked into a screening whose claim differs from the computation. Of neither is anything
    changed; that the screening is in order again, or wrong, is told by voiding or correcting it."""

    TYPE: ClassVar[str] = "org.reftrack.screening-reviewed.v1"
    TITLE: ClassVar[Title] = Title("Xem lại kết quả sàng lọc", "Screening reviewed")

    screening: Annotated[EventId, Label.DRUG, Title("Lần sàng lọc", "Screening")]
    outcome: Annotated[ScreeningReviewOutcome, Label.DRUG, Title("Kết luận", "Outcome")]


class ScreeningDeclined(Payload):
    TYPE: ClassVar[str] = "org.reftrack.screening-declined.v1"
    TITLE: ClassVar[Title] = Title("Từ chối sàng lọc", "Screening declined")

    reason: Annotated[DeclineReason, Title("Lý do", "Reason")]
    instrument: Annotated[Instrument | None, Title("Công cụ", "Instrument")] = None
