"""JSON Lines: a line is a structured CloudEvent, or the posted form with `type` (`id`, `time`) beside it."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from contracts.cloudevents import STRUCTURED, read_cloudevent
from contracts.events.screening import ClientScreened
from contracts.posted import parse_posted
from contracts.problems import Problem, Unreadable
from pydantic_core import from_json, to_json

from reftrack_cli.files.entries import Entry, Event, Setting, checked_id, derived_id, midnight
from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import Form, form_named
from reftrack_cli.files.scoring import Scored, scored
from reftrack_cli.files.source import MOST_ROWS, Unusable
from reftrack_cli.files.values import Unfit, day_of, when

MOST_BYTES = 1_000_000
"""No line of ours is longer; one that is, is none."""


def entries(path: Path, setting: Setting) -> Iterator[Entry]:
    """Every line that is not empty. Raises `Unusable` for too many."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MOST_BYTES + 1):
            number += 1
            if number > MOST_ROWS:
                raise Unusable("file_too_long", {"most": str(MOST_ROWS)})
            place = Place("", number)
            if len(line) > MOST_BYTES:
                yield _wrong(place, [Problem("line_too_long", None, {"most": str(MOST_BYTES)})])
                while line and not line.endswith(b"\n"):
                    line = file.readline(MOST_BYTES)
            elif line.removeprefix(BOM_UTF8).strip():
                yield _entry(place, line.removeprefix(BOM_UTF8), setting)


def _entry(place: Place, line: bytes, setting: Setting) -> Entry:
    try:
        said = _object(line)
        told = _structured(line) if "specversion" in said else _posted_form(said, setting)
    except Unreadable as unreadable:
        return _wrong(place, unreadable.problems)
    except Unfit as unfit:
        return _wrong(place, [Problem(unfit.code, "id", unfit.detail)])
    if "specversion" in said and setting.org and said["source"] != setting.source:
        return _wrong(place, [Problem("source_not_yours", "source", {"expected": setting.source})])
    notes = _notes(place, told, setting)
    return Entry(place, told.event, (), notes, given_id=isinstance(said.get("id"), str))


def _object(line: bytes) -> Mapping[str, Any]:
    """The line as an object. Raises Unreadable."""
    try:
        said = from_json(line, allow_inf_nan=False)
    except ValueError:
        raise Unreadable([Problem(_why_not(line))]) from None
    if not isinstance(said, dict):
        raise Unreadable([Problem("wrong_type", "", {"expected": "dict"})])
    return said


def _why_not(line: bytes) -> str:
    try:
        line.decode()
    except UnicodeDecodeError:
        return "not_utf8"
    return "not_json"


class _Told(NamedTuple):
    """The event of a line, and whether scores and risk of a screening were computed from its answers."""

    event: Event
    scored: bool = False


def _structured(line: bytes) -> _Told:
    """What a system made is taken as it is."""
    event = read_cloudevent({"content-type": STRUCTURED.encode()}, line)
    parse_posted(event.type, event.data)
    return _Told(Event(event.id, event.type, event.time.isoformat(), from_json(event.data)))


def _posted_form(said: Mapping[str, Any], setting: Setting) -> _Told:
    """`{"type": "client-contacted", "about": …, "by": …, "occurred_on": …, "data": …}`."""
    form = form_named(said["type"]) if isinstance(said.get("type"), str) else None
    if form is None:
        raise Unreadable([Problem("type_unknown" if "type" in said else "field_missing", "type")])
    value = {name: part for name, part in said.items() if name not in {"type", "id", "time"}}
    value = {**setting.defaults, **value}
    found = _scored(form, value, said.get("time"))
    whole = {**value, "data": found.data} if found.computed else value
    posted = parse_posted(form.type_name, to_json(whole))
    event_id = said.get("id", "")
    if not isinstance(event_id, str):
        raise Unreadable([Problem("wrong_type", "id", {"expected": "string"})])
    time = _time(said.get("time"), posted.occurred_on)
    event_id = checked_id(event_id) if event_id else derived_id(form, setting.source, time, value)
    return _Told(Event(event_id, form.type_name, time, whole), bool(found.computed))


def _scored(form: Form, value: Mapping[str, Any], time: object) -> Scored:
    """The data of a line, with what the answers of a screening give where it leaves that out; unchanged where
    it is not of a form that can be told. Raises `Unreadable` for answers that do not fit the form."""
    data = value.get("data")
    if form.type_name != ClientScreened.TYPE or not isinstance(data, dict) or not _is_a_form(data):
        return Scored(data if isinstance(data, dict) else {})
    try:
        day = date.fromisoformat(value["occurred_on"]) if time is None else day_of(_time(time, None))
    except (KeyError, TypeError, ValueError, Unreadable):
        return Scored(data)
    found = scored(data, day)
    if found.problems:
        raise Unreadable([Problem(one.code, "/data/answers", one.filling) for one in found.problems])
    return found


def _is_a_form(data: Mapping[str, Any]) -> bool:
    """Whether instrument and answers are texts, right or wrong: everything else the contract tells."""
    answers = data.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        return False
    told = [data.get("instrument"), data.get("instrument_version") or ""]
    told += [said for one in answers for name, said in one.items() if (name, said) != ("substance", None)]
    return all(isinstance(each, str) for each in told)


def _time(given: object, day: date | None) -> str:
    if given is None:
        if day is None:
            raise Unreadable([Problem("field_missing", "/occurred_on")])
        return midnight(day.isoformat())
    try:
        moment, exact = when(given if isinstance(given, str) else 0)
    except Unfit:
        exact = False
    if not exact:
        raise Unreadable([Problem("time_wrong_form", "time")])
    return moment.isoformat()


def _notes(place: Place, told: _Told, setting: Setting) -> tuple[Finding, ...]:
    ahead = when(told.event.time)[0] > setting.now
    codes = [*(["file_in_future"] if ahead else []), *(["file_scored"] if told.scored else [])]
    return tuple(Finding(code, place) for code in codes)


def _wrong(place: Place, problems: Any) -> Entry:
    told = [Finding(one.code, place._replace(column=one.field or ""), one.detail) for one in problems]
    return Entry(place, None, tuple(told))
