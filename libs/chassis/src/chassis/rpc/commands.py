"""Commands that arrive together share a commit; each has its answer, a request id the same answer again."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from google.protobuf.message import Message

from chassis import crash
from chassis.items import Command, Item
from chassis.rpc.call import Call, current_call
from chassis.rpc.errors import Busy, Conflict, Unavailable
from chassis.store.failures import Failure, classify
from chassis.store.writer import Result, Stopped
from chassis.telemetry import get_logger
from chassis.telemetry.metrics import BATCH_SIZE, COMMIT_SECONDS

LOG = get_logger("commands")
MOST_AT_ONCE = 256
MOST_WAITING = 4096
LINGER_SECONDS = 0.005


class ItemWriter(Protocol):
    """The only road to the database (`chassis.store.writer.Writer`)."""

    def run(self, items: Sequence[Item]) -> Sequence[Result]: ...


class Done(NamedTuple):
    """A command that was carried out. `last_event`: id of the last event it caused, for read-your-writes.

    `position`: where that event stands in the service's log, None where the commit did not tell.
    """

    answer: bytes
    last_event: str | None
    position: int | None = None


class _Waiting(NamedTuple):
    command: Command
    done: asyncio.Future[Result]


class Commands:
    """Group commit: a command that comes alone is committed at once; during a commit others gather.

    After a batch of several it waits up to 5 ms until as many are there as it answered or left waiting: those
    answered come back, and a commit of all costs little more than one of half of them. `writer_thread` is the
    executor (one thread) that consumers use too: first come, first served, whoever had a turn queues again
    behind the others.

    `run` raises what the command was refused with, `Busy` when too many wait, `TimeoutError` when its
    deadline passed before it was decided, `Conflict` when others were faster too often, `Unavailable` when
    the service stops.
    """

    def __init__(
        self, writer: ItemWriter, writer_thread: Executor, *, most_waiting: int = MOST_WAITING
    ) -> None:
        self._writer = writer
        self._thread = writer_thread
        self._most_waiting = most_waiting
        self._waiting: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._expected = 0
        self._stopping = False

    async def run(self, name: str, message: Message) -> Done:
        """Carry out a command for the current call, under its caller, request id and deadline."""
        return await self.run_for(current_call(), name, message)

    async def run_for(
        self, call: Call, name: str, message: Message, *, request_id: str | None = None
    ) -> Done:
        """Carry out a command for a call; `request_id` instead of the call's, "" for an item of a stream
        whose content tells repetitions."""
        if self._stopping:
            raise Unavailable("stopping")
        if len(self._waiting) >= self._most_waiting:
            raise Busy
        left = call.time_left()
        command = Command(
            request_id=call.request_id if request_id is None else request_id,
            caller=str(call.caller),
            name=name,
            message=message,
            deadline=None if left is None else datetime.now(UTC) + timedelta(seconds=left),
            correlation_id=call.correlation_id,
        )
        waiting = _Waiting(command, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._arrived.set()
        if len(self._waiting) >= self._expected:
            self._enough.set()
        return _done(await waiting.done)

    async def work(self) -> None:
        """Commit batches until stopped, and what still waits then. One task of the service."""
        while not (self._stopping and not self._waiting):
            await self._arrived.wait()
            await self._linger()
            batch = self._take()
            if batch:
                await self._commit(batch)

    def stop(self) -> None:
        """Take no more commands; `work` ends when the last of those that wait is answered."""
        self._stopping = True
        self._arrived.set()
        self._enough.set()

    async def _linger(self) -> None:
        if self._stopping or len(self._waiting) >= self._expected:
            return
        self._enough.clear()
        over = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._enough.set)
        await self._enough.wait()
        over.cancel()

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < MOST_AT_ONCE:
            waiting = self._waiting.popleft()
            if not waiting.done.done():  # otherwise its caller has gone away
                batch.append(waiting)
        if not self._waiting and not self._stopping:
            self._arrived.clear()
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        started = time.perf_counter()
        results = await self._write(batch)
        crash.point("command_commit_unknown")
        self._expected = min(len(batch) + len(self._waiting), MOST_AT_ONCE) if len(batch) > 1 else 0
        for waiting, result in zip(batch, results, strict=True):
            if not waiting.done.done():
                waiting.done.set_result(result)
        BATCH_SIZE.labels("command").observe(len(batch))
        COMMIT_SECONDS.labels("command").observe(time.perf_counter() - started)

    async def _write(self, batch: list[_Waiting]) -> Sequence[Result]:
        loop = asyncio.get_running_loop()
        commands = [waiting.command for waiting in batch]
        try:
            return await loop.run_in_executor(self._thread, self._writer.run, commands)
        except Stopped:
            return [Result(command, error=Unavailable("stopping")) for command in commands]
        except Exception as error:
            LOG.error("commands_not_written", count=len(batch), exc_info=error)
            return [Result(command, error=error) for command in commands]


def _done(result: Result) -> Done:
    """Return what became of a command, or raise what it was refused with."""
    if result.refusal is not None:
        raise result.refusal
    if result.error is not None:
        raise Conflict() if classify(result.error) is Failure.CONFLICT else result.error
    return Done(result.answer or b"", result.last_event, result.position)
