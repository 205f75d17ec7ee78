"""Screening instruments as data with dates, and the pure functions from answers to risk."""

from reference.instruments.answers import Answer, AnswersInvalid, Problem, check
from reference.instruments.comparing import Claim, Difference, compare, judge
from reference.instruments.model import DECLINED, RISKS, Instrument
from reference.instruments.scoring import Injected, Score, Screening, screen, screening_of
from reference.instruments.table import Instruments

__all__ = [
    "DECLINED",
    "RISKS",
    "Answer",
    "AnswersInvalid",
    "Claim",
    "Difference",
    "Injected",
    "Instrument",
    "Instruments",
    "Problem",
    "Score",
    "Screening",
    "check",
    "compare",
    "judge",
    "screen",
    "screening_of",
]
