"""CloudEvents 1.0 on Kafka: attributes from headers (binary mode) or from the JSON (structured mode)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from pydantic_core import from_json, to_json

from contracts.problems import Problem, Unreadable, is_utf8

Headers = Mapping[str, bytes | None] | Sequence[tuple[str, bytes | None]]

STRUCTURED = "application/cloudevents+json"
_REQUIRED = ("specversion", "id", "source", "type", "time")
_HEADERS = tuple((name, f"ce_{name}") for name in (*_REQUIRED, "subject"))
_LONGEST = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?P<zone>[Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)

_LAYOUTS = tuple(
    json.JSONEncoder(separators=separators, ensure_ascii=escaped, sort_keys=in_order).encode
    for in_order in (False, True)
    for escaped in (False, True)
    for separators in ((",", ":"), (", ", ": "))
)
"""How clients write JSON: as they built it or sorted, UTF-8 or escaped, without spaces or with."""


class CloudEvent(NamedTuple):
    """An event's attributes and the bytes of its data. `time` is in UTC."""

    id: str
    source: str
    type: str
    time: datetime
    data: bytes
    mode: Literal["binary", "structured"]
    subject: str | None = None
    traceparent: str | None = None

    def digest(self) -> bytes:
        """SHA-256 over what makes two deliveries the same event: type, time and data, byte for byte.

        A repetition in the other mode, or with its JSON laid out anew, has another one: see `other_digests`.
        """
        head = f"{self.type}\n{self.time.isoformat()}\n".encode()
        return hashlib.sha256(head + self.data).digest()

    def other_digests(self) -> Iterator[bytes]:
        """The digests that this event would have in the usual layouts of JSON; none if its data is no JSON.

        Each is of bytes that say the same, so another event is never taken for this one. With its keys in
        another order a first delivery is only known again if they were sorted.
        """
        try:
            said = from_json(self.data, allow_inf_nan=False)
        except ValueError:
            return
        for layout in _LAYOUTS:
            yield self._replace(data=layout(said).encode()).digest()


def read_cloudevent(headers: Headers, value: bytes | None) -> CloudEvent:
    """The event in either mode. Raises Unreadable: one problem an attribute (`ce_time`, …), or the body's.

    A null value is `no_value`; a null header is as if it were missing, `header_null`.
    """
    if value is None:
        raise Unreadable([Problem("no_value")])
    found = headers if isinstance(headers, dict) else dict(headers)
    content_type = found.get("content-type") or b""
    if content_type.partition(b";")[0].strip().lower() == STRUCTURED.encode():
        return _structured(value)
    return _binary(found, value)


def _binary(found: Mapping[str, bytes | None], value: bytes) -> CloudEvent:
    attributes: dict[str, str] = {}
    problems: list[Problem] = []
    for name, key in _HEADERS:
        raw = found.get(key)
        if raw is None:
            if key in found:
                problems.append(Problem("header_null", key))
            elif name != "subject":
                problems.append(Problem("header_missing", key))
            continue
        try:
            attributes[name] = raw.decode()
        except UnicodeDecodeError:
            problems.append(Problem("not_utf8", key))
    raw = found.get("traceparent") or found.get("ce_traceparent")
    trace = raw.decode("ascii", "replace") if raw else ""
    return _event(attributes, problems, value, "binary", trace)


def _structured(value: bytes) -> CloudEvent:
    body = _json_object(value)
    attributes: dict[str, str] = {}
    problems: list[Problem] = []
    for name in (*_REQUIRED, "subject"):
        given = body.get(name)
        if isinstance(given, str):
            attributes[name] = given
        elif given is not None:
            problems.append(Problem("wrong_type", f"ce_{name}", {"expected": "string"}))
        elif name != "subject":
            problems.append(Problem("header_missing", f"ce_{name}"))
    trace = body.get("traceparent")
    data = _data_of(body, problems)
    return _event(attributes, problems, data, "structured", trace if isinstance(trace, str) else "")


def _json_object(value: bytes) -> dict[str, Any]:
    try:
        body = from_json(value, allow_inf_nan=False)
    except ValueError as error:
        raise Unreadable([_no_json(value, str(error))]) from None
    if not isinstance(body, dict):
        raise Unreadable([Problem("wrong_type", "", {"expected": "dict"})])
    return body


def _no_json(value: bytes, reason: str) -> Problem:
    if not is_utf8(value):
        return Problem("not_utf8")
    return Problem("nested_too_deep" if "recursion limit" in reason else "not_json")


def _data_of(body: Mapping[str, Any], problems: list[Problem]) -> bytes:
    if "data" in body:
        return to_json(body["data"])
    try:
        return base64.b64decode(body["data_base64"], validate=True)
    except KeyError:
        problems.append(Problem("field_missing", "/data"))
    except (TypeError, ValueError, binascii.Error):
        problems.append(Problem("not_of_form", "/data_base64", {"form": "base64"}))
    return b""


def _event(
    attributes: Mapping[str, str],
    problems: list[Problem],
    data: bytes,
    mode: Literal["binary", "structured"],
    trace: str,
) -> CloudEvent:
    for name, text in attributes.items():
        if not (text.isprintable() and 0 < len(text) <= _LONGEST) or name == "specversion":
            problem = _check(name, text)
            if problem is not None:
                problems.append(problem)
    time = _time(attributes["time"], problems) if "time" in attributes else None
    if problems or time is None:
        raise Unreadable(problems)
    return CloudEvent(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        time=time,
        data=data,
        mode=mode,
        subject=attributes.get("subject"),
        traceparent=trace if trace and _TRACEPARENT.fullmatch(trace) else None,
    )


def _check(name: str, text: str) -> Problem | None:
    if name == "specversion" and text != "1.0":
        return Problem("not_in_list", "ce_specversion", {"expected": "'1.0'"})
    if not text:
        return Problem("too_short", f"ce_{name}", {"min_length": "1"})
    if len(text) > _LONGEST:
        return Problem("too_long", f"ce_{name}", {"max_length": str(_LONGEST)})
    if _UNPRINTABLE.search(text):
        return Problem("not_of_form", f"ce_{name}", {"form": "printable"})
    return None


def _time(text: str, problems: list[Problem]) -> datetime | None:
    """An RFC 3339 time with its zone, in UTC; else a problem is added."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        problems.append(Problem("time_wrong_form", "ce_time"))
        return None
    if found["zone"] is None:
        problems.append(Problem("time_without_zone", "ce_time"))
        return None
    try:
        time = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        problems.append(Problem("time_wrong_form", "ce_time"))
        return None
    if time < _EARLIEST:
        problems.append(Problem("time_too_early", "ce_time", {"earliest": "1900-01-01"}))
        return None
    return time
