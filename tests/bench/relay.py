"""Notification log → topic (relay), beside a bare producer of the same client in the same mode."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import psycopg
from chassis.kafka import KafkaSettings
from chassis.relay import EventsLog, Outgoing, Relay
from chassis.store import migrations
from confluent_kafka import Producer
from reftrack_local import topics
from reftrack_local.topics import Topic

from tests.bench.apart import apart
from tests.bench.databases import database
from tests.bench.harness import Figures, Pair, Servers, Work
from tests.bench.stored import insert_events

A_PAGE = 1_000
"""Messages a Kafka transaction: what the relay takes at once when it is behind."""


@contextmanager
def setup(servers: Servers) -> Iterator[Pair]:
    events = servers.count(40_000)
    with database(servers.postgres_dsn) as dsn:
        migrations.migrate(dsn, migrations.CHASSIS)
        insert_events(dsn, events)
        yield Pair(partial(_ours, servers, dsn, events), partial(_beside, servers, dsn, events))


def _ours(servers: Servers, dsn: str, events: int) -> Figures:
    service = f"bench-{uuid.uuid4().hex[:12]}"
    topics.make(servers.kafka_bootstrap, [topics.log_of(service), topics.relay_of(service)])
    return {"events": events / apart(_relay, dsn, servers.kafka_bootstrap, service, events)}


def _relay(dsn: str, bootstrap: str, service: str, events: int) -> float:
    """Seconds from holding the lease to the last page's commit; it reads the table as it goes."""
    relay = Relay(dsn, KafkaSettings(bootstrap), service=service, logs=[EventsLog(service)])
    relay.start()
    while not relay.active:
        time.sleep(0.001)
    started = time.perf_counter()
    while relay.positions().get("events", 0) < events:
        time.sleep(0.001)
    seconds = time.perf_counter() - started
    relay.stop()
    return seconds


def _beside(servers: Servers, dsn: str, events: int) -> Figures:
    topic = f"bench-{uuid.uuid4().hex[:12]}.bare"
    topics.make(servers.kafka_bootstrap, [Topic(topic, topics.log_of("bench").partitions)])
    return {"events": events / apart(_bare, dsn, servers.kafka_bootstrap, topic, events)}


def _bare(dsn: str, bootstrap: str, topic: str, events: int) -> float:
    """Seconds for the same messages, made before, in transactions of the same size."""
    pages = _pages(dsn, events)
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "transactional.id": topic,
            "acks": "all",
            "partitioner": "murmur2_random",
            "linger.ms": 2,
        }
    )
    producer.init_transactions(30)
    started = time.perf_counter()
    for page in pages:
        producer.begin_transaction()
        for message in page:
            producer.produce(topic, value=message.value, key=message.key, headers=message.headers)
        producer.commit_transaction(30)
    return time.perf_counter() - started


def _pages(dsn: str, events: int) -> list[Sequence[Outgoing]]:
    log = EventsLog("bench")
    with psycopg.connect(dsn, autocommit=True, options="-c timezone=UTC") as connection:
        return [log.read(connection, after, A_PAGE) for after in range(0, events, A_PAGE)]


RELAY = Work(
    name="notification log → topic (relay)",
    against="confluent-kafka's producer, transactional, with the same messages (bytes and headers) already "
    f"in memory, {A_PAGE:,} a transaction; it reads no table, holds no lease and keeps no position",
    unit="events/s",
    at_least=0.6,
    setup=setup,
)
