"""What a pack can lay down: one value with its law, article, days, province and source, a kind a section."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field, model_validator

from reference.entries import Entry, Lasting, Name, Word

ALL = "all"
Province = Annotated[str, Field(pattern=r"^([0-9]{2}|all)$")]
EventName = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
Label = Annotated[str, Field(pattern=r"^[A-Z]+$")]
Words = Annotated[tuple[Word, ...], Field(strict=False)]
T = TypeVar("T")


class Statement(Lasting, Generic[T]):
    """One value. Law and source are the pack's where none is named; `confirmed` false: nobody has checked the
    text of the law. In force from `from` to `until` within the life of its pack, in `province` or in all."""

    value: T
    law: str | None = None
    article: str | None = None
    province: Province = ALL
    source: str | None = None
    confirmed: bool


SOME = Field(strict=False, min_length=1)
"""One statement, or several that follow each other in time or differ by province."""


class LegalBasis(Entry):
    """A ground for sharing data without consent: to whom, for which purposes, which labels at most."""

    title: Name
    recipients: Words
    purposes: Words
    labels: Annotated[tuple[Label, ...], Field(strict=False)]


class Swap(Entry):
    """A working day exchanged for a day of rest: `free` is a day off, `worked` is worked instead."""

    free: date
    worked: date
    law: str | None = None
    province: Province = ALL
    source: str
    confirmed: bool


Count = Annotated[int, Field(ge=0)]
Age = Annotated[int, Field(ge=0, le=120)]
InstrumentRef = Annotated[str, Field(pattern=r"^[a-z_]+@[0-9.]+$")]
Classes = Annotated[tuple[Words, ...], Field(strict=False, min_length=1)]


class Sections(Entry):
    """Everything that a pack or one of its parts lays down.

    `terms` numbers of days, hours and months (`Terms`) · `ages` limits in years · `instruments` what is used
    for what · `may_post` event → kinds of organisation · `may_know` label → kinds of organisation that the
    law lets know it, a closed list · `legal_bases` grounds other than consent · `priorities` classes, first
    the first served · `laws` which text governs a matter · `swaps` exchanged working days.
    """

    terms: dict[str, Annotated[tuple[Statement[Count], ...], SOME]] = Field(default_factory=dict)
    ages: dict[Word, Annotated[tuple[Statement[Age], ...], SOME]] = Field(default_factory=dict)
    instruments: dict[Word, Annotated[tuple[Statement[InstrumentRef], ...], SOME]] = Field(
        default_factory=dict
    )
    may_post: dict[EventName, Annotated[tuple[Statement[Words], ...], SOME]] = Field(default_factory=dict)
    may_know: dict[Label, Annotated[tuple[Statement[Words], ...], SOME]] = Field(default_factory=dict)
    legal_bases: dict[Word, Annotated[tuple[Statement[LegalBasis], ...], SOME]] = Field(default_factory=dict)
    priorities: dict[Word, Annotated[tuple[Statement[Classes], ...], SOME]] = Field(default_factory=dict)
    laws: dict[Word, Annotated[tuple[Statement[str], ...], SOME]] = Field(default_factory=dict)
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
