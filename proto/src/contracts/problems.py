"""What is wrong with bytes that somebody sent: which field, which code; never what stands in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as defaulted
from types import MappingProxyType

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from contracts.fields import FORM_OF


@dataclass(frozen=True)
class Problem:
    """One thing wrong. `field`: JSON pointer or CloudEvents attribute; `detail` fills the remedy's text."""

    code: str
    field: str | None = None
    detail: Mapping[str, str] = defaulted(default_factory=dict)


class Unreadable(ValueError):
    """The bytes are no event that we can read: one problem a field, at most `MOST` of them."""

    MOST = 20

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[: self.MOST])
        super().__init__(
            "; ".join(f"{problem.field or 'event'}: {problem.code}" for problem in self.problems)
        )


_CODES: Mapping[str, str] = MappingProxyType(
    {
        "missing": "field_missing",
        "extra_forbidden": "field_unknown",
        "enum": "not_in_list",
        "literal_error": "not_in_list",
        "string_too_long": "too_long",
        "string_too_short": "too_short",
        "too_long": "too_many",
        "too_short": "too_few",
        "string_pattern_mismatch": "not_of_form",
        "greater_than_equal": "too_small",
        "less_than_equal": "too_big",
        "timezone_aware": "time_without_zone",
    }
)
KINDS = ("string", "int", "bool", "date", "datetime", "uuid", "tuple", "dict", "model", "float", "decimal")
_DEMANDS = ("max_length", "min_length", "ge", "le")
_ONE_OF = "constrained-str"
"""How pydantic names a text that may have several forms, behind the name of the field."""

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def problems_of(error: ValidationError) -> list[Problem]:
    """Pydantic's findings in the catalogue's codes, without any value that was sent."""
    details = error.errors(include_input=False, include_url=False)
    return _told_once([_problem(one) for one in details[: Unreadable.MOST]])


def _told_once(found: list[Problem]) -> list[Problem]:
    """Without the lack of items that follows from wrong items; several forms of a text as one problem."""
    fields, told = [one.field or "" for one in found], list[Problem]()
    for one in found:
        before = told[-1] if told else None
        if one.code == "too_few" and any(field.startswith(f"{one.field}/") for field in fields):
            continue
        if before and one.code == "not_of_form" and (before.code, before.field) == (one.code, one.field):
            forms = f"{before.detail['form']}, {one.detail['form']}"
            told[-1] = Problem(one.code, one.field, {"form": forms})
            continue
        told.append(one)
    return told


def _problem(details: ErrorDetails) -> Problem:
    kind, context, field = details["type"], details.get("ctx", {}), pointer(_place(details))
    if kind == "json_invalid":
        return Problem(_json_code(str(context.get("error", ""))))
    if kind in ("value_error", "assertion_error"):
        return Problem(str(context.get("error", "")), field)
    if (code := _CODES.get(kind)) is not None:
        return Problem(code, field, _detail(context))
    return Problem("wrong_type", field, {"expected": _expected(kind)})


def _place(details: ErrorDetails) -> tuple[int | str, ...]:
    place = details["loc"]
    return place[:-1] if place[-1:] == (_ONE_OF,) and details["type"] != "extra_forbidden" else place


def _detail(context: Mapping[str, object]) -> dict[str, str]:
    """What the contract demands there, for the remedy's text."""
    detail = {name: str(context[name]) for name in _DEMANDS if name in context}
    if "expected" in context:
        detail["expected"] = str(context["expected"]).replace(" or ", ", ")
    if "pattern" in context:
        detail["form"] = FORM_OF[str(context["pattern"])]
    return detail


def _json_code(reason: str) -> str:
    if "recursion limit" in reason:
        return "nested_too_deep"
    return "not_json"


def is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _expected(kind: str) -> str:
    return next((name for name in sorted(KINDS, key=len, reverse=True) if kind.startswith(name)), "value")


def pointer(loc: Sequence[int | str]) -> str:
    """`("data", "scores", 0)` → `/data/scores/0`. A name that no contract would use is not repeated: `?`."""
    return "".join(
        f"/{step if isinstance(step, int) or _FIELD_NAME.fullmatch(step) else '?'}" for step in loc
    )
