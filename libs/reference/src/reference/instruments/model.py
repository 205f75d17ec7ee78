"""A screening instrument as data: its questions, what each answer counts, its bands and their dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from reference.entries import Entry, Lasting, Name, Word

QuestionId = Annotated[str, Field(pattern=r"^[0-9]{1,2}[a-z]?$")]
_Course = Literal["brief_intervention", "further_assessment"]
RISKS = ("low", "moderate", "high")
"""The bands of risk, rising; the words of `contracts.vocabulary.RiskBand`."""

DECLINED = "declined"
"""What stands in place of an answer that the client did not want to give."""


class Option(Entry):
    """One answer and what it counts in the substance's score."""

    code: Word
    name: Name
    score: Annotated[int, Field(ge=0)] = 0


class AskedIf(Entry):
    """A question is asked only where `question` was answered with one of `answers`.

    `of`: about the same substance, or about any.
    """

    question: QuestionId
    answers: Annotated[tuple[Word, ...], Field(strict=False, min_length=1)]
    of: Literal["same_substance", "any_substance"] = "same_substance"


class Question(Entry):
    """A question of the form. `about: each` is asked about every substance but those in `not_about`,
    `only_about` about those alone, `about: once` about the person. `counts`: it enters the substance's score.
    """

    id: QuestionId
    text: Name
    options: Word
    about: Literal["each", "once"] = "each"
    only_about: Annotated[tuple[Word, ...], Field(strict=False)] = ()
    not_about: Annotated[tuple[Word, ...], Field(strict=False)] = ()
    asked_if: AskedIf | None = None
    counts: bool = False


class Asked(Entry):
    """A substance, or a group of them, that the form asks about. `covers`: those of our vocabulary."""

    code: Word
    name: Name
    covers: Annotated[tuple[Word, ...], Field(strict=False, min_length=1)]


class Bands(Lasting):
    """From which score a substance's risk is moderate, and from which it is high; low begins at 0."""

    substances: Annotated[tuple[Word, ...], Field(strict=False, min_length=1)]
    moderate_from: Annotated[int, Field(ge=1)]
    high_from: Annotated[int, Field(ge=2)]
    source: str
    confirmed: bool

    def risk(self, score: int) -> str:
        """`low`, `moderate` or `high`."""
        return RISKS[(score >= self.moderate_from) + (score >= self.high_from)]


class Injecting(Entry):
    """What follows when somebody injected: its pattern is asked, and decides on more than the score does.

    `limits`: measure → most that still calls for `within`; above any of them `beyond` holds.
    """

    question: QuestionId
    answer: Word
    limits: dict[Word, Annotated[int, Field(ge=0)]]
    within: Name
    beyond: Name
    source: str
    confirmed: bool

    def course(self, pattern: Mapping[str, int]) -> _Course | None:
        """What a pattern calls for: `within` or `beyond`; none where a measure that decides was not told."""
        told = {measure: pattern[measure] for measure in self.limits if measure in pattern}
        if any(days > self.limits[measure] for measure, days in told.items()):
            return "further_assessment"
        return "brief_intervention" if len(told) == len(self.limits) else None


class Instrument(Lasting):
    """One version of an instrument, in force from one day to another (days of Asia/Ho_Chi_Minh)."""

    id: Word
    version: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)*$")]
    title: Name
    source: str
    texts_source: Name
    confirmed: bool
    substances: Annotated[tuple[Asked, ...], Field(strict=False, min_length=1)]
    options: dict[Word, Annotated[tuple[Option, ...], Field(strict=False, min_length=2)]]
    questions: Annotated[tuple[Question, ...], Field(strict=False, min_length=1)]
    bands: Annotated[tuple[Bands, ...], Field(strict=False, min_length=1)]
    interventions: dict[Literal["low", "moderate", "high"], Name]
    injecting: Injecting | None = None

    @property
    def reference(self) -> str:
        """`<id>@<version>`: what an event keeps of the instrument it was judged by."""
        return f"{self.id}@{self.version}"

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The substances that the form asks about, in its order."""
        return tuple(substance.code for substance in self.substances)

    @cached_property
    def by_id(self) -> dict[str, Question]:
        """Questions by their id, in the order of the form."""
        return {question.id: question for question in self.questions}

    @cached_property
    def _scores(self) -> dict[str, dict[str, int]]:
        return {name: {one.code: one.score for one in options} for name, options in self.options.items()}

    def scores_of(self, question: Question) -> dict[str, int]:
        """What each answer of a question counts."""
        return self._scores[question.options]

    def about(self, question: Question) -> tuple[str, ...]:
        """The substances that a question is asked about; none for a question about the person."""
        if question.about == "once":
            return ()
        chosen = question.only_about or self.codes
        return tuple(code for code in chosen if code not in question.not_about)

    def counted(self, substance: str) -> tuple[Question, ...]:
        """The questions whose answers make up the substance's score."""
        return tuple(one for one in self.questions if one.counts and substance in self.about(one))

    def most(self, substance: str) -> int:
        """The greatest score that the form can give a substance."""
        return sum(max(self.scores_of(question).values()) for question in self.counted(substance))

    @cached_property
    def attainable(self) -> dict[str, frozenset[int]]:
        """Every score that some answers to the form give a substance. ASSIST gives none of 1."""
        return {code: _attainable(self, code) for code in self.codes}

    def bands_of(self, substance: str, on: date) -> Bands:
        """The bands of a substance on a day; on a day outside the instrument's life the nearest ones."""
        ours = [bands for bands in self.bands if substance in bands.substances]
        day = max(ours[0].first_day, min(on, ours[-1].last_day))
        return next(bands for bands in ours if bands.holds(day))

    def risk(self, substance: str, score: int, on: date) -> str:
        """The band of a score on a day: `low`, `moderate` or `high`."""
        return self.bands_of(substance, on).risk(score)


_Chosen = frozenset[tuple[str, str]]


def _attainable(instrument: Instrument, substance: str) -> frozenset[int]:
    """Walks the form once, keeping the sums apart by the answers that later questions hang on."""
    gates = {question.asked_if.question for question in instrument.questions if question.asked_if}
    sums: dict[_Chosen, set[int]] = {frozenset(): {0}}
    for question in instrument.questions:
        if substance not in instrument.about(question):
            continue
        after: dict[_Chosen, set[int]] = {}
        for chosen, so_far in sums.items():
            for option, score in _ways(instrument, question, chosen):
                kept = chosen | {(question.id, option)} if option and question.id in gates else chosen
                after.setdefault(kept, set()).update(one + score for one in so_far)
        sums = after
    return frozenset().union(*sums.values())


def _ways(instrument: Instrument, question: Question, chosen: _Chosen) -> Iterable[tuple[str | None, int]]:
    rule = question.asked_if
    if rule and rule.of == "same_substance" and not {(rule.question, one) for one in rule.answers} & chosen:
        return [(None, 0)]
    counts = instrument.scores_of(question).items()
    return [(option, score if question.counts else 0) for option, score in counts]
