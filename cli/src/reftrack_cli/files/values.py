"""What a cell holds becomes what an event says: by the kind of the field, never by a guess.

A value that Excel may have damaged (leading zeros, more digits than it keeps) is an error that says so.
`Unfit` tells what is wrong by a code of the catalogue; it never has the value itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum, auto
from typing import Protocol

from pydantic import JsonValue
from reference.days import local_day
from territory.names import folded

HANOI = timezone(timedelta(hours=7))
"""Asia/Ho_Chi_Minh: no daylight saving since 1975."""


class Odd(Enum):
    """What stands in a cell that holds no value which could be read."""

    FORMULA = auto()
    ERROR = auto()
    LONG = auto()


Value = str | int | float | bool | datetime | date | time | timedelta | Odd | None
"""A cell as a file has it; text from CSV, and what Excel makes of it from XLSX. None: empty."""

LONGEST = 32_767
"""No cell of Excel is longer, in characters."""

_ODD = {Odd.FORMULA: "cell_formula", Odd.ERROR: "cell_error", Odd.LONG: "cell_long"}
_EXACT = 10**15
"""Excel keeps 15 digits; what follows them becomes zeros."""

_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:([., ])[0-9]{3})(?:\1[0-9]{3})*")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_CLOCK = re.compile(r"([0-9]{1,2})[:hH]([0-9]{2})(?::([0-9]{2})(?:\.0+)?)?")
_ZONE = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_YES = frozenset({"co", "yes", "y", "x", "true", "1", "dung"})
_NO = frozenset({"khong", "no", "n", "false", "0", "sai"})


class Unfit(Exception):
    """A cell holds what the field cannot take: `code` of the catalogue and what fills its text."""

    def __init__(self, code: str, detail: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code, self.detail = code, dict(detail or {})


class Names(Protocol):
    """Organisations and communes by what people call them."""

    def organisation(self, text: str) -> str:
        """Its id. Raises `Unfit`."""

    def commune(self, text: str, on: date | None) -> str:
        """Its code, as of that day. Raises `Unfit`."""


@dataclass(frozen=True)
class Context:
    """What a cell is read with: names of the directory, the day of the event (none: not known yet)."""

    names: Names
    on: date | None = None


class Reading(Protocol):
    """How cells of one kind of field are read."""

    def read(self, value: Value, context: Context) -> JsonValue:
        """The value in the form of the contract. Never called with an empty cell. Raises `Unfit`."""


def tidy(value: Value) -> Value:
    """None for what is empty; text without blanks around it, its letters in one form (NFC).

    Raises `Unfit` for a formula, an error of Excel, a text that no cell could hold.
    """
    if isinstance(value, Odd):
        raise Unfit(_ODD[value])
    if not isinstance(value, str):
        return value
    if len(value) > LONGEST:
        raise Unfit("cell_long")
    return unicodedata.normalize("NFC", value).strip("\ufeff \t\r\n\f\v\x00\u00a0\u200b") or None


def as_text(value: Value) -> str:
    """Text as it stands, a whole number as its digits. Raises `Unfit` for what Excel may have damaged."""
    if isinstance(value, str):
        if _SCIENTIFIC.fullmatch(value):
            raise Unfit("cell_digits_lost")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unfit("cell_not_text")
    if abs(value) >= _EXACT:
        raise Unfit("cell_digits_lost")
    if not _is_whole(value):
        raise Unfit("cell_not_text")
    return str(int(value))


@dataclass(frozen=True)
class Text:
    """Text of a form (a name in `contracts.fields.PATTERNS`, or none)."""

    form: str | None = None

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        text = as_text(value)
        if self.form in {"id_number", "phone"} and _lost_zeros(text, self.form):
            raise Unfit("cell_zeros_lost", {"form": self.form})
        return text


@dataclass(frozen=True)
class Whole:
    """A whole number, also as text and with thousands set apart (`1.500.000`)."""

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        if isinstance(value, str):
            bare = re.sub(r"[., ]", "", value) if _GROUPED.fullmatch(value) else value
            if _WHOLE.fullmatch(bare):
                return int(bare)
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and _is_whole(value):
            return int(value)
        raise Unfit("cell_not_whole")


def _is_whole(number: float) -> bool:
    return abs(number) < _EXACT and number == int(number)  # neither holds for what is no number


@dataclass(frozen=True)
class YesNo:
    """`có` or `không`; `yes`, `no`, `x`, 1, 0, TRUE, FALSE too."""

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        number = value if isinstance(value, (bool, int, float)) and _is_whole(value) else None
        said = folded(str(value) if number is None else str(int(number)))
        if said in _YES or said in _NO:
            return said in _YES
        raise Unfit("cell_not_yes_no")


@dataclass(frozen=True)
class Day:
    """A day: an Excel date, `02/03/2019` (2 March) or `2019-03-02`."""

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        moment, exact = when(value)
        if exact and (moment.hour or moment.minute or moment.second):
            raise Unfit("cell_day_with_time")
        return moment.date().isoformat()


@dataclass(frozen=True)
class Instant:
    """A moment, `02/03/2019 09:15` here, or RFC 3339 with its zone."""

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        moment, exact = when(value)
        if not exact:
            raise Unfit("cell_time_missing")
        return moment.isoformat()


def when(value: Value) -> tuple[datetime, bool]:
    """A moment in its zone (without one: that of Viet Nam), and whether more than the day is known.

    Raises `Unfit`: `cell_not_date`, or `cell_date_number` for a number that is not shown as a date.
    """
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=HANOI)), value.time() != time()
    if isinstance(value, date):
        return datetime.combine(value, time(), HANOI), False
    if isinstance(value, str):
        return _when_written(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Unfit("cell_date_number")
    raise Unfit("cell_not_date")


def day_of(time: str) -> date:
    """The day in Viet Nam of an RFC 3339 time, whatever zone its sender keeps; as written, at the end of all
    years."""
    moment = datetime.fromisoformat(time)
    try:
        return local_day(moment)
    except OverflowError:
        return moment.date()


def _when_written(text: str) -> tuple[datetime, bool]:
    try:
        if _ZONE.search(text) and len(text) > 10 and text[10] in "Tt ":
            return datetime.fromisoformat(text.upper()), True
        day, _, clock = text.replace("T", " ").partition(" ")
        at = _clock(clock.strip())
        return datetime.combine(_day(day), at or time(), HANOI), at is not None
    except (ValueError, OverflowError):
        raise Unfit("cell_not_date") from None


def _day(text: str) -> date:
    if found := _DAY_FIRST.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    if found := _YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    raise ValueError("no day")


def _clock(text: str) -> time | None:
    if not text:
        return None
    if found := _CLOCK.fullmatch(text):
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    raise ValueError("no time of the day")


def _lost_zeros(text: str, form: str) -> bool:
    """Whether digits are missing that Excel leaves out in front: CMND has 9, CCCD 12, a telephone begins
    with 0."""
    if not text.isdecimal() or not text.isascii():
        return False
    return len(text) in {7, 8, 10, 11} if form == "id_number" else len(text) == 9 and text[0] != "0"
