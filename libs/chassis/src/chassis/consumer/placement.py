"""Putting partitions where the store left them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.consumer.assignment import Assignment, Key
from chassis.consumer.topic_ids import TopicIds
from chassis.telemetry import get_logger, metrics

_log = get_logger("consumer")


class _Positions(Protocol):
    def read(self, partitions: Iterable[Key]) -> Mapping[Key, tuple[int, int | None]]: ...


class Placement:
    """Reads stored positions and seeks there; tries until it succeeds or the assignment changes.

    No stored position: the earliest record. A position that the partition does not have (any more, or not
    yet: it was deleted and made anew) is told loudly, with what was missed, and reading goes on from the
    earliest. A topic that is another one than before (`TopicIds`) is read from its beginning in any case.
    """

    def __init__(
        self, assignment: Assignment, positions: _Positions, thread: Executor, topic_ids: TopicIds
    ) -> None:
        self._assignment = assignment
        self._topic_ids = topic_ids
        self._positions = positions
        self._thread = thread
        self._client: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    def use(self, client: AIOKafkaConsumer) -> None:
        """Seek with this client from now on."""
        self._client = client

    def begin(self) -> None:
        """Place what is not placed yet, in the background: heartbeats go on. Nothing after `end`."""
        if self._task:
            self._task.cancel()
        if self._client:
            self._task = asyncio.create_task(self._persist(self._assignment.generation))

    async def end(self) -> None:
        """Ask nothing more of the client, which is about to stop, until another one is to be used.

        A rebalance while it stops, or a question still under way, would open a connection that nobody closes.
        """
        self._client = None
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _persist(self, generation: int) -> None:
        delay = 0.1
        while self._assignment.generation == generation and self._assignment.unplaced:
            try:
                await self._place(sorted(self._assignment.unplaced), generation)
            except Exception as error:
                _log.warning("positions_not_read", retry_in=delay, exc_info=error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    async def _place(self, partitions: list[TopicPartition], generation: int) -> None:
        client = self._client
        assert client is not None
        keys = [(partition.topic, partition.partition) for partition in partitions]
        await self._topic_ids.recognise({partition.topic for partition in partitions})
        loop = asyncio.get_running_loop()
        stored = await loop.run_in_executor(self._thread, self._positions.read, keys)
        ends = client.beginning_offsets(partitions), client.end_offsets(partitions)
        first, last = await asyncio.gather(*ends)
        if self._assignment.generation != generation:
            return
        for partition, key in zip(partitions, keys, strict=True):
            start = _start(partition, stored.get(key), first[partition], last[partition])
            client.seek(partition, start)
            self._assignment.place(partition, stored.get(key), start=start)


def _start(partition: TopicPartition, stored: tuple[int, int | None] | None, first: int, last: int) -> int:
    if stored is None:
        return first
    position = stored[0]
    if first <= position <= last:
        return position
    missed = max(first - position, 0)
    _log.error(
        "stored_position_out_of_range",
        topic=partition.topic,
        partition=partition.partition,
        stored=position,
        first=first,
        last=last,
        missed=missed,
        reason="records expired before they were read" if missed else "the topic was made anew",
    )
    metrics.CONSUMER_MISSED.labels(topic=partition.topic).inc(missed)
    return first
