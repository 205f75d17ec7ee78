"""One delivery of an agency's event, however it came: by Kafka, over gRPC, or out of what was kept of it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from chassis.items import Headers, Record
from pydantic_core import from_json, to_json
from reftrack.intake.v1.intake_pb2 import SubmittedEvent

_TOPIC = re.compile(r"agency\.([a-z0-9][a-z0-9-]{0,62})\.events\.v1")


class Submission(NamedTuple):
    """What came, and from whom: `agency` is proven by the topic or the token, never by what the event says.

    `topic` is "" for what came over gRPC. `received_at` is when it first came, by our clock.
    """

    agency: str
    headers: Headers
    value: bytes | None
    topic: str
    partition: int
    offset: int
    received_at: datetime
    correlation_id: str
    entered_by: str | None = None
    """The subject of the token, where it came over gRPC."""

    def keep(self) -> bytes:
        """Everything that deciding again needs, to be sealed. Not for eyes."""
        return to_json(
            {
                "agency": self.agency,
                "headers": {name: _text(value) for name, value in self.headers.items()},
                "value": _text(self.value),
                "delivery": [self.topic, self.partition, self.offset],
                "received_at": self.received_at.isoformat(),
                "correlation_id": self.correlation_id,
                "entered_by": self.entered_by,
            }
        )


def kept(plain: bytes) -> Submission:
    """Read what `keep` gave."""
    found = from_json(plain)
    topic, partition, offset = found["delivery"]
    return Submission(
        agency=found["agency"],
        headers={name: _bytes(value) for name, value in found["headers"].items()},
        value=_bytes(found["value"]),
        topic=topic,
        partition=partition,
        offset=offset,
        received_at=datetime.fromisoformat(found["received_at"]),
        correlation_id=found["correlation_id"],
        entered_by=found.get("entered_by"),
    )


def of_record(record: Record, now: datetime) -> Submission:
    """A record of an agency's topic.

    The correlation id names the delivery: no text of the agency's gets into logs by it.
    """
    topic, partition, offset = record.topic, record.partition, record.offset
    place = f"{topic}/{partition}/{offset}"
    return Submission(
        agency_of(topic) or "", record.headers, record.value, topic, partition, offset, now, place
    )


def of_item(event: SubmittedEvent, caller: str, correlation_id: str, now: datetime) -> Submission:
    """An item of SubmitEvents, as if on the agency's topic. `caller`: `<organisation>/<subject>`."""
    headers, value = _as_message(event)
    agency, _, subject = caller.partition("/")
    return Submission(agency, headers, value, "", 0, 0, now, correlation_id, subject)


@lru_cache(maxsize=4096)
def agency_of(topic: str) -> str | None:
    """Return the agency whose events topic this is, or None."""
    match = _TOPIC.fullmatch(topic)
    return match[1] if match else None


def _as_message(event: SubmittedEvent) -> tuple[Headers, bytes | None]:
    if event.WhichOneof("event") == "structured":
        return {"content-type": b"application/cloudevents+json"}, event.structured
    given = event.attributed
    headers: Headers = {"ce_specversion": b"1.0"}
    for name in ("id", "source", "type", "time"):
        text = getattr(given, name)
        if text:
            headers[f"ce_{name}"] = text.encode()
    if given.traceparent:
        headers["traceparent"] = given.traceparent.encode()
    return headers, given.data


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode("ascii")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
