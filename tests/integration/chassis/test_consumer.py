"""What the batch consumer promises, shown with a small writer on real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
import uuid
from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition as Place
from aiokafka.errors import TopicAuthorizationFailedError
from chassis.consumer import BatchConsumer
from chassis.items import Record
from chassis.kafka import KafkaSettings
from chassis.telemetry import metrics
from confluent_kafka import Producer
from kafka import TopicPartition as Partition
from kafka.admin import KafkaAdminClient

from tests.conftest import KafkaTopics
from tests.integration.chassis.conftest import Consume, Post, eventually
from tests.integration.chassis.ledger import Ledger


def numbers(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


async def test_every_record_is_taken_once_and_in_order(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic, sent = kafka_topics(), numbers(2_500)
    post(topic, *sent)
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) >= len(sent))
    assert ledger.values() == sent
    assert consumer.check().ready() is None
    assert max(ledger.batches) <= 1_000


async def test_the_next_batch_is_foreseen_while_one_is_in_hand_and_nothing_depends_on_it(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic, sent = kafka_topics(), numbers(500)
    foreseen: list[bytes] = []

    def foresee(records: Sequence[Record]) -> None:
        foreseen.extend(record.value or b"" for record in records)
        raise ValueError("and it fails")

    post(topic, *sent)
    await consume(ledger, group=topic, topics=[topic], max_records=100, foresee=foresee)
    await eventually(lambda: len(ledger.values()) >= len(sent))
    assert ledger.values() == sent
    assert foreseen, "no batch was foreseen"
    assert foreseen == sorted(set(foreseen), key=sent.index), "a record was foreseen twice, or out of order"
    assert sent[0] not in foreseen


async def test_nulls_and_bytes_that_are_not_text_arrive_as_they_are_among_good_records(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, b"good", headers=[("ce_id", b"1")])
    post(topic, None, headers=[("ce_id", None), ("content-type", b"\xff\xfe")])
    post(topic, b"\xff\xfe{", headers=[("reply_to", topic.encode()), ("correlation_id", None)])
    post(topic, b"good too", key=b"\x00\xff")
    await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 4)
    assert ledger.values() == [b"good", None, b"\xff\xfe{", b"good too"]
    assert ledger.nulls() == [[], ["ce_id"], ["correlation_id"], []]
    await asyncio.sleep(0.5)
    assert len(ledger.values()) == 4, "a reply_to header made somebody answer"


async def test_a_sender_may_compress_as_it_likes(
    kafka: KafkaSettings, kafka_topics: KafkaTopics, ledger: Ledger, consume: Consume
) -> None:
    topic, codecs = kafka_topics(), ["none", "gzip", "snappy", "lz4", "zstd"]
    for codec in codecs:
        producer = Producer({**kafka.for_confluent(), "compression.type": codec})
        for _ in range(20):
            producer.produce(topic, value=codec.encode() * 100)
        producer.flush(10)
    await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 100)
    assert ledger.values() == [codec.encode() * 100 for codec in codecs for _ in range(20)]


@pytest.mark.parametrize("point", ["after_poll:3", "after_commit_before_offset:3"])
async def test_killed_before_or_after_the_commit_nothing_is_lost_or_doubled(
    kafka: KafkaSettings,
    kafka_topics: KafkaTopics,
    post: Post,
    ledger: Ledger,
    consume: Consume,
    postgres_dsn: str,
    point: str,
) -> None:
    topic, sent = kafka_topics(), numbers(500)
    post(topic, *sent)
    program = [sys.executable, "-m", "tests.integration.chassis.ledger", postgres_dsn, kafka.bootstrap, topic]
    killed = await asyncio.create_subprocess_exec(*program, env={**os.environ, "REFTRACK_CRASH_AT": point})
    async with asyncio.timeout(30):
        assert await killed.wait() == -signal.SIGKILL
    taken = len(ledger.values())
    assert taken == (200 if point.startswith("after_poll") else 300)
    await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) >= 500, within=30)
    assert ledger.values() == sent


async def test_a_new_topic_is_found_within_ten_seconds_and_read_from_its_beginning(
    kafka: KafkaSettings, kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    mark = uuid.uuid4().hex[:8]
    consumer = await consume(ledger, group=mark, pattern=rf"agency\.{mark}-.*\.events\.v1")
    await eventually(lambda: consumer.check().ready() is None)
    topic = kafka_topics(f"{mark}-ward", pattern="agency.{}.events.v1")
    beside = kafka_topics(f"{mark}-ward", pattern="agency.{}.events.v1.copy")
    began = time.monotonic()
    post(beside, b"not ours")
    post(topic, b"first", b"second")
    await eventually(lambda: len(ledger.values()) == 2, within=10.0)
    assert time.monotonic() - began < 10.0
    assert ledger.values() == [b"first", b"second"]


async def test_a_topic_that_does_not_exist_yet_does_not_keep_another_from_being_read(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, b"here")
    await consume(ledger, group=topic, topics=[topic, f"not-there-{topic}"])
    await eventually(lambda: ledger.values() == [b"here"])


async def test_nothing_is_lost_doubled_or_out_of_order_when_instances_come_and_go(
    kafka_topics: KafkaTopics, post: Post, postgres_dsn: str, consume: Consume
) -> None:
    topic = kafka_topics(partitions=6)
    first, second = Ledger(postgres_dsn), Ledger(postgres_dsn)
    one = await consume(first, group=topic, topics=[topic], instance="1", max_records=50)
    await eventually(lambda: one.check().ready() is None)
    sent: dict[bytes, list[bytes]] = {b"case-%d" % number: [] for number in range(20)}

    async def feed(start: int) -> None:
        for step in range(start, start + 30):
            for key, values in sent.items():
                values.append(b"%s:%d" % (key, step))
                post_one(key, values[-1])
            await asyncio.sleep(0.02)

    producer = Producer({"bootstrap.servers": one._kafka.bootstrap, "enable.idempotence": True})

    def post_one(key: bytes, value: bytes) -> None:
        producer.produce(topic, value=value, key=key)
        producer.poll(0)

    await feed(0)
    two = await consume(second, group=topic, topics=[topic], instance="2", max_records=50)
    await feed(30)
    await eventually(lambda: len(two.positions()) == 3 and len(one.positions()) == 3)
    await one.stop()
    await feed(60)
    producer.flush(10)
    await eventually(lambda: len(first.values()) >= 20 * 90)
    taken = first.values()
    assert len(taken) == 20 * 90
    for key, values in sent.items():
        assert [value for value in taken if value and value.startswith(key + b":")] == values
    await eventually(lambda: two.check().ready() is None)
    await two.stop()
    first.close()
    second.close()


async def test_an_instance_without_a_partition_is_ready(
    kafka_topics: KafkaTopics, ledger: Ledger, postgres_dsn: str, consume: Consume
) -> None:
    topic = kafka_topics(partitions=1)
    idle = Ledger(postgres_dsn)
    one = await consume(ledger, group=topic, topics=[topic], instance="1")
    two = await consume(idle, group=topic, topics=[topic], instance="2")
    await eventually(lambda: one.check().ready() is None and two.check().ready() is None)
    await eventually(lambda: len(one.positions()) + len(two.positions()) == 1)
    assert one.check().ready() is None
    assert two.check().ready() is None
    await two.stop()
    idle.close()


async def test_who_lost_the_partition_while_writing_writes_nothing_and_goes_on_behind_the_other(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, b"a", b"b")
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 2)
    ledger.another_instance_moved(topic, to=4)
    post(topic, b"taken by the other", b"taken by the other", b"c")
    await eventually(lambda: len(ledger.values()) == 3)
    assert ledger.values() == [b"a", b"b", b"c"]
    assert consumer.positions() == {(topic, 0): 5}


async def test_a_batch_that_the_writer_could_not_write_is_taken_again(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    failures = iter([RuntimeError("broken"), RuntimeError("broken")])

    def fail_twice(_items: object) -> None:
        for error in failures:
            raise error

    ledger.before_write = fail_twice
    post(topic, *numbers(10))
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) >= 10)
    post(topic, *numbers(10, start=10))
    await eventually(lambda: len(ledger.values()) >= 20)
    assert ledger.values() == numbers(20)
    assert consumer.check().ready() is None


async def test_what_the_source_sends_again_is_taken_once(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    for position in (1, 2, 2, 1, 3):
        post(topic, b"p%d" % position, headers=[("ce_position", b"%d" % position)])
    consumer = await consume(ledger, group=topic, topics=[topic], sources=[topic])
    await eventually(lambda: len(ledger.values()) == 3)
    await consumer.stop()
    post(topic, b"p3", headers=[("ce_position", b"3")])
    post(topic, b"p4", headers=[("ce_position", b"4")])
    await consume(ledger, group=topic, topics=[topic], sources=[topic])
    await eventually(lambda: len(ledger.values()) == 4)
    assert ledger.values() == [b"p1", b"p2", b"p3", b"p4"]


async def test_a_stranger_cannot_hide_a_record_behind_a_source_position(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, b"a", b"b", headers=[("ce_position", b"7")])
    await consume(ledger, group=topic, topics=[topic], sources=["referral.events.v1"])
    await eventually(lambda: ledger.values() == [b"a", b"b"])


async def test_gaps_left_by_transactions_are_no_loss_and_the_lag_ends_at_zero(
    kafka: KafkaSettings, kafka_topics: KafkaTopics, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    producer = Producer({**kafka.for_confluent(), "transactional.id": topic})
    producer.init_transactions(10)
    for page in range(6):
        producer.begin_transaction()
        producer.produce(topic, value=b"page %d" % page)
        if page % 2:
            producer.flush(10)
            producer.abort_transaction(10)
        else:
            producer.commit_transaction(10)
    await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 3)
    assert ledger.values() == [b"page 0", b"page 2", b"page 4"]
    lag = metrics.CONSUMER_LAG.labels(topic=topic, partition="0")
    position = metrics.CONSUMER_POSITION.labels(topic=topic, partition="0")
    await eventually(lambda: position._value.get() == 12 and lag._value.get() == 0)
    await eventually(lambda: committed(kafka, topic) == 12)


def committed(kafka: KafkaSettings, group: str) -> int:
    """The offset that Kafka shows for the group: only a hint, but people look at it."""
    admin = KafkaAdminClient(**kafka.for_kafka_python())
    try:
        found = admin.list_group_offsets(group)
        by_partition = found.get(group, found)
        return next(
            (at.offset for partition, at in by_partition.items() if partition == Partition(group, 0)), -1
        )
    finally:
        admin.close()


async def test_records_that_expired_are_told_and_the_rest_is_taken(
    kafka: KafkaSettings, kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, *numbers(10))
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 10)
    await consumer.stop()
    post(topic, *numbers(10, start=10))
    delete_before(kafka, topic, 15)
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) >= 15)
    assert ledger.values() == numbers(10) + numbers(5, start=15)
    assert metrics.CONSUMER_MISSED.labels(topic=topic)._value.get() == 5
    post(topic, b"later")
    await eventually(lambda: ledger.values()[-1] == b"later")


async def test_records_that_expire_under_a_running_consumer_are_told_too(
    kafka: KafkaSettings, kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, *numbers(3))
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 3)
    ledger.another_instance_moved(topic, to=2)  # as after a database restored from a copy
    delete_before(kafka, topic, 3)
    post(topic, b"after")
    await eventually(lambda: ledger.values()[-1] == b"after")
    assert metrics.CONSUMER_MISSED.labels(topic=topic)._value.get() == 1
    assert consumer.positions() == {(topic, 0): 4}


async def test_a_topic_made_anew_is_read_from_its_beginning(
    kafka: KafkaSettings, kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, *numbers(10))
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 10)
    await consumer.stop()
    make_anew(kafka, topic)
    post(topic, b"new 0", b"new 1")
    await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 12)
    post(topic, b"new 2")
    await eventually(lambda: ledger.values()[10:] == [b"new 0", b"new 1", b"new 2"])


async def test_a_topic_made_anew_with_more_records_than_the_old_one_is_noticed_and_told(
    kafka: KafkaSettings, kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic, sent = kafka_topics(), [b"new %d" % number for number in range(25)]
    post(topic, *numbers(10))
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) == 10)
    assert consumer.check().degraded() is None
    await consumer.stop()
    make_anew(kafka, topic)
    post(topic, *sent)
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: len(ledger.values()) >= 35)
    assert ledger.values()[10:] == sent
    assert topic in (consumer.check().degraded() or "")
    assert metrics.CONSUMER_ANEW.labels(topic=topic)._value.get() == 1
    await consumer.stop()
    consumer = await consume(ledger, group=topic, topics=[topic])
    post(topic, b"after")
    await eventually(lambda: ledger.values()[-1] == b"after")
    assert len(ledger.values()) == 36, "it was read anew a second time"
    assert consumer.check().degraded() is None


async def test_a_consumer_stops_only_after_the_batch_in_hand(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    ledger.before_write = lambda _items: time.sleep(random.uniform(0.3, 0.5))
    post(topic, *numbers(100))
    consumer = await consume(ledger, group=topic, topics=[topic], max_records=40)
    await eventually(lambda: ledger.values())
    await consumer.stop()
    taken = ledger.values()
    assert taken == numbers(len(taken))
    assert len(taken) in (40, 80, 100)


async def test_a_topic_that_may_not_be_read_keeps_no_other_from_being_read(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    closed, open_ = kafka_topics("closed"), kafka_topics("open")
    consumer = await consume(ledger, group=open_, topics=[closed, open_])
    await eventually(lambda: len(consumer.positions()) == 2)
    assert consumer._client is not None
    consumer._client._fetcher._set_error(Place(closed, 0), TopicAuthorizationFailedError(closed))
    post(open_, b"a")
    await eventually(lambda: ledger.values() == [b"a"])
    post(open_, b"b")
    await eventually(lambda: ledger.values() == [b"a", b"b"])
    await eventually(lambda: consumer.check().degraded() == f"not allowed to read {closed}")
    assert consumer.check().ready() is None


async def test_partitions_given_away_are_no_longer_measured_here(
    kafka_topics: KafkaTopics, post: Post, ledger: Ledger, consume: Consume
) -> None:
    topic = kafka_topics()
    post(topic, b"a")
    consumer = await consume(ledger, group=topic, topics=[topic])
    await eventually(lambda: measured(topic))
    await consumer.stop()
    assert not measured(topic)


def measured(topic: str) -> bool:
    (lag,) = metrics.CONSUMER_LAG.collect()
    return any(sample.labels["topic"] == topic for sample in lag.samples)


async def test_kafka_being_away_is_told_and_waited_for(ledger: Ledger, postgres_dsn: str) -> None:
    nowhere = KafkaSettings("127.0.0.1:9")
    consumer = BatchConsumer(
        nowhere, group="g", topics=["t"], writer=ledger, positions=ledger, writer_thread=ledger.thread
    )
    await consumer.start()
    await eventually(lambda: "KafkaConnectionError" in (consumer.check().ready() or ""))
    assert consumer.check().live() is None
    await consumer.stop()


def delete_before(kafka: KafkaSettings, topic: str, offset: int) -> None:
    admin = KafkaAdminClient(**kafka.for_kafka_python())
    try:
        admin.delete_records({Partition(topic, 0): offset})
    finally:
        admin.close()


def make_anew(kafka: KafkaSettings, topic: str) -> None:
    admin = KafkaAdminClient(**kafka.for_kafka_python())
    try:
        admin.delete_topics([topic])
        deadline = time.monotonic() + 10
        while topic in admin.list_topics():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        admin.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
    finally:
        admin.close()
