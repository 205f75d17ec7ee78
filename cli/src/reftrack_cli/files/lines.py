"""JSON Lines: a line is a structured CloudEvent, or the posted form with `type` (`id`, `time`) beside it."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from contracts.base import Payload
from contracts.cloudevents import STRUCTURED, read_cloudevent
from contracts.posted import Posted, parse_posted
from contracts.problems import Problem, Unreadable
from pydantic_core import from_json, to_json

from reftrack_cli.files.entries import Entry, Event, Setting, checked_id, derived_id, midnight
from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import form_named, forms
from reftrack_cli.files.source import MOST_ROWS, Unusable
from reftrack_cli.files.values import Unfit, when

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
        event, posted = _structured(line) if "specversion" in said else _posted_form(said, setting)
        if event.type in forms() and event.id == "":
            form = forms()[event.type]
            event = event._replace(id=derived_id(form, setting.source, event.time, event.posted))
    except Unreadable as unreadable:
        return _wrong(place, unreadable.problems)
    except Unfit as unfit:
        return _wrong(place, [Problem(unfit.code, "id", unfit.detail)])
    if "specversion" in said and setting.org and said["source"] != setting.source:
        return _wrong(place, [Problem("source_not_yours", "source", {"expected": setting.source})])
    notes = _notes(place, event, setting)
    return Entry(place, event, (), notes, given_id=isinstance(said.get("id"), str) and posted is not None)


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


def _structured(line: bytes) -> tuple[Event, Posted[Payload]]:
    event = read_cloudevent({"content-type": STRUCTURED.encode()}, line)
    posted = parse_posted(event.type, event.data)
    return Event(event.id, event.type, event.time.isoformat(), from_json(event.data)), posted


def _posted_form(said: Mapping[str, Any], setting: Setting) -> tuple[Event, Posted[Payload]]:
    """`{"type": "client-contacted", "about": …, "by": …, "occurred_on": …, "data": …}`."""
    form = form_named(said["type"]) if isinstance(said.get("type"), str) else None
    if form is None:
        raise Unreadable([Problem("type_unknown" if "type" in said else "field_missing", "type")])
    value = {name: part for name, part in said.items() if name not in {"type", "id", "time"}}
    value = {**setting.defaults, **value}
    posted = parse_posted(form.type_name, to_json(value))
    event_id = said.get("id", "")
    if not isinstance(event_id, str):
        raise Unreadable([Problem("wrong_type", "id", {"expected": "string"})])
    time = _time(said.get("time"), posted.occurred_on)
    return Event(checked_id(event_id) if event_id else "", form.type_name, time, value), posted


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


def _notes(place: Place, event: Event, setting: Setting) -> tuple[Finding, ...]:
    ahead = when(event.time)[0] > setting.now
    return (Finding("file_in_future", place),) if ahead else ()


def _wrong(place: Place, problems: Any) -> Entry:
    told = [Finding(one.code, place._replace(column=one.field or ""), one.detail) for one in problems]
    return Entry(place, None, tuple(told))
