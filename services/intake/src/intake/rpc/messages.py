"""Receipts and problems as protobuf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from pydantic_core import from_json
from reftrack.intake.v1.intake_pb2 import Problem, Receipt, Remedy, UnitRead

_TEXTS = ("source", "id", "type", "verdict", "code", "field", "waiting_for", "topic")
_OTHERS = ("repetition", "partition", "offset", "numbers")


def receipt(body: bytes, position: int = 0, recorded_at: datetime | None = None) -> Receipt:
    """A receipt from its body; the position is 0 while there is none."""
    found: dict[str, Any] = from_json(body)
    given = {name: found[name] for name in (*_TEXTS, *_OTHERS) if found.get(name)}
    message = Receipt(position=position, **given)
    if found.get("remedy"):
        message.remedy.CopyFrom(Remedy(**found["remedy"]))
    if found.get("until"):
        message.until.CopyFrom(timestamp(datetime.fromisoformat(found["until"])))
    for unit in found.get("units", ()):
        message.units.append(UnitRead(**{**unit, "name": Remedy(**unit["name"])}))
    message.warnings.extend(problems(found.get("warnings", ())))
    if recorded_at is not None:
        message.recorded_at.CopyFrom(timestamp(recorded_at))
    if found.get("code") and found["verdict"] in ("quarantined", "rejected"):
        message.problems.extend(problems(found.get("problems") or [found]))
    return message


def problems(found: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What is wrong, one message a problem: `{"code", "field", "remedy"}`."""
    return [
        Problem(code=one["code"], field=one.get("field") or "", remedy=Remedy(**(one.get("remedy") or {})))
        for one in found
    ]


def timestamp(at: datetime) -> Timestamp:
    """An aware instant as protobuf's."""
    message = Timestamp()
    message.FromDatetime(at)
    return message
