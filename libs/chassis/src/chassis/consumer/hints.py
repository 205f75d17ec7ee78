"""Kafka's own offsets, committed for those who look at the group's lag. Nothing of ours relies on them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

_PAUSE = 0.5
_PATIENCE = 3.0


class OffsetHints:
    """Commits the newest offsets in the background, at most every half second; failures do not matter."""

    def __init__(self) -> None:
        self._client: AIOKafkaConsumer | None = None
        self._offsets: dict[TopicPartition, int] = {}
        self._task: asyncio.Task[None] | None = None

    def use(self, client: AIOKafkaConsumer) -> None:
        """Commit with this client from now on."""
        self._client = client
        self._offsets = {}

    def offer(self, offsets: Mapping[TopicPartition, int]) -> None:
        """These are recorded now."""
        self._offsets.update(offsets)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._commit_soon())

    def forget(self) -> None:
        """The partitions are no longer ours."""
        self._offsets = {}

    async def flush(self) -> None:
        """Commit what is left, if Kafka is there."""
        if self._task:
            self._task.cancel()
        await self._commit()

    async def _commit_soon(self) -> None:
        await self._commit()
        await asyncio.sleep(_PAUSE)
        await self._commit()

    async def _commit(self) -> None:
        offsets, self._offsets = self._offsets, {}
        if not offsets or self._client is None:
            return
        try:
            await asyncio.wait_for(self._client.commit(offsets), _PATIENCE)
        except (KafkaError, TimeoutError):
            return
