"""Services on servers of their own, as the runtime starts them, and callers with real tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from confluent_kafka import Producer
from reftrack_local import LocalRuntime, Wanted, topics
from reftrack_local.services import SERVICES

from tests.unit.reporting.story import Story

Metadata = tuple[tuple[str, str], ...]


@contextmanager
def running(*names: str) -> Iterator[LocalRuntime]:
    """These services on a PostgreSQL and a Kafka of their own, which vanish with them."""
    wanted = Wanted(services=[service for service in SERVICES if service.name in names])
    with LocalRuntime(None, wanted) as runtime:
        yield runtime


def bearer(runtime: LocalRuntime, *, role: str, org: str) -> Metadata:
    """The metadata of a caller."""
    return (("authorization", f"Bearer {runtime.token(role=role, org=org, subject='bench')}"),)


def publish(runtime: LocalRuntime, story: Story) -> None:
    """Put what a story tells onto the services' logs, as their relays would."""
    bootstrap = runtime.kafka.bootstrap
    topics.make(bootstrap, [topics.log_of(name) for name in ("intake", "referral", "followup")])
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20})
    for record in story.records:
        headers: Sequence[tuple[str, bytes | None]] = list(record.headers.items())
        producer.produce(
            record.topic, record.value, record.key, partition=record.partition, headers=list(headers)
        )
        producer.poll(0)
    if producer.flush(60):
        raise RuntimeError("Kafka did not take the story.")
