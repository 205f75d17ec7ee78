"""The form of WHO ASSIST v3.1 typed off its paper, and its formula as a plain sum: the oracle of the tests.

Source: WHO, The ASSIST: manual for use in primary care (Geneva 2010), Appendix A, form v3.1: its boxes and
"How to calculate a specific substance involvement score": questions 2 to 7 are added up, 1 and 8 are not;
cannabis is Q2c + Q3c + Q4c + Q5c + Q6c + Q7c, tobacco Q2a + Q3a + Q4a + Q6a + Q7a.
Nothing here is read from the data under test.
"""

from __future__ import annotations

from collections.abc import Mapping

from reference.instruments import Answer

SUBSTANCES = (
    *("tobacco", "alcohol", "cannabis", "cocaine", "amphetamines"),
    *("inhalants", "sedatives", "hallucinogens", "opioids", "other"),
)
OFTEN = ("never", "once_or_twice", "monthly", "weekly", "daily")
EVER = ("never", "past_three_months", "earlier")
BOXES: Mapping[str, dict[str, int]] = {
    "2": dict(zip(OFTEN, (0, 2, 3, 4, 6), strict=True)),
    "3": dict(zip(OFTEN, (0, 3, 4, 5, 6), strict=True)),
    "4": dict(zip(OFTEN, (0, 4, 5, 6, 7), strict=True)),
    "5": dict(zip(OFTEN, (0, 5, 6, 7, 8), strict=True)),
    "6": dict(zip(EVER, (0, 6, 3), strict=True)),
    "7": dict(zip(EVER, (0, 6, 3), strict=True)),
}
Row = dict[str, str]
"""One substance's boxes: question → what was ticked; `{}` for one never used."""


def sum_of(substance: str, row: Row) -> int:
    """The published formula."""
    return sum(BOXES[q][tick] for q, tick in row.items() if not (q == "5" and substance == "tobacco"))


def band_of(substance: str, score: int) -> str:
    """The published table: alcohol 0-10, 11-26, 27+; everything else 0-3, 4-26, 27+."""
    if score >= 27:
        return "high"
    return "moderate" if score > (10 if substance == "alcohol" else 3) else "low"


def questions_for(substance: str, use: str) -> list[str]:
    """What the paper asks somebody who ever used the substance, by the answer to question 2."""
    recent = (
        [] if use == "never" else [q for q in ("3", "4", "5") if not (q == "5" and substance == "tobacco")]
    )
    return ["2", *recent, "6", "7"]


def answers(form: Mapping[str, Row], injected: str = "never") -> list[Answer]:
    """A whole interview: question 1 for all ten substances, the boxes, and question 8 where it is asked."""
    first = [Answer("1", "ever" if form.get(code) else "never", code) for code in SUBSTANCES]
    ticks = [Answer(q, tick, code) for code, row in form.items() for q, tick in row.items()]
    return [*first, *ticks, *([Answer("8", injected)] if any(form.values()) else [])]
