"""What a relay publishes: a table of messages in a strict order, read page by page from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

Connection = psycopg.Connection[Any]
Headers = list[tuple[str, str | bytes | None]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it will stand on Kafka; `position` is its place in its log (strictly rising, from 1)."""

    position: int
    topic: str
    key: bytes
    value: bytes
    headers: Headers


class Log(Protocol):
    """A table that is an outbox. Rows become visible in the order of their positions: lock first."""

    name: str
    """Key of the log's position record on `<service>.relay.v1`: never changes."""
    channel: str
    """NOTIFY channel that is told when rows have been committed."""

    def read(self, connection: Connection, after: int, limit: int) -> Sequence[Outgoing]:
        """Return at most `limit` messages with a position above `after`, in order."""
        ...

    def head(self, connection: Connection) -> int:
        """Return the highest position to be published, 0 if there is none: what lag is measured against."""
        ...

    def stored(self, connection: Connection) -> int:
        """Return the highest position in the table, to be published or not: Kafka cannot be ahead of it."""
        ...
