"""A plain client of Kafka beside intake: it posts as an agency does and reads what comes out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from contracts.receipt import Receipt

from tests.integration.intake.posts import Headers, Post

DEADLINE = 100.0


def as_record(one: Post) -> tuple[Headers, bytes | None]:
    return one.headers(), one.value()


async def post(bootstrap: str, topic: str, records: Iterable[tuple[Headers, bytes | None]]) -> None:
    """As a plain producer does; nulls stay nulls."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, max_request_size=3_000_000) as producer:
        for headers, value in records:
            await producer.send_and_wait(topic, value=value, key=b"k", headers=list(headers.items()))


async def receipts_of(bootstrap: str, org: str, most: int) -> list[dict[str, Any]]:
    """The first receipts on the agency's topic, in their order."""
    found: list[dict[str, Any]] = []
    consumer = AIOKafkaConsumer(
        f"agency.{org}.receipts.v1",
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    async with consumer, asyncio.timeout(DEADLINE):
        while len(found) < most:
            batch = await consumer.getmany(timeout_ms=500)
            for record in [record for records in batch.values() for record in records]:
                Receipt.model_validate_json(record.value)
                found.append(json.loads(record.value))
    assert [one["position"] for one in found] == sorted({one["position"] for one in found})
    return found


async def until(look: Callable[[], Any], wanted: Any) -> None:
    """Look until it is as wanted, with a deadline."""
    end = time.monotonic() + DEADLINE
    while (found := await look()) != wanted:
        assert time.monotonic() < end, f"still {found!r}, wanted {wanted!r}"
        await asyncio.sleep(0.1)
