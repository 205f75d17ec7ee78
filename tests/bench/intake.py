"""Agency event on Kafka → committed in intake, beside a bare loop on the same topic."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from chassis.consumer import BatchConsumer
from chassis.items import Item
from chassis.service import Parts
from chassis.store import migrations
from chassis.store.writer import Result, Writer
from chassis.vault import write_master_key
from contracts.posted import parse_posted
from intake.service import SERVICE
from intake.settings import Settings
from reftrack_local import paths

from tests.bench.agency_feed import TOPIC, fill, posts
from tests.bench.apart import apart_on_a_loop, until
from tests.bench.databases import database
from tests.bench.harness import Figures, Pair, Servers, Work

A_BATCH = 1_000
RAW = b"""
    INSERT INTO raw_events (originator_id, originator_version, topic, state, notification_id, subject,
                            occurred_at, recorded_at)
    SELECT * FROM unnest(%b::uuid[], %b::bigint[], %b::text[], %b::bytea[], %b::bigint[], %b::uuid[],
                         %b::timestamptz[], %b::timestamptz[])
"""
MOVE = b"UPDATE raw_position SET next_offset = %b WHERE next_offset = %b"


@contextmanager
def setup(servers: Servers) -> Iterator[Pair]:
    events = servers.count(20_000)
    fill(servers.kafka_bootstrap, posts(events))
    yield Pair(partial(_ours, servers, events), partial(_beside, servers, events))


def _ours(servers: Servers, events: int) -> Figures:
    with database(servers.postgres_dsn) as dsn, tempfile.TemporaryDirectory() as folder:
        migrations.migrate(dsn, "intake")
        seconds, _ = apart_on_a_loop(take_in, dsn, servers.kafka_bootstrap, folder, events)
        _check(dsn, "SELECT count(*) FROM inbox WHERE verdict = 'accepted'", events)
        return {"events": events / seconds}


def _beside(servers: Servers, events: int) -> Figures:
    with database(servers.postgres_dsn) as dsn:
        migrations.migrate(dsn, migrations.CHASSIS)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE raw_events (LIKE stored_events INCLUDING ALL)")
            connection.execute("CREATE TABLE raw_position AS SELECT 0::bigint AS next_offset")
        seconds = apart_on_a_loop(_bare_loop, dsn, servers.kafka_bootstrap, events)
        _check(dsn, "SELECT count(*) FROM raw_events", events)
        return {"events": events / seconds}


def _check(dsn: str, query: str, events: int) -> None:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row == (events,), f"{row} of {events} events were taken in"


async def take_in(dsn: str, bootstrap: str, folder: str, events: int) -> tuple[float, float]:
    """Intake's consumer, decider and writer as the service starts them; seconds from the first poll on, by
    the clock and of the processor.
    """
    parts = Parts(SERVICE, _settings(Path(folder), dsn, bootstrap))
    parts.decide()
    writer = _Counting(parts.writer)
    consumer = BatchConsumer(
        parts.kafka,
        group=f"bench-{uuid.uuid4().hex}",
        writer=writer,
        positions=parts.store.positions,
        writer_thread=parts.writer_thread,
        foresee=parts.writer.foresee,
        pattern=SERVICE.consumers[0].pattern,
    )
    await consumer.start()
    await until(lambda: bool(consumer.positions()))
    started, began = time.perf_counter(), time.process_time()
    await until(lambda: writer.done >= events, every=0.005)  # looking more often takes the work's own time
    seconds = time.perf_counter() - started, time.process_time() - began
    await consumer.stop()
    await parts.close()
    return seconds


class _Counting:
    """The writer, which also says how many records it has committed."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.done = 0

    def run(self, items: Sequence[Item], /) -> Sequence[Result]:
        results = self._writer.run(items)
        assert not any(result.parked or result.dropped for result in results)
        self.done += len(results)
        return results


def _settings(folder: Path, dsn: str, bootstrap: str) -> Settings:
    keys = {name: base64.b64encode(os.urandom(32)).decode() for name in ("ids_key", "box_key")}
    (folder / "secrets.json").write_text(json.dumps(keys))
    write_master_key(folder / "master.key")
    given: dict[str, Any] = {
        "postgres_dsn": dsn,
        "kafka_bootstrap": bootstrap,
        "jwks_path": folder / "jwks.json",
        "secrets_path": folder / "secrets.json",
        "master_key_path": folder / "master.key",
        "reference_path": paths.default_reference(),
    }
    return Settings(**given)


async def _bare_loop(dsn: str, bootstrap: str, events: int) -> float:
    """getmany → pydantic → unnest insert with the position, one commit a batch; nothing decided or kept."""
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap,
        group_id=f"bench-{uuid.uuid4().hex}",
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        await consumer.start()
        await until(lambda: bool(consumer.assignment()))
        started, done = time.perf_counter(), 0
        while done < events:
            polled = await consumer.getmany(timeout_ms=200, max_records=A_BATCH)
            for batch in polled.values():
                _insert(connection, batch, done)
                done += len(batch)
        seconds = time.perf_counter() - started
    await consumer.stop()
    return seconds


def _insert(connection: psycopg.Connection[Any], batch: Sequence[ConsumerRecord], done: int) -> None:
    rows = [_row(record) for record in batch]
    ids, types, states, times = (list(column) for column in zip(*rows, strict=True))
    ones, numbers = [1] * len(rows), list(range(done + 1, done + len(rows) + 1))
    with connection.transaction():
        connection.execute(RAW, (ids, ones, types, states, numbers, ids, times, times), prepare=True)
        moved = connection.execute(MOVE, (batch[-1].offset + 1, batch[0].offset), prepare=True)
        assert moved.rowcount == 1


def _row(record: ConsumerRecord) -> tuple[uuid.UUID, str, bytes, datetime]:
    headers = {name: value.decode() for name, value in record.headers}
    type_name = headers["ce_type"]
    event = parse_posted(type_name, record.value)
    at = datetime.fromisoformat(headers["ce_time"])
    return uuid.uuid4(), type_name, event.model_dump_json().encode(), at


INTAKE = Work(
    name="agency event on Kafka → committed in intake",
    against="a bare loop in one process: aiokafka's getmany → the same pydantic models → one unnest insert "
    "into a table like ours with its position, 1,000 a transaction; it deduplicates, matches, decides and "
    "answers nothing. Ours is intake's consumer, decider and writer: for each event an inbox row with its "
    "verdict, a receipt and one to three events",
    unit="events/s",
    at_least=0.5,
    setup=setup,
)
