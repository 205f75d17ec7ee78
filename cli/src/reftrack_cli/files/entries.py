"""Rows become events: what a row says in the form of the contract, or everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from contracts.fields import OF_A_PERSON
from contracts.posted import parse_posted
from contracts.problems import Problem, Unreadable

from reftrack_cli.files.assist import COMPUTED
from reftrack_cli.files.columns import Column
from reftrack_cli.files.fields import Step
from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import Form
from reftrack_cli.files.scoring import scored
from reftrack_cli.files.values import (
    HANOI,
    Context,
    Day,
    Instant,
    Names,
    Unfit,
    Value,
    as_text,
    day_of,
    tidy,
    when,
)

AHEAD = timedelta(minutes=5)
"""How far the clock that wrote a time may run ahead of this one."""


class Event(NamedTuple):
    """An event ready to be sealed and sent: its attributes, and the posted value in clear."""

    id: str
    type: str
    time: str
    posted: Mapping[str, Any]

    @property
    def data(self) -> bytes:
        """The posted value as JSON, the same bytes for the same content."""
        return json.dumps(self.posted, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Entry(NamedTuple):
    """One row: its event, or none and why; notes do not keep it from being sent."""

    place: Place
    event: Event | None
    errors: tuple[Finding, ...] = ()
    notes: tuple[Finding, ...] = ()
    given_id: bool = False


@dataclass(frozen=True)
class Setting:
    """What holds for every row: who posts, what is filled in where a row leaves it out, the names."""

    names: Names
    org: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def source(self) -> str:
        """The CloudEvents source of the office."""
        return f"/agencies/{self.org}"


class Placed(NamedTuple):
    """A column of a file: which cell of a row, what it holds, how people find it (`D "Xã, phường"`)."""

    at: int
    column: Column
    label: str


class Layout:
    """The columns of one kind of event, as a file has them."""

    def __init__(self, form: Form, placed: Iterable[Placed], setting: Setting) -> None:
        self.form, self.setting = form, setting
        self.placed = tuple(placed)
        self._labels = {
            path: one.label for one in self.placed for path in (one.column.path, *one.column.beside)
        }
        self._days: dict[tuple[Any, ...], set[type]] = {}
        self._absent = {path for path in _needed(form) if path not in self._labels}
        if any(one.column.fixed for one in self.placed):
            self._absent.discard(COMPUTED)

    def is_mixed(self, path: tuple[Any, ...], value: Value) -> bool:
        """Whether a column of days has now both days of Excel's and days that it left as text.

        Then Excel may read the month first: it turned 02/03 into 3 February, and left 14/03 as it was typed.
        """
        kinds = self._days.setdefault(path, set())
        kinds.add(str if isinstance(value, str) else date)
        return len(kinds) > 1

    def absent(self) -> Iterator[str]:
        """The headings of columns that every row needs and the file does not have."""
        for one in self.form.fields:
            if one.path in self._absent and str(one.path[-1]) not in self.setting.defaults:
                yield one.full("vi")

    def entry(self, place: Place, cells: list[Value]) -> Entry:
        """The event of one row, its cells in the order of the file."""
        return _Row(self, place, cells).entry()

    def label(self, path: tuple[Any, ...]) -> str:
        """How people find the cell of a value: by the file's own heading, or by the form's."""
        if path in self._labels:
            return self._labels[path]
        inside = [label for other, label in self._labels.items() if other[: len(path)] == path]
        if inside:
            return inside[0]
        number = next((str(step) for step in path if isinstance(step, int)), "1")
        each = tuple(Step.EACH if isinstance(step, int) else step for step in path)
        named = [one for one in self.form.fields if one.path[: len(each)] == each and len(each) > 1]
        return f'"{named[0].full("vi").replace("#", number)}"' if named else ""

    def is_absent(self, path: tuple[Any, ...]) -> bool:
        """Whether the file has no such column, which is told once and not for every row."""
        return path in self._absent


class _Row:
    """One row on its way to an event."""

    def __init__(self, layout: Layout, place: Place, cells: list[Value]) -> None:
        self._layout, self._place = layout, place
        self._errors: list[Finding] = []
        self._notes: list[Finding] = []
        self._wrong: list[tuple[Any, ...]] = []
        self._values: dict[tuple[Any, ...], Any] = {}
        self._cells = [(one, cells[one.at]) for one in layout.placed if one.at < len(cells)]

    def entry(self) -> Entry:
        time, day = self._when()
        context = Context(self._layout.setting.names, day_of(time) if time else None)
        for one, value in self._cells:
            if one.column.path != ("when",):
                self._read(one, value, context)
        given = self._values.pop(("id",), None)
        told = self._posted(day)
        posted = self._scored(told, context.on)
        self._judge(posted)
        if self._errors or time is None:
            return Entry(self._place, None, tuple(self._errors), tuple(self._notes))
        form, source = self._layout.form, self._layout.setting.source
        event_id = given or derived_id(form, source, time, told)
        event = Event(str(event_id), form.type_name, time, posted)
        return Entry(self._place, event, (), tuple(self._notes), given_id=given is not None)

    def _when(self) -> tuple[str | None, str | None]:
        """RFC 3339 time, and the day where only that is known."""
        found = next(((one, value) for one, value in self._cells if one.column.path == ("when",)), None)
        try:
            value = tidy(found[1]) if found else None
            if value is None:
                if not self._layout.is_absent(("when",)):
                    self._wrong_at(("when",), "field_missing")
                return None, None
            moment, exact = when(value)
        except Unfit as unfit:
            self._wrong_at(("when",), unfit.code, unfit.detail)
            return None, None
        self._look_at_day(("when",), value)
        if moment > self._layout.setting.now + AHEAD:
            self._notes.append(Finding("file_in_future", self._at(("when",))))
        return moment.isoformat(), None if exact else moment.date().isoformat()

    def _read(self, one: Placed, raw: Value, context: Context) -> None:
        path = one.column.path
        try:
            value = tidy(raw)
            if value is None:
                return
            if path == ("id",):
                self._values[path] = checked_id(as_text(value))
                return
            if path == ("about", "agency_ref") and not isinstance(value, str):
                self._notes.append(Finding("file_number_as_text", self._at(path)))
            self._values[path] = one.column.field.reading.read(value, context)
            if isinstance(one.column.field.reading, (Day, Instant)):
                self._look_at_day(path, value)
            self._values |= one.column.beside
        except Unfit as unfit:
            self._wrong_at(path, unfit.code, unfit.detail)

    def _look_at_day(self, path: tuple[Any, ...], value: Value) -> None:
        if self._layout.is_mixed(path, value):
            self._notes.append(Finding("file_days_mixed", self._at(path)))

    def _posted(self, day: str | None) -> dict[str, Any]:
        """The posted value. Lists keep the order of their numbers; those left empty are left out."""
        posted: dict[str, Any] = {"about": {}, "data": {}, **self._layout.setting.defaults}
        if day is not None:
            posted["occurred_on"] = day
        for path in sorted(self._values, key=lambda path: [step for step in path if isinstance(step, int)]):
            _put(posted, path, self._values[path], self._places_in_lists())
        return posted

    def _places_in_lists(self) -> Mapping[tuple[Any, ...], int]:
        """Path up to a number in the file → place in the list."""
        used: dict[tuple[Any, ...], set[int]] = {}
        for path in [*self._values, *self._wrong]:
            for at, step in enumerate(path):
                if isinstance(step, int):
                    used.setdefault(path[:at], set()).add(step)
        return {(*root, n): at for root, ns in used.items() for at, n in enumerate(sorted(ns))}

    def _scored(self, posted: dict[str, Any], day: date | None) -> dict[str, Any]:
        """With what the answers of a screening give, where the row leaves it out."""
        if not self._layout.form.sheet or day is None:
            return posted
        found = scored(posted["data"], day)
        for problem in found.problems:
            path = self._path_of_answer(problem.question, problem.substance)
            self._wrong_at(path, problem.code, problem.filling)
        if found.problems:
            self._wrong += [("data", name) for name in ("scores", "risk") if name not in posted["data"]]
        if found.computed:
            self._notes.append(Finding("file_scored", self._place))
        return {**posted, "data": found.data}

    def _path_of_answer(self, question: str, substance: str | None) -> tuple[Any, ...]:
        """Where an answer stands in the file, or else all answers."""
        wanted = {"question": question, **({"substance": substance} if substance else {})}
        on_form = (one.column for one in self._layout.placed if dict(one.column.fixed) == wanted)
        return next((column.path for column in on_form), ("data", "answers"))

    def _judge(self, posted: Mapping[str, Any]) -> None:
        """What the contract finds, told by the columns of the file."""
        encoded = json.dumps(posted, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            parse_posted(self._layout.form.type_name, encoded)
        except Unreadable as unreadable:
            for problem in unreadable.problems:
                self._told(problem)

    def _told(self, problem: Problem) -> None:
        path = self._path(problem.field or "")
        if any(path[: len(wrong)] == wrong or wrong[: len(path)] == path for wrong in self._wrong):
            return
        if problem.code == "field_missing" and self._layout.is_absent(path):
            return
        label = self._layout.label(path)
        self._errors.append(Finding(problem.code, self._place._replace(column=label), problem.detail))

    def _path(self, pointer: str) -> tuple[Any, ...]:
        """A JSON pointer as a path of the file: places in lists as the numbers that the row used."""
        numbers = {(key[:-1], at): key[-1] for key, at in self._places_in_lists().items()}
        path: tuple[Any, ...] = ()
        for step in pointer.split("/")[1:]:
            path = (*path, numbers.get((path, int(step)), int(step) + 1) if step.isdecimal() else step)
        return path

    def _wrong_at(self, path: tuple[Any, ...], code: str, detail: Mapping[str, str] | None = None) -> None:
        self._wrong.append(path)
        self._errors.append(Finding(code, self._at(path), detail or {}))

    def _at(self, path: tuple[Any, ...]) -> Place:
        return self._place._replace(column=self._layout.label(path))


def _put(posted: dict[str, Any], path: tuple[Any, ...], value: Any, places: Mapping[Any, int]) -> None:
    """Set one value, with the objects and lists that lead to it."""
    at: Any = posted
    for depth, step in enumerate(path):
        key = places[path[: depth + 1]] if isinstance(step, int) else step
        last = depth + 1 == len(path)
        new: Any = value if last else [] if isinstance(path[depth + 1], int) else {}
        if isinstance(at, list):
            at.extend({} for _ in range(key + 1 - len(at)))
            if last or at[key] == {}:
                at[key] = new
        elif last or key not in at:
            at[key] = new
        at = at[key]


def _needed(form: Form) -> set[tuple[Any, ...]]:
    return {one.path for one in form.fields if one.needed and one.group is None and one.root is None}


def checked_id(text: str) -> str:
    """An id that the office gives. Raises `Unfit`: it travels in clear, so it is no number of a person."""
    if len(text) > 200:
        raise Unfit("too_long", {"max_length": "200"})
    if not text.isprintable():
        raise Unfit("not_of_form", {"form": "printable"})
    if re.match(OF_A_PERSON, text):
        raise Unfit("agency_ref_personal")
    return text


def derived_id(form: Form, source: str, time: str, posted: Mapping[str, Any]) -> str:
    """An id made from what the event says, so that a file can be sent twice.

    Identity is left out: an id travels in clear, and names could be guessed by it. Two rows that differ in
    nothing else therefore have one id, and one of them needs an id of its own.
    """
    hidden = {one.path[1] for one in form.fields if one.identity}
    hidden |= {f"sealed_{name}" for name in hidden}
    data = {name: value for name, value in posted["data"].items() if name not in hidden}
    said = json.dumps([source, form.type_name, time, {**posted, "data": data}], sort_keys=True)
    return f"row-{hashlib.blake2b(said.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"


def midnight(day: str) -> str:
    """The first moment of a day here: the time of an event of which only the day is known."""
    return datetime.fromisoformat(day).replace(tzinfo=HANOI).isoformat()
