"""Topics that we may not read: left alone for a while, so that they do not keep us from the others."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.telemetry import get_logger

_log = get_logger("consumer")
_PAUSE = 30.0


class Forbidden:
    """Pauses what may not be read and tries again every half minute: permission may have come meanwhile."""

    def __init__(self) -> None:
        self._client: AIOKafkaConsumer | None = None
        self._topics: set[str] = set()

    def use(self, client: AIOKafkaConsumer) -> None:
        """Pause with this client from now on."""
        self._client = client
        self._topics.clear()

    def add(self, topic: str) -> None:
        """Kafka refused this topic."""
        _log.error("topic_forbidden", topic=topic, retry_in=_PAUSE)
        self._topics.add(topic)
        if self._client:
            self._client.pause(*_partitions(self._client, topic))
            asyncio.get_running_loop().call_later(_PAUSE, self._again, self._client, topic)

    def told(self) -> str | None:
        """Return which topics may not be read."""
        return f"not allowed to read {', '.join(sorted(self._topics))}" if self._topics else None

    def _again(self, client: AIOKafkaConsumer, topic: str) -> None:
        self._topics.discard(topic)
        if self._client is not None and self._client is client:
            client.resume(*_partitions(client, topic))


def _partitions(client: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    return [partition for partition in client.assignment() if partition.topic == topic]
