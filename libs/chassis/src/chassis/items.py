"""What a service works on: a record of a topic or a command of a caller, both through the same writer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from google.protobuf.message import Message

Headers = dict[str, bytes | None]
"""Kafka headers by name; of a name that comes twice the last one counts. A null value stays `None`."""


class Record(NamedTuple):
    """One Kafka record as it came: nothing decoded, nulls kept.

    `after` is the position stored for (topic, partition) before this record, `None` if there is none: the
    value that the store must still hold when the position moves to `offset + 1`. Offsets may have gaps
    (transaction markers, compaction, retention), so `after` is not `offset`. `source_position` is the
    position in the source's own log (header `ce_position` of our services' records), `None` for agencies'
    topics. `timestamp` is Kafka's, ms.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None
    timestamp: int
    after: int | None
    source_position: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One command of an authenticated caller; `request_id` makes a repetition get the first answer."""

    request_id: str
    caller: str
    name: str
    message: Message
    deadline: datetime | None
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Woken:
    """What had been waiting for `key` and is decided now, right after the item that woke it
    (`UnitOfWork.wake`).

    `sealed` is what the decider put into the wait; topic, partition and offset are those of its delivery.
    """

    seq: int
    key: str
    source: str
    event_id: str
    sealed: bytes
    topic: str
    partition: int
    offset: int
    received_at: datetime
    until: datetime | None


Item = Record | Command | Woken
