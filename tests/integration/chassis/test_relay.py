"""What the relay promises, on real PostgreSQL and Kafka."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import psycopg
import pytest
from chassis.kafka import KafkaSettings
from chassis.relay import EventsLog, Outgoing, Relay
from chassis.relay.lease import Lease
from chassis.relay.publisher import PagePublisher, PublisherLost
from chassis.store.migrations import migrate
from confluent_kafka import Consumer, TopicPartition
from kafka.admin import KafkaAdminClient

from tests.integration.chassis.conftest import eventually
from tests.integration.chassis.outbox import positions, published, record

Start = Callable[..., Relay]
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'reftrack-relay' AND datname = current_database()
"""


@pytest.fixture
def dsn(postgres_dsn: str) -> str:
    migrate(postgres_dsn)
    return postgres_dsn


@pytest.fixture
def service(kafka: KafkaSettings) -> Iterator[str]:
    """Name of a service of its own, with its two topics."""
    name = f"relayed-{uuid.uuid4().hex[:8]}"
    admin = KafkaAdminClient(**kafka.for_kafka_python())
    topics = {f"{name}.events.v1": 6, f"{name}.relay.v1": 1}
    made = {topic: {"num_partitions": count, "replication_factor": 1} for topic, count in topics.items()}
    admin.create_topics(made, wait_for_metadata=True)
    yield name
    admin.delete_topics(list(topics))
    admin.close()


@pytest.fixture
def start(dsn: str, kafka: KafkaSettings, service: str) -> Iterator[Start]:
    started: list[Relay] = []

    def begin(**options: Any) -> Relay:
        options.setdefault("logs", [EventsLog(service)])
        relay = Relay(dsn, kafka, service=service, standby_seconds=0.1, **options)
        relay.start()
        started.append(relay)
        return relay

    yield begin
    for relay in started:
        relay.stop()


def in_order_and_complete(kafka: KafkaSettings, service: str, count: int) -> bool:
    messages = published(kafka, f"{service}.events.v1")
    for partition in range(6):
        of_one = positions([message for message in messages if message.partition() == partition])
        assert of_one == sorted(set(of_one)), "out of order, or doubled"
    return sorted(positions(messages)) == list(range(1, count + 1))


async def test_events_are_published_as_they_are_stored(
    dsn: str, kafka: KafkaSettings, service: str, start: Start
) -> None:
    record(dsn, 1)
    relay = start()
    await eventually(lambda: relay.positions().get("events") == 1)
    (message,) = published(kafka, f"{service}.events.v1")
    assert message.value() == b'{"n": 1}'
    case = b"00000000-0000-0000-0000-000000000002"
    assert message.key() == case
    assert dict(message.headers() or []) == {
        "ce_specversion": b"1.0",
        "ce_id": case + b":1",
        "ce_source": f"/services/{service}".encode(),
        "ce_type": b"org.reftrack.thing-happened.v1",
        "ce_time": b"2019-03-02T02:15:00.000000Z",
        "ce_subject": case,
        "partitionkey": case,
        "ce_recordedat": b"2019-03-02T03:00:01.000001Z",
        "ce_position": b"1",
        "content-type": b"application/json",
    }


async def test_everything_is_published_once_in_the_order_of_each_case(
    dsn: str, kafka: KafkaSettings, service: str, start: Start
) -> None:
    record(dsn, 2_500)
    relay = start()
    await eventually(lambda: relay.positions().get("events") == 2_500)
    record(dsn, 10)
    await eventually(lambda: relay.positions().get("events") == 2_510)
    assert in_order_and_complete(kafka, service, 2_510)
    assert relay.check().ready() is None


@pytest.mark.parametrize("point", ["relay_mid_page:3", "relay_between_pages:3"])
async def test_killed_at_any_point_of_a_page_nothing_is_lost_or_doubled(
    dsn: str, kafka: KafkaSettings, service: str, start: Start, point: str
) -> None:
    record(dsn, 1_000)
    program = str(Path(__file__).with_name("outbox.py"))
    killed = await asyncio.create_subprocess_exec(
        sys.executable, program, dsn, kafka.bootstrap, service, env={**os.environ, "REFTRACK_CRASH_AT": point}
    )
    async with asyncio.timeout(30):
        assert await killed.wait() == -signal.SIGKILL
    relay = start(page=100)
    await eventually(lambda: relay.positions().get("events") == 1_000)
    assert in_order_and_complete(kafka, service, 1_000)


async def test_a_predecessor_that_is_still_alive_can_publish_nothing_more(
    dsn: str, kafka: KafkaSettings, service: str, start: Start
) -> None:
    record(dsn, 10)
    zombie = PagePublisher(
        kafka, transactional_id=f"{service}.relay", positions_topic=f"{service}.relay.v1", stopping=Event()
    )
    assert zombie.open(["events"]) == {}
    topic = f"{service}.events.v1"
    page = [Outgoing(n, topic, b"zombie", b"zombie", [("ce_position", b"%d" % n)]) for n in range(1, 11)]
    zombie._producer.begin_transaction()
    zombie._produce(page, {"events": 10})
    zombie._producer.flush(10)
    relay = start()
    await eventually(lambda: relay.positions().get("events") == 10)
    with pytest.raises(PublisherLost):
        zombie.publish(page, {"events": 10})
    assert in_order_and_complete(kafka, service, 10)
    assert b"zombie" not in {message.key() for message in published(kafka, topic)}


async def test_of_two_instances_one_publishes_and_the_other_takes_over(
    dsn: str, kafka: KafkaSettings, service: str, start: Start
) -> None:
    one = start()
    await eventually(lambda: one.active)
    two = start()
    record(dsn, 100)
    await eventually(lambda: one.positions().get("events") == 100)
    await eventually(lambda: two.check().ready() is None)
    assert not two.active
    one.stop()
    record(dsn, 100)
    await eventually(lambda: two.active and two.positions().get("events") == 200)
    assert not one.active
    assert in_order_and_complete(kafka, service, 200)


