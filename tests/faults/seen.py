"""What there is: records on Kafka and rows in the databases, as plain data for the checker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tests.faults.journal import Headers

OWNERS = ("referral", "followup")
WRITERS = ("intake", *OWNERS)
"""The services that have a log of their own."""

READS = {
    "intake": ("referral", "followup"),
    "referral": ("intake",),
    "followup": ("intake",),
    "reporting": WRITERS,
}
"""Whose logs each service consumes; intake reads the agencies' topics as well."""


def log_topic(service: str) -> str:
    return f"{service}.events.v1"


class Message(NamedTuple):
    """A committed record of a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    def header(self, name: str) -> str | None:
        """The text of a header, None if it is missing or null."""
        found = dict(self.headers).get(name)
        return None if found is None else found.decode("utf-8", "replace")

    @property
    def position(self) -> int:
        """`ce_position`: its place in its source's own log; -1 without one."""
        return int(self.header("ce_position") or -1)


class StoredEvent(NamedTuple):
    """A row of `stored_events`."""

    position: int
    stream: str
    version: int
    type: str
    state: bytes
    subject: str
    recorded_at: datetime

    @property
    def id(self) -> str:
        return f"{self.stream}:{self.version}"


class InboxRow(NamedTuple):
    """What intake knows of one (source, id)."""

    source: str
    id: str
    verdict: str
    code: str | None
    topic: str
    offset: int
    routed_id: str | None


class ReceiptRow(NamedTuple):
    """One receipt as stored: `offset` is that of the delivery that it is about."""

    position: int
    org: str
    source: str
    id: str
    verdict: str
    repetition: bool
    topic: str
    offset: int
    body: bytes
    recorded_at: datetime


class HistoryRow(NamedTuple):
    """A row of reporting's history."""

    seq: int
    source: str
    position: int
    event_id: str
    subject: str
    value: bytes


class Position(NamedTuple):
    """How far a service has taken in one partition."""

    topic: str
    partition: int
    next_offset: int
    source_position: int | None


class View(NamedTuple):
    """A view after it was built anew: whether both were equal."""

    name: str
    seq: int
    equal: bool
    differing_rows: int


@dataclass
class Store:
    """What the database of one service holds."""

    events: Sequence[StoredEvent] = ()
    positions: Sequence[Position] = ()
    parked: Sequence[str] = ()


@dataclass
class Seen:
    """Everything that was found, in one look."""

    messages: dict[str, list[Message]] = field(default_factory=dict)
    stores: dict[str, Store] = field(default_factory=dict)
    inbox: Sequence[InboxRow] = ()
    receipts: Sequence[ReceiptRow] = ()
    history: Sequence[HistoryRow] = ()
    views: Sequence[View] = ()

    def log(self, service: str) -> list[Message]:
        """The service's log on Kafka, partition by partition, each in order."""
        return self.messages.get(log_topic(service), [])
