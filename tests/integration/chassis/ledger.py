"""The smallest writer that keeps the promises of the real one, so that the consumer can be tested alone.

Rows and positions are written in one transaction, positions compared and set. Run as a program it consumes
until it is killed.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
from chassis.consumer import BatchConsumer
from chassis.items import Item, Record
from chassis.kafka import KafkaSettings

Key = tuple[str, int]
_TABLES = """
CREATE TABLE IF NOT EXISTS taken (
    id bigserial, topic text, partition int, "offset" bigint, key bytea, value bytea, nulls text[]);
CREATE TABLE IF NOT EXISTS positions (
    topic text, partition int, next_offset bigint, source_position bigint, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS topics (topic text PRIMARY KEY, topic_id text);
"""
_FIRST = "INSERT INTO positions VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
_INSERT = 'INSERT INTO taken (topic, partition, "offset", key, value, nulls) VALUES (%s, %s, %s, %s, %s, %s)'
_MOVE = """UPDATE positions SET next_offset = %s, source_position = coalesce(%s, source_position)
           WHERE topic = %s AND partition = %s AND next_offset = %s"""


@dataclass(frozen=True)
class Taken:
    item: Item
    dropped: bool = False


class Ledger:
    """Writer and position store on PostgreSQL, for one instance."""

    def __init__(self, dsn: str) -> None:
        self._connection = psycopg.connect(dsn)
        self._reader = psycopg.connect(dsn, autocommit=True)
        with self._connection.transaction():
            self._connection.execute(_TABLES)
        self.thread = ThreadPoolExecutor(1)
        self.before_write: Callable[[Sequence[Item]], None] = lambda _items: None
        self.wrote = threading.Event()
        self.batches: list[int] = []

    def close(self) -> None:
        self.thread.shutdown(wait=True)
        self._connection.close()
        self._reader.close()

    def read(self, partitions: Iterable[Key], /) -> Mapping[Key, tuple[int, int | None]]:
        with self._connection.transaction():
            rows = self._connection.execute(
                "SELECT topic, partition, next_offset, source_position FROM positions"
            )
            found = {(topic, partition): (offset, source) for topic, partition, offset, source in rows}
        return {key: found[key] for key in partitions if key in found}

    def recognise(self, ids: Mapping[str, str], /) -> list[str]:
        with self._connection.transaction():
            rows = self._connection.execute("SELECT topic, topic_id FROM topics").fetchall()
            known: dict[str, str] = dict(rows)
            others = [topic for topic, id in ids.items() if known.get(topic, id) != id]
            for topic in others:
                self._connection.execute("UPDATE positions SET next_offset = 0 WHERE topic = %s", (topic,))
            for told in ids.items():
                self._connection.execute(
                    "INSERT INTO topics VALUES (%s, %s) ON CONFLICT (topic)"
                    " DO UPDATE SET topic_id = EXCLUDED.topic_id",
                    told,
                )
        return others

    def run(self, items: Sequence[Item], /) -> list[Taken]:
        self.before_write(items)
        self.batches.append(len(items))
        records = [item for item in items if isinstance(item, Record)]
        runs: dict[Key, list[Record]] = {}
        for record in records:
            runs.setdefault((record.topic, record.partition), []).append(record)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            stale = {key for key, run in runs.items() if not self._move(cursor, key, run)}
            cursor.executemany(
                _INSERT,
                [_row(record) for record in records if (record.topic, record.partition) not in stale],
            )
        self.wrote.set()
        return [Taken(record, (record.topic, record.partition) in stale) for record in records]

    def _move(self, cursor: psycopg.Cursor, key: Key, run: list[Record]) -> bool:
        to, source, after = run[-1].offset + 1, run[-1].source_position, run[0].after
        if after is None:
            return cursor.execute(_FIRST, (*key, to, source)).rowcount == 1
        return cursor.execute(_MOVE, (to, source, *key, after)).rowcount == 1

    def values(self, topic: str | None = None) -> list[bytes | None]:
        rows = self._reader.execute(
            "SELECT value FROM taken WHERE topic = coalesce(%s, topic) ORDER BY id", (topic,)
        )
        return [value for (value,) in rows]

    def nulls(self) -> list[list[str]]:
        return [nulls for (nulls,) in self._reader.execute("SELECT nulls FROM taken ORDER BY id")]

    def another_instance_moved(self, topic: str, *, to: int) -> None:
        self._reader.execute("UPDATE positions SET next_offset = %s WHERE topic = %s", (to, topic))


def _row(record: Record) -> tuple[object, ...]:
    nulls = [name for name, value in record.headers.items() if value is None]
    return record.topic, record.partition, record.offset, record.key, record.value, nulls


async def _consume(dsn: str, bootstrap: str, topic: str) -> None:
    ledger = Ledger(dsn)
    consumer = BatchConsumer(
        KafkaSettings(bootstrap),
        group=topic,
        topics=[topic],
        writer=ledger,
        positions=ledger,
        writer_thread=ledger.thread,
        max_records=100,
        session_timeout_ms=6_000,
    )
    await consumer.start()
    await asyncio.sleep(60)


if __name__ == "__main__":
    asyncio.run(_consume(*sys.argv[1:4]))
