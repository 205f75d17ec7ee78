"""Offsets are committed for onlookers only, and so that they cost little."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from chassis.consumer.hints import OffsetHints

ONE, OTHER = TopicPartition("log", 0), TopicPartition("log", 1)


class Client:
    """Remembers what it was told to commit; refuses where it should."""

    def __init__(self) -> None:
        self.commits: list[dict[TopicPartition, int]] = []
        self.refuses = False
        self._told = asyncio.Condition()

    async def come(self, count: int) -> list[dict[TopicPartition, int]]:
        """The commits, once there are so many."""
        async with asyncio.timeout(30), self._told:
            await self._told.wait_for(lambda: len(self.commits) >= count)
            return self.commits

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        async with self._told:
            self.commits.append(dict(offsets))
            self._told.notify_all()
        if self.refuses:
            raise KafkaError


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def hints(client: Client) -> OffsetHints:
    made = OffsetHints(pause=0.02)
    given: Any = client
    made.use(given)
    return made


async def test_many_batches_make_one_commit_of_the_newest_offsets(hints: OffsetHints, client: Client) -> None:
    for offset in range(1, 100):
        hints.offer({ONE: offset})
    hints.offer({OTHER: 7})
    assert await client.come(1) == [{ONE: 99, OTHER: 7}]


async def test_what_did_not_change_is_not_committed_again(hints: OffsetHints, client: Client) -> None:
    hints.offer({ONE: 5, OTHER: 7})
    await hints.flush()
    hints.offer({ONE: 6, OTHER: 7})
    await hints.flush()
    assert client.commits == [{ONE: 5, OTHER: 7}, {ONE: 6}]


async def test_a_commit_that_failed_is_made_up_for_when_the_offsets_are_offered_again(
    hints: OffsetHints, client: Client
) -> None:
    client.refuses = True
    hints.offer({ONE: 5})
    await hints.flush()
    client.refuses = False
    hints.offer({ONE: 5})
    await hints.flush()
    assert client.commits == [{ONE: 5}, {ONE: 5}]


async def test_what_is_left_is_committed_in_the_end(hints: OffsetHints, client: Client) -> None:
    hints.offer({ONE: 5})
    await hints.flush()
    assert client.commits == [{ONE: 5}]
