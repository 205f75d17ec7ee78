"""The form of WHO ASSIST as columns: an answer to each question about each substance, and each score.

One row is one form, so a clerk copies the paper from left to right. Questions, answers and their words are
those of the instrument's data; other instruments have the numbered columns of every list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from contracts import catalogue
from contracts.base import Title
from pydantic import JsonValue
from reference.instruments import DECLINED, Instrument
from reference.instruments.model import Question
from territory.names import folded

from reftrack_cli.files.columns import Column
from reftrack_cli.files.fields import Field, Step
from reftrack_cli.files.scoring import instruments
from reftrack_cli.files.values import Context, Unfit, Value, Whole, as_text

FORM = "org.reftrack.client-screened.v1"
SHEET = "ASSIST"
"""What stands behind the title of the event in the name of the sheet."""

COMPUTED = ("data", "risk")
"""Needed, but computed from the answers where it is left out (as the scores are)."""

_FROM = 200
"""Their numbers in lists; numbers that a person gives to columns are smaller."""

_NEVER = ("không", "no")


@dataclass(frozen=True)
class Answered:
    """One of the answers of the form to a question: in its words, those of the catalogue, or as a code."""

    asks: Title
    options: tuple[tuple[str, Title], ...]

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        found = self._by_name.get(folded(as_text(value)))
        if found is None:
            codes = ", ".join(code for code, _ in self.options)
            raise Unfit("cell_not_in_list", {"allowed": codes, "list": "ScreeningOption"})
        return found

    def named(self, lang: str) -> list[str]:
        """What the form calls each, in its order."""
        return [catalogue.in_lang(title, lang) for _, title in self.options]

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        names = {folded(name): "never" for name in _NEVER if "never" in dict(self.options)}
        for code, title in self.options:
            known = [catalogue.name_in("ScreeningOption", code, lang) for lang in catalogue.LANGS]
            names |= {folded(name): code for name in (code, title.vi, title.en, *known)}
        return names


@cache
def columns() -> tuple[Column, ...]:
    """The columns of the form, by question as on paper, then scores; none if the instrument is not here."""
    versions = [one for one in instruments() or () if one.id == "who_assist"]
    return tuple(_columns(versions[-1])) if versions else ()


def _columns(form: Instrument) -> Iterator[Column]:
    n = _FROM
    for question in form.questions:
        for substance in form.about(question) or (None,):
            yield _answer(form, question, substance, n)
            n += 1
    for substance in form.codes:
        title = _about(Title("Điểm", "Score"), substance)
        field = Field(("data", "scores", Step.EACH, "score"), (title,), Whole(), group=("data", "scores"))
        yield Column(field, n, (("substance", substance),), f"scores.{substance}")
        n += 1


def _answer(form: Instrument, question: Question, substance: str | None, n: int) -> Column:
    options = tuple((one.code, Title(one.name.vi, one.name.en)) for one in form.options[question.options])
    declined = catalogue.lists()["ScreeningOption"][DECLINED]
    reading = Answered(Title(question.text.vi, question.text.en), (*options, (DECLINED, declined)))
    title = _about(Title(f"Câu {question.id}", f"Question {question.id}"), substance)
    field = Field(("data", "answers", Step.EACH, "answer"), (title,), reading, group=("data", "answers"))
    fixed = (("question", question.id), *([("substance", substance)] if substance else []))
    return Column(field, n, fixed, f"answers.{question.id}" + (f".{substance}" if substance else ""))


def _about(what: Title, substance: str | None) -> Title:
    if substance is None:
        return what
    vi, en = (catalogue.name_in("Substance", substance, lang) for lang in ("vi", "en"))
    return Title(f"{what.vi}: {vi}", f"{what.en}: {en}")
