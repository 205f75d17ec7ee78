"""How far behind we are, and whether Kafka still answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.consumer.assignment import Assignment
from chassis.telemetry import metrics

_PATIENCE = 5.0


@dataclass(frozen=True)
class Seen:
    """Offsets up to which everything is recorded, and the seconds since Kafka last answered a fetch.

    Without partitions nothing is fetched and the silence is endless.
    """

    offsets: dict[TopicPartition, int]
    silent_for: float


async def measure(client: AIOKafkaConsumer, assignment: Assignment, *, idle: asyncio.Event) -> Seen:
    """Set position and lag of each partition that is ours."""
    offsets: dict[TopicPartition, int] = {}
    newest = 0
    for at in assignment.placed:
        recorded = await client.position(at) if idle.is_set() else assignment.next(at)
        if at not in assignment.placed:
            continue
        offsets[at] = recorded
        newest = max(newest, client.last_poll_timestamp(at) or 0)
        labels = {"topic": at.topic, "partition": str(at.partition)}
        metrics.CONSUMER_POSITION.labels(**labels).set(recorded)
        metrics.CONSUMER_LAG.labels(**labels).set(max((client.highwater(at) or 0) - recorded, 0))
    return Seen(offsets, time.time() - newest / 1000)


def forget(partitions: Iterable[TopicPartition]) -> None:
    """Another instance measures these from now on."""
    for at in partitions:
        metrics.CONSUMER_POSITION.remove(at.topic, at.partition)
        metrics.CONSUMER_LAG.remove(at.topic, at.partition)


async def sign_of_life(client: AIOKafkaConsumer) -> str | None:
    """Ask Kafka for its topics; returns why that failed."""
    try:
        await asyncio.wait_for(client.topics(), _PATIENCE)
    except (KafkaError, TimeoutError, OSError) as error:
        return f"Kafka does not answer: {type(error).__name__}"
    return None
