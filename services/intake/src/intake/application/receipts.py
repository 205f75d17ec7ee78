"""What an agency is told about a delivery: the body of `org.reftrack.receipt.v1`, but for what the lock
gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chassis.store.rows import Receipt
from contracts.problems import Problem
from contracts.vocabulary import Verdict
from pydantic_core import to_json

from intake.application.outcome import Outcome
from intake.application.reading import is_claimed

Remedy = Callable[[str, Mapping[str, str]], Mapping[str, str]]
"""The catalogue's words for a code: `remedy(code, detail)` → {"vi": …, "en": …}, {} where it has none."""


class Delivery(NamedTuple):
    """What a receipt is about: an event of an organisation, and where it came in (topic "": over gRPC)."""

    org: str
    source: str
    event_id: str
    type: str | None
    topic: str
    partition: int
    offset: int


def receipt(outcome: Outcome, delivery: Delivery, remedy: Remedy, *, repetition: bool = False) -> Receipt:
    """The receipt for one delivery; `position` and `recorded_at` are added where it is read."""
    return Receipt(
        delivery.org,
        delivery.source,
        delivery.event_id,
        outcome.verdict,
        repetition,
        to_json(_body(outcome, delivery, remedy, repetition=repetition)),
        delivery.topic,
        delivery.partition,
        delivery.offset,
    )


def _body(outcome: Outcome, delivery: Delivery, remedy: Remedy, *, repetition: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "source": delivery.source,
        "id": delivery.event_id if is_claimed(delivery.event_id) else None,
        "type": delivery.type,
        "verdict": outcome.verdict,
        "repetition": repetition,
    }
    if outcome.code is not None:
        _add_reason(body, outcome, remedy)
    if outcome.numbers:
        body["numbers"] = outcome.numbers
    if outcome.units:
        body["units"] = outcome.units
    if outcome.warnings:
        body["warnings"] = _told(outcome.warnings, remedy)
    if delivery.topic:
        body |= {"topic": delivery.topic, "partition": delivery.partition, "offset": delivery.offset}
    return body


def _filling(outcome: Outcome) -> dict[str, str]:
    """What fills the catalogue's text: the detail, the state met and the moves it allows."""
    filling = dict(outcome.detail)
    if outcome.state is not None:
        filling |= {"state": outcome.state, "moves": ", ".join(outcome.moves)}
    return filling


def _told(problems: Sequence[Problem], remedy: Remedy) -> list[dict[str, Any]]:
    return [
        {"code": one.code, "field": one.field, "remedy": remedy(one.code, one.detail) or None}
        for one in problems
    ]


def _add_reason(body: dict[str, Any], outcome: Outcome, remedy: Remedy) -> None:
    assert outcome.code is not None
    body |= {
        "code": outcome.code,
        "field": outcome.field,
        "remedy": remedy(outcome.code, _filling(outcome)) or None,
    }
    if outcome.problems:
        body["problems"] = _told(outcome.problems, remedy)
    if outcome.verdict == Verdict.WAITING:
        body |= {"waiting_for": outcome.waiting_for, "until": outcome.until}
