"""The answers of one screening, checked against the form: what is asked, what is skipped, what was declined.

Answers are health data (label DRUG). A `Problem` names questions and substances for whoever sent them; no
text of an exception here does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from reference.instruments.model import DECLINED, Instrument, Question


@dataclass(frozen=True, slots=True)
class Answer:
    """The option chosen for a question, or `declined`; `substance` none where it is about the person."""

    question: str
    option: str
    substance: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the answers; the catalogue has text and remedy of `code`, filled by `filling`.

    `question` is empty where a score is meant, not an answer.
    """

    code: str
    question: str
    substance: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)

    @property
    def filling(self) -> dict[str, str]:
        """What the text of the code names: the question, the substance, and the detail."""
        return {"question": self.question, "substance": self.substance or "person", **self.detail}


class AnswersInvalid(ValueError):
    """The answers do not fit the form: `problems`, one for each; the text of the exception tells none."""

    def __init__(self, instrument: str, problems: Sequence[Problem]) -> None:
        super().__init__(f"{instrument}: {len(problems)} answers need mending")
        self.instrument = instrument
        self.problems = tuple(problems)


class Place(Enum):
    """Whether the form asks a question: open is asked, closed skipped, unknown where a gate was declined."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Sheet:
    """One filled form."""

    def __init__(self, instrument: Instrument, answers: Iterable[Answer]) -> None:
        self.instrument = instrument
        self.answers = tuple(answers)
        self._given = {(answer.question, answer.substance): answer.option for answer in self.answers}

    def option(self, question: Question, substance: str | None) -> str | None:
        """The option chosen; none where there is no answer or it was declined."""
        option = self._given.get((question.id, substance))
        return None if option == DECLINED else option

    def declined(self) -> list[Answer]:
        """Every answer that the client did not want to give."""
        return [answer for answer in self.answers if answer.option == DECLINED]

    def place(self, question: Question, substance: str | None) -> Place:
        """Whether the form asks it, by the answers to the questions that it hangs on."""
        rule = question.asked_if
        if rule is None:
            return Place.OPEN
        gate = self.instrument.by_id[rule.question]
        if rule.of == "same_substance" or gate.about == "once":
            about = substance if gate.about == "each" else None
            return self._gate(gate, about, rule.answers)
        places = {self._gate(gate, code, rule.answers) for code in self.instrument.about(gate)}
        return next(place for place in (Place.OPEN, Place.UNKNOWN, Place.CLOSED) if place in places)

    def _gate(self, gate: Question, substance: str | None, answers: Sequence[str]) -> Place:
        if self.place(gate, substance) is Place.CLOSED:
            return Place.CLOSED
        option = self.option(gate, substance)
        if option is None:
            return Place.UNKNOWN
        return Place.OPEN if option in answers else Place.CLOSED

    def problems(self) -> list[Problem]:
        """Everything wrong, in the order of the answers and then of the form."""
        misplaced = list(self._misplaced())
        if misplaced:
            return misplaced
        return [*self._skipped_but_answered(), *self._unanswered()]

    def _misplaced(self) -> Iterator[Problem]:
        seen: set[tuple[str, str | None]] = set()
        for answer in self.answers:
            if (answer.question, answer.substance) in seen:
                yield Problem("screening_answered_twice", answer.question, answer.substance)
            seen.add((answer.question, answer.substance))
            yield from self._does_not_fit(answer)

    def _does_not_fit(self, answer: Answer) -> Iterator[Problem]:
        question = self.instrument.by_id.get(answer.question)
        if question is None:
            known = {"questions": ", ".join(self.instrument.by_id)}
            yield Problem("screening_question_unknown", answer.question, answer.substance, known)
            return
        expected = self.instrument.about(question) or (None,)
        if answer.substance not in expected:
            about = {"about": ", ".join(code or "person" for code in expected)}
            yield Problem("screening_not_asked_about", question.id, answer.substance, about)
        options = self.instrument.scores_of(question)
        if answer.option != DECLINED and answer.option not in options:
            detail = {"options": ", ".join((*options, DECLINED))}
            yield Problem("screening_option_unknown", question.id, answer.substance, detail)

    def _skipped_but_answered(self) -> Iterator[Problem]:
        """An answer that counts nothing says the same as the skip; any other contradicts the gate."""
        for answer in self.answers:
            question = self.instrument.by_id[answer.question]
            rule = question.asked_if
            if rule is None or self.place(question, answer.substance) is not Place.CLOSED:
                continue
            counts = self.instrument.scores_of(question).get(answer.option, 0)
            first = next(iter(self.instrument.scores_of(question)))
            if counts or answer.option not in (first, DECLINED):
                gate = {"gate": rule.question, "answers": ", ".join(rule.answers)}
                yield Problem("screening_question_skipped", question.id, answer.substance, gate)

    def _unanswered(self) -> Iterator[Problem]:
        for question in self.instrument.questions:
            for substance in self.instrument.about(question) or (None,):
                given = (question.id, substance) in self._given
                if not given and self.place(question, substance) is Place.OPEN:
                    yield Problem("screening_answer_missing", question.id, substance)


def check(instrument: Instrument, answers: Iterable[Answer]) -> Sheet:
    """The filled form; raises `AnswersInvalid` where it does not fit the instrument."""
    sheet = Sheet(instrument, answers)
    if problems := sheet.problems():
        raise AnswersInvalid(instrument.reference, problems)
    return sheet
