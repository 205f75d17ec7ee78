"""What became of an event, before it is written down and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from chassis.refusal import Refusal
from chassis.store.rows import InboxRow
from contracts.problems import Problem
from contracts.vocabulary import Verdict

ACCEPTED: str = Verdict.ACCEPTED.value
"""The usual verdict. Members of an enum are looked up by a call, each time: the hot path does without."""

ROUTED = "routed"
"""Not a verdict: another service decides, and intake waits for its word."""

NONE: Mapping[str, str] = MappingProxyType({})


class Outcome(NamedTuple):
    """A verdict (or `ROUTED`) with what the agency is told about it; nothing in here is personal.

    `detail` fills the catalogue's text for `code`; `problems` are all that is wrong with what cannot be read.
    `wait_key` is what it waits for inside, `waiting_for` the same in words for the agency. `units`: what
    codes of communes were taken for, where that is worth telling. `warnings`: accepted all the same.
    """

    verdict: str
    code: str | None = None
    field: str | None = None
    detail: Mapping[str, str] = NONE
    problems: Sequence[Problem] = ()
    waiting_for: str | None = None
    wait_key: str | None = None
    until: datetime | None = None
    numbers: Mapping[str, str] = NONE
    state: str | None = None
    moves: Sequence[str] = ()
    routed_id: str | None = None
    case_key: str | None = None
    units: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[Problem] = ()

    def as_detail(self) -> dict[str, Any] | None:
        """What the inbox keeps of it, so that a repetition gets the same answer; None if nothing."""
        if self.code is None:
            if not (self.numbers or self.units or self.warnings):
                return None
            told = {
                "numbers": dict(self.numbers),
                "units": list(self.units),
                "warnings": [[one.code, one.field, dict(one.detail)] for one in self.warnings],
            }
            return {name: value for name, value in told.items() if value}
        kept = {
            "detail": dict(self.detail),
            "problems": [[one.code, one.field, dict(one.detail)] for one in self.problems],
            "waiting_for": self.waiting_for,
            "until": self.until.isoformat() if self.until else None,
            "state": self.state,
            "moves": list(self.moves),
        }
        return {name: value for name, value in kept.items() if value} or None


class FieldsRefused(Refusal):
    """Refused for several fields at once: `problems`, the first of which gives code and field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.code, field=first.field, detail=dict(first.detail))
        self.problems = tuple(problems)


def from_row(row: InboxRow) -> Outcome:
    """Read back what an inbox row keeps."""
    kept = row.detail or {}
    until = kept.get("until")
    return Outcome(
        verdict=row.verdict,
        code=row.code,
        field=row.field,
        detail=kept.get("detail", NONE),
        problems=[Problem(code, name, detail) for code, name, detail in kept.get("problems", ())],
        waiting_for=kept.get("waiting_for"),
        until=datetime.fromisoformat(until) if until else None,
        numbers=kept.get("numbers", NONE),
        state=kept.get("state"),
        moves=kept.get("moves", ()),
        routed_id=row.routed_id,
        case_key=row.case_key,
        units=kept.get("units", ()),
        warnings=[Problem(code, name, detail) for code, name, detail in kept.get("warnings", ())],
    )


def quarantined(problems: Sequence[Problem]) -> Outcome:
    """It cannot be read: a person looks. The first problem gives the code, all of them are named."""
    first = problems[0]
    return Outcome(
        Verdict.QUARANTINED, code=first.code, field=first.field, detail=first.detail, problems=problems
    )


def rejected(refusal: Refusal) -> Outcome:
    """Readable, known, not allowed."""
    return Outcome(
        Verdict.REJECTED,
        code=refusal.code,
        field=refusal.field,
        detail=refusal.detail,
        state=refusal.state,
        moves=refusal.moves,
        problems=refusal.problems if isinstance(refusal, FieldsRefused) else (),
    )


def waiting(key: str, told: str, until: datetime, refusal: Refusal) -> Outcome:
    """Not yet: `key` is what will release it, `told` what the agency reads, `refusal` why it cannot go on."""
    return Outcome(
        Verdict.WAITING,
        code=refusal.code,
        field=refusal.field,
        detail=refusal.detail,
        waiting_for=told,
        wait_key=key,
        until=until,
        state=refusal.state,
        moves=refusal.moves,
    )
