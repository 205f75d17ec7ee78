"""The batch consumer: FastStream is the shell, order and exactly-once are ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from chassis import crash
from chassis.consumer.assignment import Assignment, Key
from chassis.consumer.client import PatientConsumer
from chassis.consumer.forbidden import Forbidden
from chassis.consumer.hints import OffsetHints
from chassis.consumer.placement import Placement
from chassis.consumer.records import record_of
from chassis.consumer.shell import Batch, make_broker, start_with, whole_names
from chassis.consumer.topic_ids import TopicIds
from chassis.consumer.watch import forget, measure, sign_of_life
from chassis.items import Item, Record
from chassis.kafka import KafkaSettings
from chassis.telemetry import Check, get_logger, metrics

_log = get_logger("consumer")
_HUNG = 60.0
_LOOK_EVERY = 2.0
_LET_FINISH = 5.0


class Outcome(Protocol):
    """What the writer says of an item: `dropped` if its partition's stored position had moved."""

    @property
    def dropped(self) -> bool: ...


class ItemWriter(Protocol):
    """The only road to the database (`chassis.store.writer.Writer`)."""

    def run(self, items: Sequence[Item], /) -> Sequence[Outcome]: ...


class PositionStore(Protocol):
    """Stored positions (`chassis.store.positions.Positions`); a partition without one is missing."""

    def read(self, partitions: Iterable[Key], /) -> Mapping[Key, tuple[int, int | None]]: ...

    def recognise(self, ids: Mapping[str, str], /) -> Iterable[str]:
        """Keep the ids of topics; of those that had another one, begin anew. Returns these."""
        ...


