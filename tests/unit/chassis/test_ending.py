"""Tasks are ended, also those that a single cancellation does not reach."""

from __future__ import annotations

import asyncio

import pytest
from chassis.service import ending


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "AGAIN_SECONDS", 0.01)
    swallowed = 0

    async def works_on() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if swallowed == 2:
                    raise
                swallowed += 1

    async def ends_by_itself() -> None:
        raise ValueError("what it ends with is nobody's matter here")

    tasks = [asyncio.create_task(works_on()), asyncio.create_task(ends_by_itself())]
    await asyncio.sleep(0)
    await asyncio.wait_for(ending.end(tasks), 30)
    assert swallowed == 2
    assert all(task.done() for task in tasks)
    assert isinstance(tasks[1].exception(), ValueError)
