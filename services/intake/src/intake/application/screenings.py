"""Screenings: what an agency claims beside what the instrument gives. Neither is ever corrected."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from chassis.aggregate import event_id, fold
from chassis.refusal import Refusal
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.envelope import Meta
from contracts.events.screening import ClientScreened, ClientScreenedPosted, ScreeningDifference
from contracts.problems import Problem
from contracts.vocabulary import (
    InjectingCourse,
    RiskBand,
    ScreeningDifferenceKind,
    ScreeningOccasion,
    Substance,
)
from reference.days import local_day
from reference.instruments import (
    Answer,
    AnswersInvalid,
    Claim,
    Difference,
    Instrument,
    compare,
    judge,
    screen,
    screening_of,
)

from intake.application import keys, people
from intake.application.originals import Original
from intake.application.outcome import FieldsRefused
from intake.application.telling import known_of
from intake.domain.case import Case
from intake.domain.order import Step, too_early

CONFLICTS = Rows(
    30,
    "INSERT INTO screening_conflicts (event_id, case_id, org) SELECT * FROM {rows}",
    *("text", "uuid", "text"),
)
"""Where somebody should look: the event says in what claim and computation differ."""

SETTLED = Rows(
    31,
    "DELETE FROM screening_conflicts AS c USING {rows} AS r (event_id) WHERE c.event_id = r.event_id",
    "text",
)

REVIEWED = Rows(
    32,
    "UPDATE screening_conflicts AS c SET review = nullif(r.review, '')"
    " FROM (SELECT DISTINCT ON (event_id) event_id, review FROM {rows}"
    " WITH ORDINALITY AS told (event_id, review, n) ORDER BY event_id, n DESC) AS r"
    " WHERE c.event_id = r.event_id",
    *("text", "text"),
)
"""Looked into, and by which event; no event: its review was voided."""


class Versions(Protocol):
    """The instruments, each version of each."""

    def on(self, day: date, instrument: str, /) -> Instrument | None:
        """The version in force on a day."""
        ...

    def get(self, reference: str, /) -> Instrument | None:
        """A version by its name."""
        ...


class ScreeningDesk:
    """Records screenings with the judgement of the instrument's version and bands of the day."""

    def __init__(self, instruments: Versions) -> None:
        self._instruments = instruments
        self._claimed = lru_cache(maxsize=8192)(self._judge_claim)

    def screened(
        self,
        uow: UnitOfWork,
        case: Case,
        data: ClientScreenedPosted,
        meta: Meta,
        replaces: Original | None = None,
    ) -> None:
        """Raises `Refusal` before anything has changed: answers that do not fit the form, with each field."""
        known = known_of(uow, case, case.meant(meta))
        case.check_takes(Step.SCREENED, meta, known)
        same = case.same(meta, known)
        earlier = case.screened_before(meta, same, _standing_after(replaces))
        if earlier is None and data.occasion is ScreeningOccasion.FOLLOW_UP:
            _check_screened_elsewhere(uow, case, same, meta)
        recorded = self.judged(data, local_day(meta.occurred_at))
        case.take(recorded.model_copy(update={"earlier": earlier}), meta, known)
        if recorded.differences:
            row = (event_id(case.pending_events[-1]), case.id, meta.org)
            uow.commit.extra.append(TableWrite(CONFLICTS, row))

    def judged(self, data: ClientScreenedPosted, day: date) -> ClientScreened:
        """The claim with what can be said of it; not judged where no version of the instrument is known."""
        claimed = {name: getattr(data, name) for name in ClientScreenedPosted.model_fields}
        instrument = self._version(data, day)
        if instrument is None:
            return ClientScreened(**claimed)
        pattern = _pattern(instrument, data)
        claim = Claim(tuple((str(one.substance), one.score) for one in data.scores), str(data.risk))
        if data.answers:
            risk, found = _judge_answers(instrument, data, claim, day, pattern)
        else:
            risk, found = self._claimed(instrument.reference, claim, day)
        return ClientScreened(
            **claimed,
            judged_by=instrument.reference,
            computed_risk=RiskBand(risk) if risk else None,
            differences=tuple(map(_difference, found)),
            injecting_calls_for=_course(instrument, pattern),
        )

    def _judge_claim(
        self, reference: str, claim: Claim, day: date
    ) -> tuple[str | None, Sequence[Difference]]:
        """What can be said without answers: the same claims come again and again."""
        instrument = self._instruments.get(reference)
        assert instrument is not None, "it was found by its name"
        try:
            risk = screening_of(instrument, claim.scores, day).risk
        except AnswersInvalid:  # a substance twice or not on the form: no band of all of them
            risk = None
        return risk, judge(instrument, claim, day)

    def _version(self, data: ClientScreenedPosted, day: date) -> Instrument | None:
        if data.instrument_version is None:
            return self._instruments.on(day, data.instrument)
        known = self._instruments.get(f"{data.instrument}@{data.instrument_version}")
        if known is None:
            raise Refusal("instrument_version_unknown", field="/data/instrument_version")
        return known


