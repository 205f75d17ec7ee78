"""A service's log filled with events, and what a reader of committed records finds of it on Kafka.

Run as a program it relays until it is killed.
"""

from __future__ import annotations

import sys
import time
import uuid

import psycopg
from chassis.kafka import KafkaSettings
from chassis.relay import EventsLog, Relay
from confluent_kafka import Consumer, Message, TopicPartition

_CASES = [uuid.UUID(int=number) for number in range(1, 21)]
_RECORD = """
INSERT INTO stored_events (originator_id, originator_version, topic, state, notification_id, subject, occurred_at, recorded_at)
SELECT subject, position, 'org.reftrack.thing-happened.v1', convert_to('{"n": ' || position || '}', 'UTF8'), position, subject,
       '2019-03-02T09:15:00+07:00', '2019-03-02T03:00:00.000001Z'::timestamptz + position * interval '1 second'
FROM (SELECT place + (SELECT coalesce(max(notification_id), 0) FROM stored_events) AS position,
             (%s::uuid[])[1 + place %% 20] AS subject
      FROM generate_series(1, %s) AS place) AS fresh
"""  # noqa: E501


def record(dsn: str, count: int) -> None:
    """Record so many events, as the store does: gapless positions, one commit, one notice."""
    with psycopg.connect(dsn) as connection:
        connection.execute(_RECORD, (_CASES, count))
        connection.execute("NOTIFY stored_events")


def published(kafka: KafkaSettings, topic: str) -> list[Message]:
    """All committed records of a topic, partition by partition."""
    consumer = Consumer(
        {
            **kafka.for_confluent(),
            "group.id": uuid.uuid4().hex,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    partitions = consumer.list_topics(topic, 10).topics[topic].partitions
    found: list[Message] = []
    ends = set(partitions)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    deadline = time.monotonic() + 20
    while ends:
        assert time.monotonic() < deadline, "Kafka did not give the whole topic"
        message = consumer.poll(1)
        if message is not None and message.error() is None:
            found.append(message)
        elif message is not None:
            ends.discard(message.partition() or 0)
    consumer.close()
    return found


def positions(messages: list[Message]) -> list[int]:
    """The positions in the source's log that the records bear."""
    return [int(header(message, "ce_position")) for message in messages]


def header(message: Message, name: str) -> bytes:
    """One header of a record."""
    value = dict(message.headers() or [])[name]
    assert isinstance(value, bytes)
    return value


def relay(dsn: str, bootstrap: str, service: str, page: int = 100) -> Relay:
    return Relay(dsn, KafkaSettings(bootstrap), service=service, logs=[EventsLog(service)], page=page)


if __name__ == "__main__":
    relay(sys.argv[1], sys.argv[2], sys.argv[3]).start()
    time.sleep(60)
