"""The topics of the system, as data, and how they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from directory import on_kafka
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from reftrack_local.login import Login, client_options
from reftrack_local.trouble import Trouble

LARGEST_EVENT = str(on_kafka.LARGEST_EVENT)
FOR_EVER = "-1"


@dataclass(frozen=True)
class Topic:
    """A topic: name, number of partitions (fixed at creation), settings that differ from the broker's."""

    name: str
    partitions: int = 1
    configs: dict[str, str] = field(default_factory=dict)


def log_of(service: str) -> Topic:
    """A service's log: kept for ever, one partition a case."""
    return Topic(f"{service}.events.v1", 6, {"retention.ms": FOR_EVER, "max.message.bytes": LARGEST_EVENT})


def relay_of(service: str) -> Topic:
    """Where a service's relay keeps its position, in the transaction of what it published."""
    return Topic(f"{service}.relay.v1", 1, {"cleanup.policy": "compact"})


def of_agency(agency: str) -> list[Topic]:
    """An agency's two topics: what it sends (its order is one partition) and the receipts it gets."""
    return [Topic(name, 1, dict(configs)) for name, configs in on_kafka.topics(agency)]


def make(
    bootstrap: str, topics: Iterable[Topic], replication: int = -1, *, login: Login | None = None
) -> list[str]:
    """Make those that are not there yet; gives their names. `replication` -1 is the broker's own default.

    Raises Trouble with the broker's answer.
    """
    with admin(bootstrap, login) as client:
        there = set(_names(client))
        missing = {topic.name: topic for topic in topics if topic.name not in there}
        if missing:
            _create(client, missing, replication)
    return list(missing)


def names(bootstrap: str, login: Login | None = None) -> list[str]:
    """All topics of the cluster."""
    with admin(bootstrap, login) as client:
        return _names(client)


@contextmanager
def admin(bootstrap: str, login: Login | None = None) -> Iterator[KafkaAdminClient]:
    """kafka-python's admin client, closed afterwards. Raises Trouble when nothing answers."""
    try:
        client = KafkaAdminClient(**client_options(bootstrap, login))
    except KafkaError as error:
        raise Trouble(
            f"Kafka at {bootstrap} does not answer: {error}.", "Check REFTRACK_KAFKA_BOOTSTRAP."
        ) from error
    try:
        yield client
    finally:
        client.close()


def _names(client: KafkaAdminClient) -> list[str]:
    return [topic if isinstance(topic, str) else topic["name"] for topic in client.list_topics()]


def _create(client: KafkaAdminClient, missing: dict[str, Topic], replication: int) -> None:
    wanted = {
        topic.name: {
            "num_partitions": topic.partitions,
            "replication_factor": replication,
            "configs": topic.configs,
        }
        for topic in missing.values()
    }
    try:
        client.create_topics(wanted, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        pass  # another runtime on the same servers was faster
    except KafkaError as error:
        raise Trouble(f"Kafka refused to make topics: {error}.", "Has this user the right to?") from error
