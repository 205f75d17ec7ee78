"""One delivery of an agency's event, however it came: by Kafka, over gRPC, or out of what was kept of it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime

from chassis.items import Headers, Record
from pydantic_core import from_json, to_json
from reftrack.intake.v1.intake_pb2 import SubmittedEvent

from intake.domain.front_door import source_of

_TOPIC = re.compile(r"agency\.([a-z0-9][a-z0-9-]{0,62})\.events\.v1")


@dataclass(frozen=True, slots=True)
class Submission:
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

    @property
    def source(self) -> str:
        """The source that this agency's events have."""
        return source_of(self.agency)

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
            }
        )

    @classmethod
    def kept(cls, plain: bytes) -> Submission:
        """Read what `keep` gave."""
        found = from_json(plain)
        topic, partition, offset = found["delivery"]
        return cls(
            agency=found["agency"],
            headers={name: _bytes(value) for name, value in found["headers"].items()},
            value=_bytes(found["value"]),
            topic=topic,
            partition=partition,
            offset=offset,
            received_at=datetime.fromisoformat(found["received_at"]),
            correlation_id=found["correlation_id"],
        )

    @classmethod
    def of_record(cls, record: Record, now: datetime) -> Submission:
        """A record of an agency's topic.

        The correlation id names the delivery: no text of the agency's in logs.
        """
        return cls(
            agency=agency_of(record.topic) or "",
            headers=record.headers,
            value=record.value,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            received_at=now,
            correlation_id=f"{record.topic}/{record.partition}/{record.offset}",
        )

    @classmethod
    def of_item(cls, event: SubmittedEvent, agency: str, correlation_id: str, now: datetime) -> Submission:
        """An item of SubmitEvents, as if it had come on the agency's topic."""
        headers, value = _as_message(event)
        return cls(agency, headers, value, "", 0, 0, now, correlation_id)


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


def agency_of(topic: str) -> str | None:
    """Return the agency whose events topic this is, or None."""
    match = _TOPIC.fullmatch(topic)
    return match[1] if match else None


def _text(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode("ascii")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
