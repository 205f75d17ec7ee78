"""What the clock makes due, through the writer like everything else."""

from __future__ import annotations

import asyncio
from secrets import token_hex
from typing import Any

from google.protobuf.message import Message

from chassis.refusal import Refusal
from chassis.rpc.call import Call, Caller, Role
from chassis.rpc.commands import Done
from chassis.rpc.errors import Busy, Conflict, TooLate, Unavailable
from chassis.service.declaration import Ticker
from chassis.service.parts import Parts
from chassis.telemetry import Check, get_logger

LOG = get_logger("ticker")


class Ticking:
    """Runs one ticker of a service. What fails is logged and tried again; the health page tells of it."""

    def __init__(self, ticker: Ticker[Any], parts: Parts[Any]) -> None:
        self._ticker = ticker
        self._parts = parts
        self._trouble: str | None = None
        self._left: list[Message] = []
        """What was due and is not decided yet: `due` may not name it again."""
        self._call = Call(
            method=f"tick/{ticker.name}",
            caller=Caller(subject=ticker.name, org=f"system:{parts.service.name}", role=Role.ADMINISTRATOR),
            correlation_id="",
            request_id="",
            deadline=None,
        )

    def check(self) -> Check:
        """Degraded while it fails."""
        return Check(f"ticker:{self._ticker.name}", degraded=lambda: self._trouble)

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            try:
                while await self._tick():
                    pass
                self._trouble = None
            except Exception as error:
                self._trouble = f"failed: {type(error).__name__}"
                LOG.error("tick_failed", name=self._ticker.name, exc_info=error)
            await asyncio.sleep(self._ticker.seconds)

    async def _tick(self) -> bool:
        """Do what is due; returns whether it came forward, so that more may be due."""
        try:
            due = await self._ticker.due(self._parts)
        except (Unavailable, TooLate):
            return False  # the database is away: that is told elsewhere
        messages = [*(message for message in self._left if message not in due), *due]
        self._call.correlation_id = token_hex(8)
        run = self._parts.commands.run_for
        found = await asyncio.gather(
            *(run(self._call, self._ticker.name, message) for message in messages), return_exceptions=True
        )
        self._left = [message for message, one in zip(messages, found, strict=True) if _undecided(one)]
        for problem in found:
            if isinstance(problem, BaseException) and not isinstance(problem, Refusal):
                raise problem
        if self._left:
            return False
        return any(isinstance(done, Done) for done in found)


def _undecided(found: Done | BaseException) -> bool:
    """Whether a command has to be given again; what was refused was done meanwhile."""
    if isinstance(found, Busy | Conflict | TooLate | Unavailable):
        return True
    return isinstance(found, BaseException) and not isinstance(found, Refusal)
