"""Tells a topic from another one of the same name: deleted and made anew, it has another id (KIP-516)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from typing import Protocol

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from chassis.kafka import LIBRDKAFKA, KafkaSettings
from chassis.telemetry import get_logger, metrics

_log = get_logger("consumer")
_PATIENCE = 5.0
_TOLD_FOR = 3600.0
_NO_ID = "A" * 22
"""What a broker without topic ids says."""


class _Positions(Protocol):
    def recognise(self, ids: Mapping[str, str], /) -> Iterable[str]: ...


class TopicIds:
    """Compares the ids of topics with those under which they were read before.

    Where that is another one, the store begins it from its beginning and it is told: log, metric, and
    `degraded` for an hour. What the old topic still held and nobody had read is lost. Without an answer from
    Kafka, positions are trusted as they are.
    """

    def __init__(self, kafka: KafkaSettings, positions: _Positions, thread: Executor) -> None:
        self._kafka = kafka
        self._positions = positions
        self._thread = thread
        self._others: dict[str, float] = {}

    async def recognise(self, topics: Collection[str]) -> None:
        """Ask for the ids of these topics and let the store compare them, before their positions are read."""
        ids = await asyncio.to_thread(self._ask, topics)
        if not ids:
            return
        loop = asyncio.get_running_loop()
        for topic in await loop.run_in_executor(self._thread, self._positions.recognise, ids):
            _log.error(
                "topic_is_another_one", topic=topic, reason="deleted and made anew: read from its start"
            )
            metrics.CONSUMER_ANEW.labels(topic=topic).inc()
            self._others[topic] = time.monotonic()

    def told(self) -> str | None:
        """Return which topics turned out to be others within the last hour."""
        since = time.monotonic() - _TOLD_FOR
        others = sorted(topic for topic, at in self._others.items() if at > since)
        return f"made anew and read from the beginning: {', '.join(others)}" if others else None

    def _ask(self, topics: Collection[str]) -> dict[str, str]:
        client = AdminClient(self._kafka.for_confluent(), logger=LIBRDKAFKA)
        asked = client.describe_topics(TopicCollection(list(topics)), request_timeout=_PATIENCE)
        found: dict[str, str] = {}
        for topic, answer in asked.items():
            try:
                found[topic] = str(answer.result(_PATIENCE).topic_id)
            except (KafkaException, TimeoutError) as error:
                _log.warning("topic_id_not_read", topic=topic, exc_info=error)
        return {topic: id for topic, id in found.items() if id != _NO_ID}
