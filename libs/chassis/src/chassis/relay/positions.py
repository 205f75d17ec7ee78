"""Where a relay's predecessor came to: the last position record of each log on `<service>.relay.v1`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from chassis.kafka import LIBRDKAFKA, KafkaSettings

_PATIENCE = 10.0
_TAIL = 256


def read_positions(kafka: KafkaSettings, topic: str, logs: Iterable[str]) -> dict[str, int]:
    """Return the newest committed position of each of the logs that has one.

    Reads from the end backwards, further and further, until each log was seen or the topic begins: older
    records are compacted away only now and then. Raises `KafkaException` if Kafka is away or the topic is
    missing.
    """
    wanted, tail = set(logs), _TAIL
    consumer = Consumer(_configuration(kafka), logger=LIBRDKAFKA)
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=_PATIENCE)
        while True:
            start = max(low, high - tail)
            found = _read(consumer, topic, start) if high > low else {}
            if wanted <= found.keys() or start == low:
                return {log: found[log] for log in wanted & found.keys()}
            tail *= 16
    finally:
        consumer.close()


def _read(consumer: Consumer, topic: str, start: int) -> dict[str, int]:
    found: dict[str, int] = {}
    consumer.assign([TopicPartition(topic, 0, start)])
    while (message := _next(consumer)) is not None:
        key, value = message.key(), message.value()
        if key is not None and value is not None:
            found[key.decode()] = int(value)
    return found


def _next(consumer: Consumer) -> Message | None:
    message = consumer.poll(_PATIENCE)
    if message is None:
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
    error = message.error()
    if error is None:
        return message
    if error.code() == KafkaError._PARTITION_EOF:
        return None
    raise KafkaException(error)


def _configuration(kafka: KafkaSettings) -> dict[str, object]:
    return {
        **kafka.for_confluent(),
        "group.id": f"relay-position-{uuid.uuid4().hex}",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "log_level": 3,
    }
