"""Pages to Kafka, each in one transaction together with the position it ends at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import Event
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Producer

from chassis import crash
from chassis.kafka import LIBRDKAFKA, KafkaSettings
from chassis.relay.log import Headers, Outgoing
from chassis.relay.positions import read_positions
from chassis.telemetry.exceptions import safe_text

_PATIENCE = 5.0


@safe_text
class PageAborted(Exception):
    """Kafka gave the page up; nothing of it can be read. Send it again."""


@safe_text
class PublisherLost(Exception):
    """This producer can publish no more: fenced by a successor, or broken for good. Begin a new term."""


class PagePublisher:
    """A transactional producer under a fixed `transactional.id`: opening it shuts out every predecessor.

    Raises `PageAborted` and `PublisherLost`. While Kafka is away it waits, telling `waiting` why every few
    seconds, until `stopping` is set (`PublisherLost`).
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        transactional_id: str,
        positions_topic: str,
        stopping: Event,
        waiting: Callable[[str], None] = lambda _why: None,
    ) -> None:
        self._kafka = kafka
        self._topic = positions_topic
        self._stopping = stopping
        self._waiting = waiting
        self._producer = Producer(_configuration(kafka, transactional_id), logger=LIBRDKAFKA)

    def open(self, logs: Iterable[str]) -> dict[str, int]:
        """Fence predecessors, wait until their open page is aborted, return the last position of each log."""
        self._insist(lambda: self._producer.init_transactions(_PATIENCE))
        return read_positions(self._kafka, self._topic, logs)

    def publish(self, page: Sequence[Outgoing], positions: Mapping[str, int]) -> None:
        """Publish all of the page and the positions it ends at, or nothing."""
        try:
            self._insist(self._producer.begin_transaction)
            self._produce(page, positions)
            self._insist(lambda: self._producer.commit_transaction(_PATIENCE))
        except KafkaException as error:
            self._give_up(error)
        self._producer.poll(0)

    def _produce(self, page: Sequence[Outgoing], positions: Mapping[str, int]) -> None:
        middle = len(page) // 2
        for index, message in enumerate(page):
            if index == middle:
                crash.point("relay_mid_page")
            self._send(message.topic, message.key, message.value, message.headers)
        for log, position in positions.items():
            self._send(self._topic, log.encode(), b"%d" % position, [])

    def _send(self, topic: str, key: bytes, value: bytes, headers: Headers) -> None:
        while True:
            try:
                self._producer.produce(topic, value=value, key=key, headers=headers)
                return
            except BufferError:
                self._producer.poll(0.05)
                if self._stopping.is_set():
                    raise PublisherLost("stopped while the buffer was full") from None

    def _insist(self, call: Callable[[], Any]) -> None:
        """Do the call until it succeeds; only errors that Kafka says to try again are tried again."""
        while True:
            try:
                call()
                return
            except KafkaException as error:
                if not _of(error).retriable():
                    raise
                self._waiting(_of(error).name())
                if self._stopping.wait(0.1):
                    raise PublisherLost("stopped while waiting for Kafka") from error

    def _give_up(self, error: KafkaException) -> None:
        found = _of(error)
        if not found.txn_requires_abort():
            raise PublisherLost(found.name()) from error
        try:
            self._insist(lambda: self._producer.abort_transaction(_PATIENCE))
        except KafkaException as worse:
            raise PublisherLost(_of(worse).name()) from worse
        raise PageAborted(found.name()) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop what is still in the buffer: an open page must not be flushed, its successor sends it."""
        with suppress(KafkaException):
            self._producer.purge()
        del self._producer


def _of(error: KafkaException) -> KafkaError:
    found = error.args[0]
    assert isinstance(found, KafkaError)
    return found


def _configuration(kafka: KafkaSettings, transactional_id: str) -> dict[str, Any]:
    return {
        **kafka.for_confluent(),
        "client.id": transactional_id,
        "transactional.id": transactional_id,
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": 2,
        "message.max.bytes": 8 * 1024 * 1024,
        "transaction.timeout.ms": 60_000,
        "delivery.report.only.error": True,
        "socket.keepalive.enable": True,
        "reconnect.backoff.max.ms": 2_000,
        "topic.metadata.refresh.interval.ms": 10_000,
        "log_level": 4,
    }
