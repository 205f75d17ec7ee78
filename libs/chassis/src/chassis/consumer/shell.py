"""What FastStream is told, so that none of its defaults loses a record."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Any, Protocol

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from faststream.middlewares import AckPolicy

from chassis.kafka import KafkaSettings

Batch = Sequence[ConsumerRecord]
_NEVER_MS = 2**31 - 1


class Owner(Protocol):
    """Who is told of rebalances."""

    async def revoked(self) -> None: ...

    def assigned(self, partitions: set[TopicPartition]) -> None: ...


class RebalanceListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Passes rebalances on. aiokafka swallows what a listener raises: the owner must not raise."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002
        await self._owner.revoked()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._owner.assigned(set(assigned))


def whole_names(topics: Collection[str], pattern: str | None) -> str:
    """Return one regular expression for all; aiokafka's own `match` would also take what only begins alike.

    A topic given by name that does not exist yet must not keep the others from being read: hence a pattern,
    too.
    """
    parts = [re.escape(topic) for topic in sorted(topics)] + ([pattern] if pattern else [])
    if not parts:
        raise ValueError("give topics, a pattern, or both")
    return f"^(?:{'|'.join(parts)})$"


def make_broker(
    kafka: KafkaSettings,
    handle: Callable[[Batch], Awaitable[None]],
    owner: Owner,
    *,
    pattern: str,
    group: str,
    client_id: str,
    session_timeout_ms: int,
) -> KafkaBroker:
    """Return a broker with one batch subscriber: nothing decoded, nothing acknowledged, no reply sent."""
    broker = KafkaBroker(
        kafka.bootstrap,
        security=kafka.for_faststream(),
        client_id=client_id,
        metadata_max_age_ms=3_000,
        request_timeout_ms=15_000,
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=1.0,
        logger=logging.getLogger("chassis.faststream"),
        apply_types=False,
    )
    subscriber = broker.subscriber(
        pattern=pattern.replace("{", "{{").replace("}", "}}"),
        group_id=group,
        batch=True,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="none",
        isolation_level="read_committed",
        listener=RebalanceListener(owner),
        parser=_as_it_came,
        decoder=_not_at_all,
        no_reply=True,
        fetch_max_bytes=8 * 1024 * 1024,
        max_partition_fetch_bytes=2 * 1024 * 1024,
        fetch_max_wait_ms=200,
        session_timeout_ms=session_timeout_ms,
        heartbeat_interval_ms=session_timeout_ms // 4,
        max_poll_interval_ms=_NEVER_MS,
    )
    subscriber(handle)
    return broker


async def start_with(broker: KafkaBroker, build: Callable[..., Any]) -> None:
    """Start the broker with consumers made by `build(**options)` in place of aiokafka's own class."""
    await broker.connect()
    config = broker.config.broker_config
    made = config.builder
    assert isinstance(made, partial)
    config.builder = partial(build, **made.keywords)
    await broker.start()


async def _as_it_came(batch: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """Instead of the parser that decodes headers and so breaks on one that is null or not UTF-8."""
    return KafkaMessage(raw_message=batch, body=b"", consumer=FAKE_CONSUMER)


async def _not_at_all(message: KafkaMessage) -> Batch:
    return message.raw_message
