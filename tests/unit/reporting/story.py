"""Stories for tests: what three services' logs tell, byte for byte as their relays publish it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from chassis.items import Record
from contracts.base import Payload
from contracts.envelope import Meta, encode
from reporting.history import HistoryRow, read
from reporting.pathway.entry import FOLLOWUP, INTAKE, REFERRAL, Entry

NAMES = UUID("8d4f5c1e-2b7a-4c55-9a3e-6f0d3f6f2a11")
START = datetime(2019, 1, 7, 2, tzinfo=UTC)


def named(kind: str, name: str) -> UUID:
    """An id for tests that is the same in every run."""
    return uuid5(NAMES, f"{kind}/{name}")


@dataclass
class Story:
    """Tells events to the logs in turn; each log counts its positions and versions, `recorded_at` rises."""

    recorded: datetime = START
    records: list[Record] = field(default_factory=list)
    partitions: int = 6
    _positions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _versions: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    _offsets: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def intake(self, case: str, *payloads: Payload, **when: Any) -> list[Entry]:
        """Events of a case on intake's log."""
        return [self.tell(INTAKE, named("case", case), case, each, **when) for each in payloads]

    def referral(self, case: str, name: str, *payloads: Payload, **when: Any) -> list[Entry]:
        """Events of the referral of that name on referral's log."""
        return [self.tell(REFERRAL, named("referral", name), case, each, **when) for each in payloads]

    def followup(self, case: str, *payloads: Payload, **when: Any) -> list[Entry]:
        """Events of the case's way through treatment on followup's log."""
        return [self.tell(FOLLOWUP, named("followup", case), case, each, **when) for each in payloads]

    def tell(
        self,
        source: str,
        stream: UUID,
        case: str,
        data: Payload,
        *,
        org: str = "ubnd-bo-de",
        at: datetime | None = None,
        recorded_at: datetime | None = None,
        causation_id: str | None = None,
        subject: UUID | None = None,
        client: UUID | None = None,
    ) -> Entry:
        """One event; unless told, recorded a minute after the one before, happened a minute earlier."""
        self.recorded = recorded_at or self.recorded + timedelta(minutes=1)
        self._versions[stream] += 1
        meta = Meta(
            subject=subject or named("case", case),
            occurred_at=at or self.recorded - timedelta(minutes=1),
            received_at=self.recorded,
            actor="w-1",
            org=org,
            policy_version="2018",
            correlation_id=f"test-{case}",
            causation_id=causation_id,
            client=client,
        )
        record = self._record(source, f"{stream}:{self._versions[stream]}", meta, data)
        self.records.append(record)
        return entry_of(read(record))

    def entries(self) -> list[Entry]:
        """All entries in the order they were told."""
        return [entry_of(read(record)) for record in self.records]

    def _record(self, source: str, event_id: str, meta: Meta, data: Payload) -> Record:
        self._positions[source] += 1
        topic = f"{source.rpartition('/')[2]}.events.v1"
        partition = meta.subject.int % self.partitions
        offset = self._offsets[topic, partition]
        self._offsets[topic, partition] += 1
        key = str(meta.subject).encode()
        headers = {
            "ce_specversion": "1.0",
            "ce_id": event_id,
            "ce_source": source,
            "ce_type": data.TYPE,
            "ce_time": meta.occurred_at.isoformat(),
            "ce_subject": str(meta.subject),
            "partitionkey": str(meta.subject),
            "ce_recordedat": self.recorded.isoformat(timespec="microseconds"),
            "ce_position": str(self._positions[source]),
            "content-type": "application/json",
        }
        return Record(
            topic=topic,
            partition=partition,
            offset=offset,
            key=key,
            headers={name: value.encode() for name, value in headers.items()},
            value=encode(event_id, data.TYPE, source, meta, data),
            timestamp=0,
            after=offset or None,
            source_position=self._positions[source],
        )


def entry_of(row: HistoryRow) -> Entry:
    """A row of the history as the folds read it."""
    return Entry(*row)
