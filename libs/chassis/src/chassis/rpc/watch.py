"""Streams that go on where they were broken off: read after a position, page by page, woken by NOTIFY."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg
from psycopg import AsyncConnection, sql

from chassis.telemetry import get_logger

LOG = get_logger("watch")
PAGE = 500
IDLE_SECONDS = 5.0

T = TypeVar("T")
ReadAfter = Callable[[int, int], Awaitable[Sequence[tuple[int, T]]]]
"""`read(after, limit)` → (position, message) in order, those above `after`."""


class Bell:
    """One LISTEN connection for all watchers of a channel. Rings when it is made anew: nothing is missed."""

    def __init__(self, dsn: str, channel: str) -> None:
        self._dsn = dsn
        self._channel = channel
        self._rung = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled; connect again when the connection is lost."""
        pause = 0.1
        while True:
            try:
                await self._listen()
            except psycopg.OperationalError:
                LOG.warning("listen_lost", kind=self._channel, retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                pause = 0.1

    def ring(self) -> None:
        """Wake every watcher."""
        self._rung.set()
        self._rung = asyncio.Event()

    @property
    def next_ring(self) -> asyncio.Event:
        """Return the event of the next ring. Take it before reading, wait for it after."""
        return self._rung

    async def _listen(self) -> None:
        async with await AsyncConnection.connect(self._dsn, autocommit=True) as connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
            self.ring()
            async for _ in connection.notifies():
                self.ring()


async def follow(
    read: ReadAfter[T], after: int, bell: Bell, *, page: int = PAGE, idle: float = IDLE_SECONDS
) -> AsyncGenerator[list[tuple[int, T]], None]:
    """Yield what stands after a position, then what comes, in batches of at most `page`, for ever.

    A caller that was cut off calls again with the position of the last message it had. Every `idle` seconds
    it looks even if nothing rang.
    """
    while True:
        ring = bell.next_ring
        found = list(await read(after, page))
        if found:
            after = found[-1][0]
            yield found
        if len(found) < page:
            await _wait(ring, idle)


async def _wait(ring: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await ring.wait()
    except TimeoutError:
        return
