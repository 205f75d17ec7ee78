"""What a pack can lay down: one value with its law, article, days, province and source, a kind a section."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, Field, model_validator

from reference.entries import Entry, Lasting, Name, Word
from reference.policy.words import ALL, Class, EventName, Kind, Label, Province, Purpose, named
from reference.policy.workdays import is_rest, is_work

Kinds = Annotated[tuple[Kind, ...], Field(strict=False)]
Text = Annotated[str, Field(pattern=r"\S")]
T = TypeVar("T")


class Statement(Lasting, Generic[T]):
    """One value. Law and source are the pack's where none is named; `confirmed` false: nobody has checked the
    text of the law. In force from `from` to `until` within the life of its pack, in `province` or in all."""

    value: T
    law: Text | None = None
    article: Text | None = None
    province: Province = ALL
    source: Text | None = None
    confirmed: bool


SOME = Field(strict=False, min_length=1)
"""One statement, or several that follow each other in time or differ by province."""


class LegalBasis(Entry):
    """A ground for sharing data without consent: to whom, for which purposes, which labels at most."""

    title: Name
    recipients: Annotated[tuple[Kind, ...], Field(strict=False, min_length=1)]
    purposes: Annotated[tuple[Purpose, ...], Field(strict=False, min_length=1)]
    labels: Annotated[tuple[Label, ...], Field(strict=False, min_length=1)]


def _work(day: date) -> date:
    if not is_work(day):
        raise ValueError(f"{day} is no working day by the calendar: there is nothing to exchange")
    return day


def _rest(day: date) -> date:
    if not is_rest(day):
        raise ValueError(f"{day} is no Saturday or Sunday without a holiday: it cannot be worked instead")
    return day


class Swap(Entry):
    """A working day exchanged for a day of rest: `free` is a day off, `worked` is worked instead."""

    free: Annotated[date, AfterValidator(_work)]
    worked: Annotated[date, AfterValidator(_rest)]
    law: Text | None = None
    province: Province = ALL
    source: Text
    confirmed: bool


def once_each(classes: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Nobody stands in two places of a queue."""
    seen = [one for some in classes for one in some]
    if len(seen) != len(set(seen)):
        raise ValueError("a class stands twice: keep it where it is served first")
    return classes


Count = Annotated[int, Field(ge=0)]
Age = Annotated[int, Field(ge=0, le=120)]
InstrumentRef = Annotated[str, Field(pattern=r"^[a-z_]+@[0-9.]+$")]
Classes = Annotated[
    tuple[Annotated[tuple[Class, ...], Field(strict=False, min_length=1)], ...],
    Field(strict=False, min_length=1),
    AfterValidator(once_each),
]


class Sections(Entry):
    """Everything that a pack or one of its parts lays down.

    `terms` numbers of days, hours and months (`Terms`) · `ages` limits in years · `instruments` what is used
    for what · `may_post` event → kinds of organisation · `may_know` label → kinds of organisation that the
    law lets know it, a closed list · `legal_bases` grounds other than consent · `priorities` classes, first
    the first served · `laws` which text governs a matter · `swaps` exchanged working days.
    """

    terms: dict[str, Annotated[tuple[Statement[Count], ...], SOME]] = Field(default_factory=dict)
    ages: dict[Annotated[Word, named("ages")], Annotated[tuple[Statement[Age], ...], SOME]] = Field(
        default_factory=dict
    )
    instruments: dict[
        Annotated[Word, named("instruments")], Annotated[tuple[Statement[InstrumentRef], ...], SOME]
    ] = Field(default_factory=dict)
    may_post: dict[EventName, Annotated[tuple[Statement[Kinds], ...], SOME]] = Field(default_factory=dict)
    may_know: dict[Label, Annotated[tuple[Statement[Kinds], ...], SOME]] = Field(default_factory=dict)
    legal_bases: dict[Word, Annotated[tuple[Statement[LegalBasis], ...], SOME]] = Field(default_factory=dict)
    priorities: dict[
        Annotated[Word, named("priorities")], Annotated[tuple[Statement[Classes], ...], SOME]
    ] = Field(default_factory=dict)
    laws: dict[Annotated[Word, named("laws")], Annotated[tuple[Statement[Text], ...], SOME]] = Field(
        default_factory=dict
    )
    swaps: Annotated[tuple[Swap, ...], Field(strict=False)] = ()
    holidays_announced_until: date | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_stands_for_a_list(cls, content: Any) -> Any:
        """A name with a single statement need not write a list."""
        if not isinstance(content, dict):
            return content
        return {name: _listed(value) if name in DATED else value for name, value in content.items()}


def _listed(section: Any) -> Any:
    if not isinstance(section, dict):
        return section
    return {name: [said] if isinstance(said, dict) else said for name, said in section.items()}


DATED = tuple(name for name in Sections.model_fields if name not in ("swaps", "holidays_announced_until"))
"""The sections whose entries are statements by name."""


class Terms(Entry):
    """The terms that hold on a day; `version` (`<pack>@<version>`) stands in every event judged by them.

    Days are calendar days unless the name says working days (`WorkingDays`). A term that only some laws lay
    down is none where the law of the day has none.
    """

    version: str
    wait_term_days: int
    acknowledge_working_days: int
    answer_working_days: int
    first_appointment_days: int
    interim_report_days: int
    confirm_loop_working_days: int
    confirm_cancellation_working_days: int
    handover_notice_days: int
    handover_receipt_working_days: int
    contact_months: int
    move_acknowledge_hours: int
    evaluation_months: int
    evaluation_window_days: int
    decision_after_positive_hours: int | None = None
    move_notice_hours: int | None = None
    compulsory_detox_first_months: int | None = None
    compulsory_detox_again_months: int | None = None


TERM_NAMES = tuple(name for name in Terms.model_fields if name != "version")
REQUIRED_TERMS = tuple(name for name in TERM_NAMES if Terms.model_fields[name].is_required())
