"""Where events of earlier commits stand in the service's own log: asked by many callers, one query."""

from __future__ import annotations

import asyncio
from contextvars import Context

from chassis.rpc.commands import Done
from chassis.rpc.reads import Reads
from contracts.envelope import is_handle

_POSITIONS = """
SELECT e.originator_id::text || ':' || e.originator_version, e.notification_id
FROM unnest(%s::uuid[], %s::bigint[]) AS r (stream, version)
JOIN stored_events AS e ON e.originator_id = r.stream AND e.originator_version = r.version
"""


class Places:
    """Positions of events that were committed. Callers whose commands shared a commit share the query too."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._asked: dict[str, asyncio.Future[int]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def of_outcome(self, done: Done, event_id: str) -> int:
        """The position of what a command led to; of an answer given again to who is told no places, 0."""
        if is_handle(event_id) or (done.position is not None and done.last_event == event_id):
            return done.position or 0
        return await self.of(event_id) if event_id else 0

    async def of(self, event_id: str) -> int:
        """The position of an event, 0 if there is no such event. Raises what the query raised."""
        future = self._asked.get(event_id)
        if future is None:
            future = self._asked[event_id] = asyncio.get_running_loop().create_future()
        if self._asking is None or self._asking.done():
            # Not within the first caller's call: its deadline is not that of the others.
            self._asking = asyncio.create_task(self._ask(), context=Context())
        return await asyncio.shield(future)

    async def _ask(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, {}
            try:
                found = await self._read(list(asked))
            except Exception as error:
                for future in asked.values():
                    future.set_exception(error)
                    future.exception()  # a caller that went away leaves nobody to fetch it
            else:
                for event_id, future in asked.items():
                    future.set_result(found.get(event_id, 0))

    async def _read(self, event_ids: list[str]) -> dict[str, int]:
        names = [event_id.rpartition(":") for event_id in event_ids]
        streams, versions = [name[0] for name in names], [int(name[2]) for name in names]
        return {row[0]: row[1] for row in await self._reads.all(_POSITIONS, (streams, versions))}