async def test_a_lease_lost_with_its_connection_loses_and_doubles_nothing(
    dsn: str, kafka: KafkaSettings, service: str, start: Start
) -> None:
    relays = start(page=50), start(page=50)
    for _ in range(4):
        record(dsn, 200)
        await eventually(lambda: any(relay.active for relay in relays))
        with psycopg.connect(dsn) as connection:
            connection.execute(CUT)
    await eventually(lambda: 800 in [relay.positions().get("events") for relay in relays])
    assert in_order_and_complete(kafka, service, 800)
    await eventually(lambda: all(relay.check().ready() is None for relay in relays))


async def test_who_froze_with_the_lease_loses_it_to_another_instance(dsn: str) -> None:
    """A frozen process keeps its connection open for ever; its session must not keep the lease."""
    with Lease(dsn, "frozen", (), silent_seconds=0.5) as frozen, Lease(dsn, "frozen", ()) as other:
        assert frozen.acquire()
        assert not other.acquire()
        await eventually(other.acquire)
        with pytest.raises(psycopg.OperationalError):
            frozen.wait(1.0)


async def test_a_commit_is_published_at_once(
    dsn: str, kafka: KafkaSettings, service: str, start: Start
) -> None:
    relay = start(poll_seconds=3.0)
    await eventually(lambda: relay.active)
    record(dsn, 1)
    await eventually(lambda: relay.positions().get("events") == 1)
    waits = []
    for number in range(2, 22):
        began = time.perf_counter()
        record(dsn, 1)
        while relay.positions().get("events") != number:
            assert time.perf_counter() - began < 3
            await asyncio.sleep(0.0005)
        waits.append(time.perf_counter() - began)
    assert sorted(waits)[10] < 0.2, f"median {sorted(waits)[10]:.3f} s"
    print("NOTIFY to published, ms:", [round(wait * 1000, 1) for wait in sorted(waits)])  # noqa: T201


class Receipts:
    """A second outbox, with a topic per row."""

    name = "receipts"
    channel = "notes"

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def read(self, connection: psycopg.Connection[Any], after: int, limit: int) -> list[Outgoing]:
        rows = connection.execute(
            "SELECT position FROM notes WHERE position > %s ORDER BY 1 LIMIT %s", (after, limit)
        )
        return [Outgoing(position, self._topic, b"", b"note %d" % position, []) for (position,) in rows]

    def head(self, connection: psycopg.Connection[Any]) -> int:
        row = connection.execute("SELECT coalesce(max(position), 0) FROM notes").fetchone()
        assert row is not None
        return int(row[0])

    stored = head


async def test_two_logs_keep_a_position_each_also_when_one_of_them_is_silent_for_long(
    dsn: str, kafka: KafkaSettings, service: str, start: Start, kafka_topics: Callable[..., str]
) -> None:
    topic = kafka_topics("receipts")
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE notes (position bigint)")
        connection.execute("INSERT INTO notes SELECT generate_series(1, 3)")
    record(dsn, 600)
    logs = [EventsLog(service), Receipts(topic)]
    first = start(logs=logs, page=1)
    await eventually(lambda: first.positions() == {"events": 600, "receipts": 3}, within=60)
    first.stop()
    second = start(logs=logs)
    await eventually(lambda: second.positions() == {"events": 600, "receipts": 3})
    assert [message.value() for message in published(kafka, topic)] == [b"note 1", b"note 2", b"note 3"]
    assert in_order_and_complete(kafka, service, 600)


async def test_a_database_older_than_what_was_published_stops_the_relay(
    dsn: str, kafka: KafkaSettings, service: str, start: Start
) -> None:
    record(dsn, 10)
    first = start()
    await eventually(lambda: first.positions().get("events") == 10)
    first.stop()
    with psycopg.connect(dsn) as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > 5")
    second = start()
    await eventually(lambda: "LogBehindKafka" in (second.check().ready() or ""))
    record(dsn, 1)
    await asyncio.sleep(0.5)
    assert len(published(kafka, f"{service}.events.v1")) == 10


async def test_kafka_being_away_is_told_and_waited_for(dsn: str) -> None:
    relay = Relay(dsn, KafkaSettings("127.0.0.1:9"), service="nowhere", logs=[EventsLog("nowhere")])
    relay.start()
    await eventually(lambda: relay.check().ready() is not None)
    began = time.monotonic()
    relay.stop()
    assert time.monotonic() - began < 9
    assert relay.check().live() is None


def test_the_position_is_found_in_a_transaction_and_not_in_an_aborted_one(
    kafka: KafkaSettings, service: str
) -> None:
    publisher = PagePublisher(
        kafka, transactional_id=f"{service}.relay", positions_topic=f"{service}.relay.v1", stopping=Event()
    )
    assert publisher.open(["events"]) == {}
    publisher.publish([], {"events": 7})
    publisher._producer.begin_transaction()
    publisher._produce([], {"events": 8})
    publisher._producer.flush(10)
    publisher._producer.abort_transaction(10)
    successor = PagePublisher(
        kafka, transactional_id=f"{service}.relay", positions_topic=f"{service}.relay.v1", stopping=Event()
    )
    assert successor.open(["events", "receipts"]) == {"events": 7}
    assert committed_length(kafka, f"{service}.relay.v1") == 1


def committed_length(kafka: KafkaSettings, topic: str) -> int:
    consumer = Consumer({**kafka.for_confluent(), "group.id": "length"})
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
    consumer.close()
    assert high > low
    return len(published(kafka, topic))
