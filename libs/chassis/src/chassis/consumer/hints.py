"""Kafka's own offsets, committed for those who look at the group's lag. Nothing of ours relies on them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

_PATIENCE = 3.0


class OffsetHints:
    """Commits offsets that changed, in the background, once every `pause` seconds; failures do not matter.

    Not at once: each commit is work for Kafka and for us at the very moment when the next record is due.
    """

    def __init__(self, pause: float = 1.0) -> None:
        self._pause = pause
        self._client: AIOKafkaConsumer | None = None
        self._offsets: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._task: asyncio.Task[None] | None = None

    def use(self, client: AIOKafkaConsumer) -> None:
        """Commit with this client from now on."""
        self._client = client
        self.forget()

    def offer(self, offsets: Mapping[TopicPartition, int]) -> None:
        """These are recorded now."""
        committed = self._committed
        self._offsets.update({at: offset for at, offset in offsets.items() if committed.get(at) != offset})
        if self._offsets and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._commit_soon())

    def forget(self) -> None:
        """The partitions are no longer ours."""
        self._offsets, self._committed = {}, {}

    async def flush(self) -> None:
        """Commit what is left, if Kafka is there."""
        if self._task:
            self._task.cancel()
        await self._commit()

    async def _commit_soon(self) -> None:
        while self._offsets:
            await asyncio.sleep(self._pause)
            await self._commit()

    async def _commit(self) -> None:
        offsets, self._offsets = self._offsets, {}
        if not offsets or self._client is None:
            return
        try:
            await asyncio.wait_for(self._client.commit(offsets), _PATIENCE)
        except (KafkaError, TimeoutError):
            return
        self._committed |= offsets
