"""Referral between real topics: intake's log in, its own log out, and an instance that leaves meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from chassis.consumer import BatchConsumer
from chassis.kafka import KafkaSettings
from chassis.relay import EventsLog, Relay
from confluent_kafka import Consumer, Message, Producer
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.referral import ReferralRequested
from kafka.admin import KafkaAdminClient
from referral.service import SERVICE

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.test_referral import ACCEPTED, PROVIDER, RECEIVED, REQUEST, SENDER, STARTED
from tests.integration.owners.world import World, eventually, running

CASES = 40


class Topics:
    """Topics of this test only; `name` stands for the service's."""

    def __init__(self, bootstrap: str) -> None:
        self.kafka = KafkaSettings(bootstrap)
        self.name = f"referral-{uuid4().hex[:10]}"
        self.intake = f"intake-{self.name}.events.v1"
        self.out = f"{self.name}.events.v1"
        self._producer = Producer({**self.kafka.for_confluent(), "partitioner": "murmur2_random"})
        self._position = 0

    def all(self) -> dict[str, dict[str, int]]:
        partitions = {self.intake: 6, self.out: 6, f"{self.name}.relay.v1": 1}
        return {topic: {"num_partitions": n, "replication_factor": 1} for topic, n in partitions.items()}

    def tell(self, events: list[Recorded[Payload]]) -> None:
        """Publish as intake's relay would."""
        for event in events:
            self._position += 1
            headers: list[tuple[str, str | bytes | None]] = [("ce_position", str(self._position))]
            self._producer.produce(self.intake, event.to_bytes(), str(event.meta.subject), headers=headers)
        assert self._producer.flush(10) == 0

    def published(self, count: int) -> list[Message]:
        """That many records of the service's log, and whatever else comes within two seconds."""
        consumer = Consumer(
            {
                **self.kafka.for_confluent(),
                "group.id": uuid4().hex,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe([self.out])
        found: list[Message] = []
        try:
            while message := consumer.poll(2 if len(found) >= count else 20):
                assert message.error() is None
                found.append(message)
        finally:
            consumer.close()
        return found


@pytest.fixture
def topics(kafka_bootstrap: str) -> Iterator[Topics]:
    made = Topics(kafka_bootstrap)
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.create_topics(made.all(), wait_for_metadata=True)
    yield made
    with suppress(Exception):
        admin.delete_topics(list(made.all()))
    admin.close()


@asynccontextmanager
async def instance(topics: Topics, dsn: str, folder: Path) -> AsyncIterator[World]:
    """One instance of the service between the topics; leaving ends it."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running(SERVICE, dsn, folder, BEGUN))
        parts = world.parts
        consumer = BatchConsumer(
            topics.kafka,
            group=topics.name,
            writer=parts.writer,
            positions=parts.store.positions,
            writer_thread=parts.writer_thread,
            topics=[topics.intake],
            sources=[topics.intake],
            max_records=20,
            session_timeout_ms=6_000,
        )
        relay = Relay(dsn, topics.kafka, service=topics.name, logs=[EventsLog(topics.name)], page=15)
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        relay.start()
        stack.callback(relay.stop)
        yield world


async def test_what_intake_tells_is_answered_once_and_in_order_while_an_instance_leaves(
    topics: Topics, postgres_dsn: str, tmp_path: Path
) -> None:
    cases = [uuid4() for _ in range(CASES)]
    async with AsyncExitStack() as first, instance(topics, postgres_dsn, tmp_path) as second:
        leaving = await first.enter_async_context(instance(topics, postgres_dsn, tmp_path))
        intake = leaving.intake
        topics.tell([intake.opened(case) for case in cases])
        topics.tell([intake.consented(case) for case in cases])
        topics.tell([intake.routed(case, REQUEST, SENDER) for case in cases])
        await eventually(lambda: len(second.log()) == CASES, "a referral for each case")
        numbers = {event.meta.subject: _number(event) for event in second.log()}
        early = [intake.routed(case, STARTED, PROVIDER, number=numbers[case]) for case in cases]
        topics.tell(early)
        await first.aclose()
        moves = [RECEIVED, ACCEPTED]
        topics.tell([intake.routed(case, m, PROVIDER, number=numbers[case]) for m in moves for case in cases])
        await eventually(lambda: len(second.log()) == 5 * CASES, "every move of every case")
        published = topics.published(5 * CASES)
        _same_and_once(published, second)
    for case in cases:
        assert _kinds(published, case) == [
            "referral-requested",
            "agency-event-deferred",
            "referral-received",
            "referral-accepted",
            "service-started",
        ]


def _same_and_once(published: list[Message], world: World) -> None:
    """What stands on Kafka is what stands in the store, byte for byte, each once."""
    stored = sorted(event.to_bytes() for event in world.log())
    assert sorted(_value(message) for message in published) == stored


def _kinds(published: list[Message], case: UUID) -> list[str]:
    ours = [message for message in published if message.key() == str(case).encode()]
    assert len({message.partition() for message in ours}) == 1
    return [Recorded.parse(_value(message)).type.rsplit(".", 2)[-2] for message in ours]


def _value(message: Message) -> bytes:
    value = message.value()
    assert isinstance(value, bytes)
    return value


def _number(event: Recorded[Payload]) -> str:
    assert isinstance(event.data, ReferralRequested)
    return event.data.number
