"""The library's recorder for PostgreSQL, writing arrays through unnest under an advisory lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import StoredEvent


@dataclass(frozen=True, slots=True)
class Row(StoredEvent):
    """A stored event with the columns that the relay and the readers need beside the bytes."""

    subject: UUID
    occurred_at: datetime
    traceparent: str | None = None
