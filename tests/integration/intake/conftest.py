"""Intake on a fresh database."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from tests.integration.intake.desk import Desk, settings
from tests.integration.intake.serving import Serving


@pytest.fixture
def desk(tmp_path: Path, postgres_dsn: str) -> Iterator[Desk]:
    """Intake's decider and writer, without Kafka."""
    desk = Desk(settings(tmp_path, postgres_dsn))
    yield desk
    desk.close()


AGENCIES = ("police", "social", "clinic")


@pytest.fixture
def tag(kafka_bootstrap: str) -> Iterable[str]:
    """A name for this test's agencies, whose topics exist."""
    name = f"t{uuid.uuid4().hex[:8]}"
    topics = [f"agency.{name}-{who}.{what}.v1" for who in AGENCIES for what in ("events", "receipts")]
    topics += [f"{name}.events.v1", f"{name}.relay.v1"]
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.create_topics([NewTopic(topic, 1, 1) for topic in topics])
    yield name
    admin.delete_topics(topics)
    admin.close()


@pytest.fixture
async def on_kafka(
    tmp_path: Path, postgres_dsn: str, kafka_bootstrap: str, tag: str
) -> AsyncIterator[Serving]:
    """Intake with gRPC, and with the topics of the agencies `<tag>-…`."""
    async with Serving.begin(tmp_path, postgres_dsn, kafka=kafka_bootstrap, tag=tag) as serving:
        yield serving
