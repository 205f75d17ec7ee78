"""The rows that one commit writes beside events. Sources, ids, hashes and verdicts; not what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Claim(NamedTuple):
    """What no aggregate's version protects: (kind, key) has one holder. A second claim conflicts."""

    kind: str
    key: str
    holder: str


class Release(NamedTuple):
    """Gives a claim up, if that holder still has it; whoever claims the key anew conflicts otherwise."""

    kind: str
    key: str
    holder: str


class Wait(NamedTuple):
    """An event that waits for `key` until its term.

    `sealed` are its bytes, opened only by whoever sealed them.
    """

    key: str
    source: str
    event_id: str
    sealed: bytes
    topic: str
    partition: int
    offset: int
    received_at: datetime
    until: datetime | None


class InboxRow(NamedTuple):
    """One (source, event_id) ever received and what became of it.

    `content_hash` is SHA-256 of the content. `verdict` is the service's word (`waiting`, `accepted`,
    `routed`, …). `routed_id` is the id of the event by which it went to another service. `detail` is JSON and
    never personal. `case_key` is what its events are ordered by. Topic, partition and offset are those of the
    first delivery.
    """

    source: str
    event_id: str
    content_hash: bytes
    verdict: str
    received_at: datetime
    topic: str = ""
    partition: int = 0
    offset: int = 0
    code: str | None = None
    field: str | None = None
    detail: Mapping[str, Any] | None = None
    routed_id: str | None = None
    case_key: str | None = None


class Verdict(NamedTuple):
    """A later word on an inbox row that exists already; replaces verdict, code, field and detail.

    `routed_id` and `case_key` replace only when given. `was` and `was_detail` are the word that it replaces:
    if another writer has given one since, the batch is decided again.
    """

    source: str
    event_id: str
    was: str
    was_detail: Mapping[str, Any] | None
    verdict: str
    code: str | None = None
    field: str | None = None
    detail: Mapping[str, Any] | None = None
    routed_id: str | None = None
    case_key: str | None = None


class OtherContent(NamedTuple):
    """A delivery under an id that was used before with other content: kept, sealed, beside the first."""

    source: str
    event_id: str
    content_hash: bytes
    sealed: bytes
    topic: str
    partition: int
    offset: int
    received_at: datetime


class Receipt(NamedTuple):
    """What an organisation is told about one delivery. `position` and `recorded_at` are given under the lock.

    `body` is JSON without `recorded_at`; `repetition` is True for a delivery after the first.
    """

    org: str
    source: str
    event_id: str
    verdict: str
    repetition: bool
    body: bytes
    topic: str
    partition: int
    offset: int


class PositionMove(NamedTuple):
    """Moves the stored position of a partition from `expected` (None.

    No row yet) to `to`, or the commit is stale.
    """

    topic: str
    partition: int
    expected: int | None
    to: int
    source_position: int | None = None


class Outcome(NamedTuple):
    """The answer to a request id, given again when the caller asks again.

    `digest` tells a reused id apart.
    """

    request_id: str
    caller: str
    digest: bytes
    body: bytes | None


class Parked(NamedTuple):
    """One item set aside until a person decides; later items of its `case_key` wait behind it (`behind`).

    `reason` names the kind of failure and the place in the code, never the content. `sealed` is the item.
    """

    case_key: str
    reason: str
    behind: bool
    sealed: bytes
    topic: str
    partition: int
    offset: int
    parked_at: datetime
    correlation_id: str
