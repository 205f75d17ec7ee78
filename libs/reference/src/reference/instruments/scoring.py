"""From answers to a score a substance, its band, and the highest risk. Pure; nothing is guessed.

Where an answer was declined, the score is the range that the other answers leave; a band is told only where
both ends of the range lie in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reference.entries import Name
from reference.instruments.answers import Answer, AnswersInvalid, Place, Problem, Sheet, check
from reference.instruments.model import RISKS, Instrument, Question


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one substance: between `least` and `most`, both included, and the bands of the two."""

    substance: str
    least: int
    most: int
    risk_at_least: str
    risk_at_most: str

    @property
    def value(self) -> int | None:
        """The score, where nothing that counts was declined."""
        return self.least if self.least == self.most else None

    @property
    def risk(self) -> str | None:
        """The band, where it is the same for every score in the range."""
        return self.risk_at_least if self.risk_at_least == self.risk_at_most else None


@dataclass(frozen=True, slots=True)
class Screening:
    """What an instrument makes of the answers, or of scores that somebody else summed.

    `injecting`: what follows from injecting (`Injected`), none where the form knows of none.
    """

    instrument: str
    scores: tuple[Score, ...]
    declined: tuple[Answer, ...] = ()
    injecting: Injected | None = None

    def of(self, substance: str) -> Score | None:
        """The score of a substance, none for one that is not here."""
        return next((score for score in self.scores if score.substance == substance), None)

    @property
    def risk_at_least(self) -> str:
        """The highest band that is certain."""
        return highest(score.risk_at_least for score in self.scores)

    @property
    def risk_at_most(self) -> str:
        """The highest band that the declined answers leave possible."""
        return highest(score.risk_at_most for score in self.scores)

    @property
    def risk(self) -> str | None:
        """The highest risk, where declined answers cannot change it."""
        return self.risk_at_least if self.risk_at_least == self.risk_at_most else None


@dataclass(frozen=True, slots=True)
class Injected:
    """`course`: what the pattern of injecting calls for (`Injecting.course`), `advice` in words; none where
    the pattern has still to be asked."""

    measures: tuple[str, ...]
    course: str | None = None
    advice: Name | None = None


def highest(risks: Iterable[str]) -> str:
    """The highest of some bands; `low` of none."""
    return max(risks, key=RISKS.index, default=RISKS[0])


def screen(
    instrument: Instrument,
    answers: Iterable[Answer],
    on: date,
    pattern: Mapping[str, int] | None = None,
) -> Screening:
    """Scores and bands of a filled form by the bands in force on its day.

    `pattern`: how often somebody injected, by the measures that the instrument names (`days_a_month`); needed
    only where the answer calls for it. Raises `AnswersInvalid`.
    """
    sheet = check(instrument, answers)
    scores = tuple(_score(sheet, code, on) for code in instrument.codes)
    declined = tuple(sheet.declined())
    return Screening(instrument.reference, scores, declined, _injected(sheet, pattern or {}))


def screening_of(instrument: Instrument, scores: Sequence[tuple[str, int]], on: date) -> Screening:
    """The bands of scores that somebody else summed; a substance that is not there is not in the result.

    Raises `AnswersInvalid` for a substance that stands twice or that the form does not ask about.
    """
    named = [substance for substance, _ in scores]
    problems = [
        Problem("screening_not_asked_about", "", one, {"about": ", ".join(instrument.codes)})
        for one in named
        if one not in instrument.codes
    ] + [Problem("screening_answered_twice", "", one) for n, one in enumerate(named) if one in named[:n]]
    if problems:
        raise AnswersInvalid(instrument.reference, problems)
    return Screening(
        instrument.reference, tuple(_banded(instrument, one, score, score, on) for one, score in scores)
    )


def _score(sheet: Sheet, substance: str, on: date) -> Score:
    ranges = [_counted(sheet, question, substance) for question in sheet.instrument.counted(substance)]
    least, most = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    return _banded(sheet.instrument, substance, least, most, on)


def _banded(instrument: Instrument, substance: str, least: int, most: int, on: date) -> Score:
    bands = instrument.bands_of(substance, on)
    return Score(substance, least, most, bands.risk(least), bands.risk(most))


def _counted(sheet: Sheet, question: Question, substance: str) -> tuple[int, int]:
    """What the answer counts, least and most: nothing where it was skipped, as the first answer does."""
    if sheet.place(question, substance) is Place.CLOSED:
        return 0, 0
    scores = sheet.instrument.scores_of(question)
    option = sheet.option(question, substance)
    if option is not None:
        return scores[option], scores[option]
    return 0, max(scores.values())


def _injected(sheet: Sheet, pattern: Mapping[str, int]) -> Injected | None:
    rule = sheet.instrument.injecting
    if rule is None:
        return None
    question = sheet.instrument.by_id[rule.question]
    if sheet.option(question, None) != rule.answer:
        return None
    advice = {"brief_intervention": rule.within, "further_assessment": rule.beyond}
    course = rule.course(pattern)
    return Injected(tuple(rule.limits), course, advice[course] if course else None)