def _standing_after(replaces: Original | None) -> Collection[str]:
    """The screenings that came after the one that is replaced, or after what stood in its place before."""
    if replaces is None:
        return ()
    case: Case = fold(replaces.events)
    taken = [screening for _, screening, _ in case.screenings.taken]
    return taken[taken.index(replaces.recorded_id) + 1 :]


def _check_screened_elsewhere(uow: UnitOfWork, case: Case, same: Collection[UUID], meta: Meta) -> None:
    """A follow-up follows a screening, be it in another case of the `same` person, the client's own earlier
    one too: then it names none, as who reads the one case need not know of the other."""
    person = people.person_of(uow, keys.as_text(case.meant(meta)))
    others = people.cases_about(uow, person, set(map(keys.as_text, same)), case)
    if not any(one.screened_before(meta, same) for one in others):
        raise too_early(Step.SCREENED, Step.SCREENED, case.happened_of(same))


def forget_conflict(uow: UnitOfWork, recorded_id: str) -> None:
    """The screening was voided: there is nothing left to look into."""
    uow.commit.extra.append(TableWrite(SETTLED, (recorded_id,)))


def note_review(uow: UnitOfWork, screening: str, review: str | None) -> None:
    """Somebody looked into the conflict, or (None) what was found there was voided: it is open again."""
    uow.commit.extra.append(TableWrite(REVIEWED, (screening, review or "")))


def _pattern(instrument: Instrument, data: ClientScreenedPosted) -> dict[str, int]:
    """How somebody injected, by the measures that the form asks for. Raises `FieldsRefused` for others, and
    for a form that asks for none."""
    told = data.injecting.model_dump(exclude_none=True) if data.injecting is not None else {}
    rule = instrument.injecting
    if told and rule is None:
        raise FieldsRefused([Problem("injecting_not_asked", "/data/injecting")])
    measures = tuple(rule.limits) if rule is not None else ()
    strange = [
        Problem("injecting_measure_unknown", f"/data/injecting/{one}", {"measures": ", ".join(measures)})
        for one in told
        if one not in measures
    ]
    if strange:
        raise FieldsRefused(strange)
    return told


def _course(instrument: Instrument, pattern: dict[str, int]) -> InjectingCourse | None:
    rule = instrument.injecting
    course = rule.course(pattern) if rule is not None else None
    return InjectingCourse(course) if course is not None else None


def _judge_answers(
    instrument: Instrument, data: ClientScreenedPosted, claim: Claim, day: date, pattern: dict[str, int]
) -> tuple[str | None, Sequence[Difference]]:
    """The highest risk, where it is certain, and the differences."""
    try:
        screening = screen(instrument, _answers(data), day)
    except AnswersInvalid as invalid:
        raise FieldsRefused(_problems(data, invalid)) from None
    if pattern and screening.injecting is None:
        raise FieldsRefused([Problem("injecting_not_asked", "/data/injecting")])
    return screening.risk, compare(screening, claim)


def _answers(data: ClientScreenedPosted) -> list[Answer]:
    return [
        Answer(one.question, one.answer, str(one.substance) if one.substance else None)
        for one in data.answers
    ]


def _problems(data: ClientScreenedPosted, invalid: AnswersInvalid) -> list[Problem]:
    """Each problem at its answer; what is missing at the list of answers."""
    places = {(one.question, one.substance): place for place, one in enumerate(_answers(data))}
    found = []
    for problem in invalid.problems:
        place = places.get((problem.question, problem.substance))
        field = "/data/answers" if place is None else f"/data/answers/{place}"
        found.append(Problem(problem.code, field, problem.filling))
    return found


def _difference(one: Difference) -> ScreeningDifference:
    return ScreeningDifference(
        about=ScreeningDifferenceKind(one.about),
        substance=Substance(one.substance) if one.substance else None,
        claimed=one.claimed,
        computed=one.computed,
    )
