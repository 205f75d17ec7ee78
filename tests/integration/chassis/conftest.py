"""Producers, waiting with a deadline, consumers that end with the test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from chassis.consumer import BatchConsumer
from chassis.kafka import KafkaSettings
from chassis.telemetry import configure
from confluent_kafka import Producer

from tests.integration.chassis.ledger import Ledger

Post = Callable[..., None]
Consume = Callable[..., Awaitable[BatchConsumer]]


async def eventually(what: Callable[[], Any], *, within: float = 20.0) -> Any:
    """Wait until `what()` is true and return it; fail after the deadline with its last value."""
    deadline = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {within} s; last seen: {found!r}"
        await asyncio.sleep(0.02)
    return found


@pytest.fixture
def kafka(kafka_bootstrap: str) -> KafkaSettings:
    return KafkaSettings(kafka_bootstrap)


@pytest.fixture
def post(kafka: KafkaSettings) -> Post:
    """Post values to a topic and wait until Kafka has them."""
    producer = Producer({**kafka.for_confluent(), "acks": "all", "partitioner": "murmur2_random"})

    def send(topic: str, *values: bytes | None, key: bytes | None = None, headers: Any = None) -> None:
        for value in values:
            producer.produce(topic, value=value, key=key, headers=headers)
        assert producer.flush(10) == 0

    return send


@pytest.fixture
def ledger(postgres_dsn: str) -> Iterator[Ledger]:
    made = Ledger(postgres_dsn)
    yield made
    made.close()


@pytest.fixture
async def consume(kafka: KafkaSettings) -> AsyncIterator[Consume]:
    """Start a consumer that writes to a ledger; stopped after the test."""
    async with AsyncExitStack() as stack:

        async def start(ledger: Ledger, **options: Any) -> BatchConsumer:
            options.setdefault("session_timeout_ms", 6_000)
            consumer = BatchConsumer(
                kafka, writer=ledger, positions=ledger, writer_thread=ledger.thread, **options
            )
            await consumer.start()
            stack.push_async_callback(consumer.stop)
            return consumer

        yield start


@pytest.fixture(autouse=True)
def _logs() -> None:
    configure(service="test", instance="1")
