"""Reads everything there is: all topics (committed records only), all four databases."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any, LiteralString, TypeVar

import psycopg
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from tests.faults.seen import (
    READS,
    HistoryRow,
    InboxRow,
    Message,
    Position,
    ReceiptRow,
    Seen,
    Store,
    StoredEvent,
)

Row = TypeVar("Row")
PATIENCE = 60.0


class Topics:
    """All topics of the system from their beginning; each `read` adds what has come since."""

    def __init__(self, bootstrap: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"checker-{uuid.uuid4().hex}",
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "log_level": 0,
            }
        )
        self._next: dict[tuple[str, int], int] = {}
        self.messages: dict[str, list[Message]] = defaultdict(list)

    def close(self) -> None:
        self._consumer.close()

    def read(self) -> dict[str, list[Message]]:
        """Everything up to the ends that the partitions have now, by topic. Raises TimeoutError."""
        topics = self._consumer.list_topics(timeout=PATIENCE).topics
        places = [
            (name, number) for name, topic in topics.items() if _ours(name) for number in topic.partitions
        ]
        self._consumer.assign([TopicPartition(*place, self._next.get(place, 0)) for place in places])
        left, deadline = set(places), time.monotonic() + PATIENCE
        while left:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(left)} partitions were not given to their ends, e.g. {min(left)}")
            for message in self._consumer.consume(1_000, timeout=0.2):
                place = (message.topic() or "", message.partition() or 0)
                error = message.error()
                if error is None:
                    self._keep(place, message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(place)
                elif not error.retriable():
                    raise KafkaException(error)
        return self.messages

    def _keep(self, place: tuple[str, int], message: Any) -> None:
        self._next[place] = message.offset() + 1
        headers = tuple(message.headers() or ())
        kept = Message(*place, message.offset(), message.key(), message.value(), headers)
        self.messages[place[0]].append(kept)


def look(bootstrap: str, dsn: Callable[[str], str]) -> Seen:
    """One look at the whole system; `dsn(service)` is that of a service's database.

    Kafka first, then each database as of one moment: if nobody is found behind or ahead of Kafka then
    (`checker.unfinished`), nothing moved in between, and all that was seen fits together.
    """
    topics = Topics(bootstrap)
    try:
        seen = Seen(messages=topics.read())
    finally:
        topics.close()
    for service in READS:
        with _open(dsn(service)) as connection:
            seen.stores[service] = _store(connection)
            if service == "intake":
                seen.inbox = _rows(connection, InboxRow, _INBOX)
                seen.receipts = _rows(connection, ReceiptRow, _RECEIPTS)
            if service == "reporting":
                seen.history = _rows(connection, HistoryRow, _HISTORY)
    return seen


def _store(connection: psycopg.Connection[Any]) -> Store:
    return Store(
        _rows(connection, StoredEvent, _EVENTS),
        _rows(connection, Position, _POSITIONS),
        [f"{reason} ({case})" for reason, case in connection.execute(_PARKED).fetchall()],
    )


def _open(dsn: str) -> psycopg.Connection[Any]:
    return psycopg.connect(dsn, options="-c timezone=UTC -c default_transaction_isolation=repeatable\\ read")


def _ours(topic: str) -> bool:
    return topic.endswith((".events.v1", ".receipts.v1"))


def _rows(connection: psycopg.Connection[Any], row: Callable[..., Row], query: LiteralString) -> list[Row]:
    return [row(*values) for values in connection.execute(query).fetchall()]


_EVENTS: LiteralString = """
SELECT notification_id, originator_id::text, originator_version, topic, state, subject::text, recorded_at
FROM stored_events ORDER BY notification_id
"""
_POSITIONS: LiteralString = "SELECT topic, partition, next_offset, source_position FROM positions"
_PARKED: LiteralString = "SELECT reason, case_key FROM parked WHERE resolution IS NULL ORDER BY id"
_INBOX: LiteralString = 'SELECT source, event_id, verdict, code, topic, "offset", routed_id FROM inbox'
_RECEIPTS: LiteralString = """
SELECT position, org, source, event_id, verdict, repetition, topic, "offset", body, recorded_at
FROM receipts ORDER BY position
"""
_HISTORY: LiteralString = """
SELECT seq, source, position, event_id, subject::text, value FROM history ORDER BY seq
"""