class BatchConsumer:
    """Takes records of topics, in batches, through the writer; the stored position decides where to go on.

    Topics are given by name or by a pattern (a regular expression for the whole name); new ones are found
    within seconds and read from their beginning. Kafka's own offsets are committed as a hint for onlookers
    only. One batch is in flight. `writer_thread` is the executor (one thread) on which the writer runs;
    positions are read there too. `foresee` is told what comes after the batch in hand (`Writer.foresee`).
    Kafka or the database being away is waited for, for ever; `check()` says so meanwhile. `sources`: topics
    of our own services, whose `ce_position` is trusted to tell repetitions.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        group: str,
        writer: ItemWriter,
        positions: PositionStore,
        writer_thread: Executor,
        topics: Collection[str] = (),
        pattern: str | None = None,
        sources: Collection[str] = (),
        foresee: Callable[[Iterable[Record]], None] | None = None,
        instance: str = "1",
        max_records: int = 1_000,
        session_timeout_ms: int = 10_000,
    ) -> None:
        self._group = group
        self._writer = writer
        self._max_records = max_records
        self._thread = writer_thread
        self._foresee = foresee
        self._shell: dict[str, Any] = {
            "pattern": whole_names(topics, pattern),
            "group": group,
            "client_id": f"{group}-{instance}",
            "session_timeout_ms": session_timeout_ms,
        }
        self._kafka = kafka
        self._assignment = Assignment(sources)
        self._topic_ids = TopicIds(kafka, positions, writer_thread)
        self._placement = Placement(self._assignment, positions, writer_thread, self._topic_ids)
        self._hints = OffsetHints()
        self._forbidden = Forbidden()
        self._client: PatientConsumer | None = None
        self._idle, self._stopping, self._broken = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._supervisor: asyncio.Task[None] | None = None
        self._kafka_trouble: str | None = "not connected to Kafka yet"
        self._writer_trouble: str | None = None
        self._failures = 0
        self._polled_at = time.monotonic()

    async def start(self) -> None:
        """Begin; returns at once and goes on connecting until it succeeds."""
        self._supervisor = asyncio.create_task(self._supervise(), name=f"consumer-{self._group}")

    async def stop(self, seconds: float = 10.0) -> None:
        """End after the batch in hand and leave the group."""
        self._stopping.set()
        if self._supervisor:
            await asyncio.wait([self._supervisor], timeout=seconds)
            self._supervisor.cancel()
            await asyncio.gather(self._supervisor, return_exceptions=True)

    def check(self) -> Check:
        """Ready when in the group with all positions known (no partition is fine); alive while polling."""
        return Check(
            f"consumer:{self._group}",
            ready=self._not_ready,
            live=self._hangs,
            degraded=lambda: self._forbidden.told() or self._topic_ids.told(),
        )

    def positions(self) -> dict[Key, int]:
        """Return the next offset of every partition that is ours and placed."""
        return {(at.topic, at.partition): self._assignment.next(at) for at in self._assignment.placed}

    async def _supervise(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await self._session()
            except Exception as error:
                self._kafka_trouble = f"not connected to Kafka: {type(error).__name__}"
                _log.error("consumer_session_ended", group=self._group, exc_info=error)
            attempt = 0 if time.monotonic() - began > 30 else attempt + 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), min(0.25 * 2.0**attempt, 5.0))

    async def _session(self) -> None:
        """One life of a consumer in the group, until told to stop or refused by Kafka."""
        self._broken.clear()
        broker = make_broker(self._kafka, self._handle, self, **self._shell)
        watch: asyncio.Task[None] | None = None
        try:
            await self._unless_stopped(start_with(broker, self._build))
            watch = asyncio.create_task(self._watch())
            await _first(self._stopping, self._broken)
            await self._idle.wait()
            await self._hints.flush()
        finally:
            if watch:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
            await self._placement.end()
            await broker.stop()
            forget(self._assignment.assigned)
            self._assignment.revoke()
            self._idle.set()

    async def _unless_stopped(self, starting: Coroutine[Any, Any, None]) -> None:
        """Start, which takes until Kafka has given us our partitions; give up when told to stop."""
        started, stopped = asyncio.ensure_future(starting), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({started, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if started.done():
                started.result()
        finally:
            stopped.cancel()
            started.cancel()
            await asyncio.gather(started, return_exceptions=True)

    def _build(self, **options: Any) -> PatientConsumer:
        self._client = PatientConsumer(
            self._assignment,
            on_poll=self._polled,
            on_batch=self._idle.clear,
            on_lost_place=self._place_again,
            on_forbidden=self._forbidden.add,
            on_trouble=self._refused,
            **options,
        )
        self._forbidden.use(self._client)
        self._placement.use(self._client)
        self._hints.use(self._client)
        return self._client

    async def _handle(self, polled: Batch) -> None:
        """Bring what was polled through the writer, batch after batch.

        Never raises: FastStream would go on behind it. Batches are cut here and not by the poll: a partition
        that was polled in part keeps aiokafka from fetching more of it for as long as a fetch of the others
        may take.
        """
        for start in range(0, len(polled), self._max_records):
            if self._stopping.is_set():
                self._assignment.displace(_partitions(polled[start:]))
                break
            end = start + self._max_records
            self._look_ahead(polled[end : end + self._max_records])
            await self._take_in(polled[start:end])
        self._polled()
        self._idle.set()

    async def _take_in(self, batch: Batch) -> None:
        partitions = _partitions(batch)
        try:
            crash.point("after_poll")
            records = self._assignment.take(batch)
            dropped = await self._write(records) if records else set()
            crash.point("after_commit_before_offset")
            self._stale(dropped)
            self._hints.offer({at: self._assignment.next(at) for at in self._still(partitions - dropped)})
            self._failures, self._writer_trouble = 0, None
        except Exception as error:
            await self._write_failed(partitions, error)

    def _look_ahead(self, batch: Batch) -> None:
        """Say what comes next. Made into records only when the writer has the time to look at them."""
        if self._foresee is None or not batch:
            return
        with suppress(Exception):  # nothing may depend on it
            self._foresee(record_of(polled, after=None, source_position=None) for polled in batch)

    async def _write(self, records: Sequence[Record]) -> set[TopicPartition]:
        """Write; returns the partitions whose stored position had moved."""
        began = time.perf_counter()
        results = await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.run, records)
        metrics.BATCH_SIZE.labels(kind="record").observe(len(records))
        metrics.COMMIT_SECONDS.labels(kind="record").observe(time.perf_counter() - began)
        pairs = zip(records, results, strict=True)
        return {TopicPartition(record.topic, record.partition) for record, result in pairs if result.dropped}

    async def _write_failed(self, partitions: set[TopicPartition], error: Exception) -> None:
        """The writer gave up on the whole batch and nothing is known of it: begin where the store is."""
        if not self._stopping.is_set():
            self._failures += 1
            self._writer_trouble = f"the writer failed: {type(error).__name__}"
            _log.error("batch_not_written", group=self._group, attempt=self._failures, exc_info=error)
            await asyncio.sleep(min(0.1 * 2.0**self._failures, 5.0))
        self._place_again(partitions)

    def _stale(self, partitions: set[TopicPartition]) -> None:
        for partition in partitions:
            metrics.CONSUMER_STALE.labels(topic=partition.topic).inc()
            _log.warning("stored_position_moved", topic=partition.topic, partition=partition.partition)
        self._place_again(partitions)

    def _place_again(self, partitions: set[TopicPartition]) -> None:
        if self._assignment.displace(partitions):
            self._placement.begin()

    def _still(self, partitions: set[TopicPartition]) -> set[TopicPartition]:
        return partitions & set(self._assignment.placed)

    async def revoked(self) -> None:
        """A rebalance takes all away: let the batch in hand finish, or its stale position refuse it."""
        forget(self._assignment.assigned)
        self._assignment.revoke()
        self._hints.forget()
        try:
            await asyncio.wait_for(self._idle.wait(), _LET_FINISH)
        except TimeoutError:
            _log.warning("batch_outlives_its_partitions", group=self._group)

    def assigned(self, partitions: set[TopicPartition]) -> None:
        """A rebalance gave us these partitions."""
        self._assignment.assign(partitions)
        self._kafka_trouble = None
        _log.info("partitions_assigned", group=self._group, count=len(partitions))
        self._placement.begin()

    def _refused(self, error: KafkaError) -> None:
        self._kafka_trouble = f"refused by Kafka: {type(error).__name__}"
        _log.error("consumer_refused", group=self._group, exc_info=error)
        self._broken.set()

    def _polled(self) -> None:
        self._polled_at = time.monotonic()

    async def _watch(self) -> None:
        """Measure lag, keep the hints up to date, and ask Kafka for a sign of life if it is silent."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            if self._client is None:
                continue
            with suppress(IllegalStateError, KeyError):  # a rebalance came in between
                seen = await measure(self._client, self._assignment, idle=self._idle)
                self._hints.offer(seen.offsets)
                silent = seen.silent_for > 2 * _LOOK_EVERY
                self._kafka_trouble = await sign_of_life(self._client) if silent else None

    def _not_ready(self) -> str | None:
        trouble = self._kafka_trouble or self._writer_trouble
        if trouble or not self._assignment.joined:
            return trouble or "not in the group yet"
        unplaced = len(self._assignment.unplaced)
        return f"stored position of {unplaced} partition(s) not read yet" if unplaced else None

    def _hangs(self) -> str | None:
        if self._stopping.is_set() or not self._assignment.placed or not self._idle.is_set():
            return None
        return "does not poll" if time.monotonic() - self._polled_at > _HUNG else None


def _partitions(batch: Batch) -> set[TopicPartition]:
    return {TopicPartition(polled.topic, polled.partition) for polled in batch}


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
