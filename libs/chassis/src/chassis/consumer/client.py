"""aiokafka's consumer with the patience and the care that a batch needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import (
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from chassis.consumer.assignment import Assignment

_SLICE_MS = 200


class PatientConsumer(AIOKafkaConsumer):  # type: ignore[misc]
    """Gives batches only of partitions whose stored position is known, and waits until there is one.

    FastStream's batch loop sleeps for its timeout after each empty poll; this `getmany` is never empty, so a
    record is seen when it comes. An offset that is out of range is told (`on_lost_place`) instead of being
    reset unseen.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        on_poll: Callable[[], None],
        on_batch: Callable[[], None],
        on_lost_place: Callable[[set[TopicPartition]], None],
        on_forbidden: Callable[[str], None],
        on_trouble: Callable[[KafkaError], None],
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._our = assignment
        self._on_poll = on_poll
        self._on_batch = on_batch
        self._on_lost_place = on_lost_place
        self._on_forbidden = on_forbidden
        self._on_trouble = on_trouble

    async def getmany(
        self,
        *partitions: TopicPartition,  # noqa: ARG002
        timeout_ms: int = 0,  # noqa: ARG002
        max_records: int | None = None,
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        """Wait for records and return them by partition. Raises `KafkaError` when Kafka refuses us."""
        while True:
            self._on_poll()
            await self._our.any_placed()
            polled = await self._poll(self._our.placed, max_records)
            # By now a rebalance may have come and gone: then what is placed was sought anew, and the records
            # stand there. To leave them out would lose them: the client has moved on behind them.
            batch = {partition: polled[partition] for partition in self._our.placed if partition in polled}
            if batch:
                self._our.polled(batch)
                self._on_batch()
                return batch

    async def _poll(
        self, placed: tuple[TopicPartition, ...], max_records: int | None
    ) -> dict[TopicPartition, list[ConsumerRecord]]:
        try:
            found: dict[TopicPartition, list[ConsumerRecord]] = await super().getmany(
                *placed, timeout_ms=_SLICE_MS, max_records=max_records
            )
            return found
        except OffsetOutOfRangeError as error:
            self._on_lost_place(set(error.args[0]))
        except NoOffsetForPartitionError as error:
            self._on_lost_place({error.args[0]})
        except TopicAuthorizationFailedError as error:
            self._on_forbidden(error.args[0])
        except KafkaError as error:
            self._on_trouble(error)
            raise
        return {}
