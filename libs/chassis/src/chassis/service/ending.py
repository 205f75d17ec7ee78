"""How a background task is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

AGAIN_SECONDS = 1.0


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all of them have ended, whatever they end with.

    Once is not enough: a wait below may swallow a cancellation that comes as what it waits for is done
    (`asyncio.wait_for` in Python 3.11 does).
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)
