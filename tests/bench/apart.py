"""Work in a process of its own, so that neither side pays for what the other has left in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

import uvloop
from chassis import memory
from chassis.telemetry import configure

T = TypeVar("T")


def apart(work: Callable[..., T], *arguments: Any) -> T:
    """What a function of a module returns, called in a fresh process. Raises what it raised."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_as_a_service) as process:
        return process.submit(work, *arguments).result()


def apart_on_a_loop(work: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
    """The same for a coroutine function; it runs on the event loop that the services have."""
    found: T = apart(_on_a_loop, work, *arguments)
    return found


async def until(holds: Callable[[], bool], *, every: float = 0.001) -> None:
    """Wait until it holds."""
    while True:
        if holds():
            return
        await asyncio.sleep(every)


def _on_a_loop(work: Callable[..., Coroutine[Any, Any, T]], *arguments: Any) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work(*arguments))


def _as_a_service() -> None:
    """Logs as quiet and garbage collection as rare for the bare side as for ours."""
    configure(service="bench", instance="1", level="ERROR")
    memory.settle()
