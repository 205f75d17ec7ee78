"""Three hops and nothing else: each consumes, inserts, commits, and produces for the next."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, NamedTuple

import psycopg
import uvloop
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from confluent_kafka import Producer
from reftrack_local import topics
from reftrack_local.topics import Topic

HOPS = 3


class Chain(NamedTuple):
    """Where a record goes in, and the query that sees it at the other end."""

    topic: str
    seen: bytes


class Hop(NamedTuple):
    """One process of the chain; the last one publishes nothing."""

    bootstrap: str
    dsn: str
    source: str
    table: str
    target: str | None


@contextmanager
def chain(bootstrap: str, dsn: str) -> Iterator[Chain]:
    """Three running processes, each with its own table."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    steps = [f"{name}.{number}" for number in range(HOPS)]
    topics.make(bootstrap, [Topic(step) for step in steps])
    with psycopg.connect(dsn, autocommit=True) as connection:
        for number in range(HOPS):
            connection.execute(f"CREATE TABLE hop{number} (key text PRIMARY KEY, value bytea)".encode())
    targets: list[str | None] = [*steps[1:], None]
    hops = [
        Hop(bootstrap, dsn, step, f"hop{number}", target)
        for number, (step, target) in enumerate(zip(steps, targets, strict=True))
    ]
    context = get_context("spawn")
    processes = [context.Process(target=_run, args=(hop,), daemon=True) for hop in hops]
    for process in processes:
        process.start()
    try:
        yield Chain(steps[0], f"SELECT FROM hop{HOPS - 1} WHERE key = %b".encode())
    finally:
        for process in processes:
            process.terminate()
            process.join(10)


def _run(hop: Hop) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_hop(hop))


async def _hop(hop: Hop) -> None:
    consumer = AIOKafkaConsumer(
        hop.source,
        bootstrap_servers=hop.bootstrap,
        group_id=hop.source,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    producer = _producer(hop) if hop.target else None
    statement = f"INSERT INTO {hop.table} SELECT * FROM unnest(%b::text[], %b::bytea[])".encode()
    with psycopg.connect(hop.dsn, autocommit=True) as connection:
        await consumer.start()
        while True:
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                columns = [record.key.decode() for record in batch], [record.value for record in batch]
                connection.execute(statement, columns, prepare=True)
                if producer and hop.target:
                    _pass_on(producer, hop.target, batch)


def _producer(hop: Hop) -> Producer:
    producer = Producer(
        {
            "bootstrap.servers": hop.bootstrap,
            "transactional.id": hop.source,
            "acks": "all",
            "linger.ms": 2,
        }
    )
    producer.init_transactions(60)
    return producer


def _pass_on(producer: Producer, topic: str, batch: list[ConsumerRecord]) -> None:
    producer.begin_transaction()
    for record in batch:
        headers: list[Any] = list(record.headers)
        producer.produce(topic, record.value, record.key, headers=headers)
    producer.commit_transaction(30)
