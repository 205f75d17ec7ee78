"""What the clock makes due is decided, sooner or later, however busy the service is."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from chassis.items import Command, Item
from chassis.rpc.commands import Commands
from chassis.service.declaration import Ticker
from chassis.service.ticking import Ticking
from chassis.store.decider import Result
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue


class Notebook:
    """A writer that notes what it is given; the words in `broken` it cannot decide the first time."""

    def __init__(self, size: int, *broken: str) -> None:
        self.noted: list[str] = []
        self.full = threading.Event()
        self._size = size
        self._broken = set(broken)

    def run(self, items: Sequence[Item]) -> list[Result]:
        return [self._one(item) for item in items]

    def _one(self, item: Item) -> Result:
        assert isinstance(item, Command)
        word = item.message.value  # type: ignore[attr-defined]
        if word in self._broken:
            self._broken.discard(word)
            return Result(item, error=RuntimeError("broken"))
        self.noted.append(word)
        if len(self.noted) == self._size:
            self.full.set()
        return Result(item, b"")


async def told_once(notebook: Notebook, *words: str, most_waiting: int) -> None:
    """A ticker that names what is due a single time; runs until everything is noted."""
    pages = [[StringValue(value=word) for word in words]]

    async def due(_parts: Any) -> Sequence[Message]:
        return pages.pop() if pages else []

    with ThreadPoolExecutor(1) as thread:
        commands = Commands(notebook, thread, most_waiting=most_waiting)
        parts: Any = SimpleNamespace(commands=commands, service=SimpleNamespace(name="desk"))
        tasks = [
            asyncio.create_task(commands.work()),
            asyncio.create_task(Ticking(Ticker("due", 0.01, due), parts).run()),
        ]
        try:
            assert await asyncio.to_thread(notebook.full.wait, 5), f"only {notebook.noted} in five seconds"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_due_while_too_many_wait_is_tried_again() -> None:
    notebook = Notebook(3)
    await told_once(notebook, "a", "b", "c", most_waiting=1)
    assert sorted(notebook.noted) == ["a", "b", "c"]


async def test_what_failed_is_tried_again_and_nothing_else_is() -> None:
    notebook = Notebook(3, "b")
    await told_once(notebook, "a", "b", "c", most_waiting=10)
    assert sorted(notebook.noted) == ["a", "b", "c"]
