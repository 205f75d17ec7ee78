"""A name goes into the vault, and nowhere that anybody reads: not into topics, logs, metrics or errors."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer
from chassis.telemetry import configure
from prometheus_client import generate_latest

from tests.integration.intake.posts import Post, contact, counselling, registration
from tests.integration.intake.serving import Serving
from tests.integration.intake.wire import as_record, post, receipts_of

CANARY = "Kanarienvogel"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged."""
    out = io.StringIO()
    configure(service="intake", instance="test", level="DEBUG", out=out)
    yield out
    configure(service="tests", instance="test")


@pytest.mark.timeout(240)
async def test_names_reach_no_topic_no_log_and_no_metric(
    log: io.StringIO, on_kafka: Serving, tag: str, kafka_bootstrap: str
) -> None:
    social = f"{tag}-social"
    posts = [
        registration(social, {"agency_ref": "TV-1"}, name=f"{CANARY} 1"),
        registration(social, {"agency_ref": "TV-1"}, name=f"{CANARY} 2"),
        registration(social, {"referral": "CG-1A73-4KGW-YMQD-4"}, name=f"{CANARY} 3"),
        Post(social, "client-registered", {"agency_ref": CANARY + " Văn"}, {"name": CANARY}),
        Post(social, "client-contacted", {"agency_ref": "TV-2"}, {CANARY: CANARY}),
        contact("nobody", CANARY),
        counselling(social, "TV-1"),
    ]
    await post(kafka_bootstrap, f"agency.{social}.events.v1", [as_record(one) for one in posts])
    receipts = await receipts_of(kafka_bootstrap, social, len(posts))
    assert [one["verdict"] for one in receipts] == [
        *("accepted", "rejected", "waiting", "quarantined", "quarantined", "rejected", "accepted")
    ]
    assert CANARY not in repr(receipts)
    assert CANARY.encode() not in b"".join(await everything_on(f"{tag}.events.v1", kafka_bootstrap))
    assert "partitions_assigned" in log.getvalue()
    assert CANARY not in log.getvalue()
    assert CANARY.encode() not in generate_latest()


async def everything_on(topic: str, bootstrap: str) -> list[bytes]:
    """Keys, values and headers of all that is committed on a topic by now."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    found: list[bytes] = []
    async with consumer, asyncio.timeout(60):
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            batch = await consumer.getmany(timeout_ms=500)
            for record in [record for records in batch.values() for record in records]:
                found += [record.key, record.value, repr(record.headers).encode()]
    assert found
    return found
