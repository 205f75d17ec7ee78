"""Reading what one wrote: a query that names an event waits until the history and the views have it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any, LiteralString, Protocol

from chassis.rpc.call import time_left
from chassis.rpc.errors import TooLate
from chassis.rpc.reads import Reads
from chassis.rpc.watch import Bell
from contracts.envelope import Recorded, handle_of, is_handle

from reporting.access import Reader

_SEQ: LiteralString = "SELECT seq FROM history WHERE event_id = %s AND (%s::text IS NULL OR org = %s)"
_OF_STREAM: LiteralString = (
    "SELECT seq, event_id, value FROM history"
    " WHERE event_id >= %s AND event_id < %s AND (%s::text IS NULL OR org = %s)"
)
LOOK_AGAIN_SECONDS = 1.0


class Views(Protocol):
    """Knows how far each live view has come (`chassis.projector.Projector`)."""

    async def wait_for(self, view: str, seq: int) -> None: ...


class Freshness:
    """Waits for events, no longer than the caller's deadline allows."""

    def __init__(self, reads: Reads, views: Views, bell: Bell) -> None:
        self._reads = reads
        self._views = views
        self._bell = bell

    async def has(self, reader: Reader, event_id: str, views: Collection[str] = ()) -> None:
        """Returns once the history and each of these views have the event; at once for "".

        Only the reader's organisation's own event, else anybody could ask how many events a case has; who
        sees every case may name any. Raises `TooLate` when the caller's deadline comes first.
        """
        if not event_id:
            return
        try:
            async with asyncio.timeout(time_left()):
                seq = await self._place(event_id, None if reader.sees_every_case else reader.org)
                for view in views:
                    await self._views.wait_for(view, seq)
        except TimeoutError:
            raise TooLate from None

    async def _place(self, event_id: str, org: str | None) -> int:
        while True:
            ring = self._bell.next_ring
            seq = await self._seq(event_id, org)
            if seq is not None:
                return seq
            await _rung(ring)

    async def _seq(self, event_id: str, org: str | None) -> int | None:
        """None while the history lacks the event."""
        if is_handle(event_id):
            return await self._seq_of_handle(event_id, org)
        row = await self._reads.one(_SEQ, (event_id, org, org))
        return int(row[0]) if row else None

    async def _seq_of_handle(self, handle: str, org: str | None) -> int | None:
        stream = handle.partition(":")[0]
        for seq, event_id, value in await self._reads.all(_OF_STREAM, (f"{stream}:", f"{stream};", org, org)):
            told: Recorded[Any] = Recorded.parse(value)
            if handle_of(event_id, told.meta, told.data) == handle:
                return int(seq)
        return None


async def _rung(ring: asyncio.Event) -> None:
    """Waits for the bell, and looks again now and then: one that is being hung anew may miss a ring."""
    try:
        async with asyncio.timeout(LOOK_AGAIN_SECONDS):
            await ring.wait()
    except TimeoutError:
        return
