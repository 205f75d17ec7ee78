"""Which partitions are ours, and where in each of them we are. Lives on the event loop; no locks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiokafka import ConsumerRecord, TopicPartition

from chassis.consumer.records import record_of, source_position_of
from chassis.items import Record
from chassis.telemetry import metrics

Key = tuple[str, int]
Stored = Mapping[Key, tuple[int, int | None]]
"""(topic, partition) → (next offset, source position) as the store has them."""


@dataclass(slots=True)
class Place:
    """Where we are in one partition.

    `after` is what the store holds, `None` if nothing; `next` the least offset that is still to be read:
    another one than `after` if the topic was made anew or lost its beginning.
    """

    next: int
    after: int | None
    source_position: int | None


class Assignment:
    """The partitions that Kafka gave us. One counts as *placed* once we know where the store left it.

    `sources` names the topics whose header `ce_position` is trusted: those of our own services.
    """

    def __init__(self, sources: Iterable[str] = ()) -> None:
        self._sources = frozenset(sources)
        self._assigned: set[TopicPartition] = set()
        self._places: dict[TopicPartition, Place] = {}
        self._polled: dict[TopicPartition, Place] = {}
        self._placed = asyncio.Event()
        self.generation = 0
        self.joined = False

    @property
    def assigned(self) -> frozenset[TopicPartition]:
        """Return what Kafka gave us."""
        return frozenset(self._assigned)

    @property
    def placed(self) -> tuple[TopicPartition, ...]:
        """Return the partitions that may be read."""
        return tuple(self._places)

    @property
    def unplaced(self) -> set[TopicPartition]:
        """Return the partitions whose stored position is not known yet."""
        return self._assigned - self._places.keys()

    async def any_placed(self) -> None:
        """Wait until there is something that may be read."""
        await self._placed.wait()

    def revoke(self) -> None:
        """All partitions are given back (a rebalance begins)."""
        self.generation += 1
        self._assigned.clear()
        self._places.clear()
        self._placed.clear()

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """A rebalance ended: these are ours."""
        self.generation += 1
        self.joined = True
        self._assigned = set(partitions)

    def place(self, partition: TopicPartition, stored: tuple[int, int | None] | None, *, start: int) -> None:
        """Set where the store left the partition, and the offset that is read from."""
        self._places[partition] = Place(start, *(stored or (None, None)))
        self._placed.set()

    def displace(self, partitions: Iterable[TopicPartition]) -> set[TopicPartition]:
        """Forget where we are in those of the partitions that are still ours; returns them."""
        lost = {partition for partition in partitions if partition in self._assigned}
        for partition in lost:
            self._places.pop(partition, None)
        if not self._places:
            self._placed.clear()
        return lost

    def next(self, partition: TopicPartition) -> int:
        """Return the next offset to be read of a placed partition. Raises `KeyError` if it is not placed."""
        return self._places[partition].next

    def polled(self, partitions: Iterable[TopicPartition]) -> None:
        """The client gave records of these placed partitions, as they stand now; one poll is in flight."""
        self._polled = {partition: self._places[partition] for partition in partitions}

    def take(self, batch: Iterable[ConsumerRecord]) -> list[Record]:
        """Turn what was polled into records and move on behind it; what the source repeats is left out.

        So is what was polled before its partition was placed where it stands now: offsets have gaps, and
        nobody could tell one from the records that will be polled again before these.
        """
        records = []
        for polled in batch:
            partition = TopicPartition(polled.topic, polled.partition)
            place = self._places.get(partition)
            if place is None or place is not self._polled.get(partition):
                continue
            record = self._next(polled, place)
            if record is not None:
                records.append(record)
        return records

    def _next(self, polled: ConsumerRecord, place: Place) -> Record | None:
        if polled.offset < place.next:
            return None
        place.next = polled.offset + 1
        position = source_position_of(polled) if polled.topic in self._sources else None
        if position is not None and place.source_position is not None and position <= place.source_position:
            metrics.CONSUMER_SKIPPED.labels(topic=polled.topic).inc()
            return None
        record = record_of(polled, after=place.after, source_position=position)
        place.after = polled.offset + 1
        place.source_position = position if position is not None else place.source_position
        return record
