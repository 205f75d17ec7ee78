"""Where a consumer begins to read is asked of Kafka only while its client lives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiokafka import TopicPartition
from chassis.consumer.assignment import Assignment, Key
from chassis.consumer.placement import Placement

AT = TopicPartition("intake.events.v1", 0)


class NothingStored:
    def read(self, partitions: Iterable[Key]) -> Mapping[Key, tuple[int, int | None]]:
        return {}


class SameAsEver:
    """Every topic is the one that it was."""

    async def recognise(self, topics: Iterable[str]) -> None:
        return None


class SlowClient:
    """A client whose questions take until they are cancelled; `open` are those under way."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = 0
        self.asked_both = asyncio.Event()

    async def beginning_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked += 1
        self.open += 1
        if self.asked == 2:
            self.asked_both.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.open -= 1
        return {}

    end_offsets = beginning_offsets


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


async def test_after_its_end_no_question_is_under_way_and_a_rebalance_asks_none(
    thread: ThreadPoolExecutor,
) -> None:
    assignment, client = Assignment(), SlowClient()
    placement = Placement(assignment, NothingStored(), thread, _as_topic_ids(SameAsEver()))
    placement.use(_as_client(client))
    assignment.assign({AT})
    placement.begin()
    await asyncio.wait_for(client.asked_both.wait(), 10)
    await placement.end()
    assert client.open == 0
    placement.begin()
    await asyncio.sleep(0.05)
    assert client.asked == 2


def _as_client(client: SlowClient) -> Any:
    return client


def _as_topic_ids(same: SameAsEver) -> Any:
    return same
