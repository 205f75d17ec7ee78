"""What the answers of a screening give: scores and highest risk of rows that leave them out.

By the same data and functions as intake's; what an office claims itself is left as it is. Answers that do not
fit the form are told by their columns, as intake would refuse them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from reference.instruments import Answer, AnswersInvalid, Instrument, Instruments, Problem, Screening, screen
from reftrack_local import paths


class Scored(NamedTuple):
    """The data of the event with what was computed, and the names of that; or what is wrong with it."""

    data: Mapping[str, Any]
    computed: tuple[str, ...] = ()
    problems: Sequence[Problem] = ()


@cache
def instruments() -> Instruments | None:
    """The instruments on this machine; none if it has none."""
    folder = paths.default_reference() / "instruments"
    return Instruments.load(folder) if folder.is_dir() else None


def scored(data: Mapping[str, Any], day: date) -> Scored:
    """The data of a screening of that day; unchanged without answers, or where the instrument is not here."""
    instrument = _instrument(data, day)
    answers = data.get("answers")
    if instrument is None or not answers or not all("answer" in one and "question" in one for one in answers):
        return Scored(data)
    given = [Answer(one["question"], one["answer"], one.get("substance")) for one in answers]
    try:
        found = screen(instrument, given, day)
    except AnswersInvalid as invalid:
        return Scored(data, problems=invalid.problems)
    computed = {name: value for name, value in _computed(found).items() if name not in data and value}
    return Scored({**data, **computed}, tuple(computed))


def _computed(found: Screening) -> dict[str, Any]:
    """What is certain, whatever was declined."""
    certain = [(one.substance, one.value) for one in found.scores if one.value is not None]
    scores = [{"substance": substance, "score": score} for substance, score in certain]
    return {"scores": scores, "risk": found.risk}


def _instrument(data: Mapping[str, Any], day: date) -> Instrument | None:
    known, name, version = instruments(), data.get("instrument"), data.get("instrument_version")
    if known is None or name is None:
        return None
    return known.get(f"{name}@{version}") if version else known.on(day, name)
