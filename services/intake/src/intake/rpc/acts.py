"""Who looked at quarantined content is recorded before it is shown; if that cannot be written, nothing is
shown.
"""

from __future__ import annotations

import asyncio

from chassis.box import Box
from chassis.clock import Clock

from intake.application.identity import Connect
from intake.application.kept import ACTS, REASON, Act


class ActsTable:
    """Writes what a person did where no verdict changes."""

    def __init__(self, connect: Connect, clock: Clock, box: Box) -> None:
        self._connect = connect
        self._clock = clock
        self._box = box

    async def looked(self, quarantine_id: int, source: str, event_id: str, by: str, reason: str) -> None:
        """Record that somebody opens the content now, and why."""
        sealed = self._box.seal(reason.encode(), REASON, "shown", str(quarantine_id))
        act = Act(self._clock.now(), quarantine_id, source, event_id, "shown", by, sealed)
        await asyncio.to_thread(self._write, act)

    def _write(self, act: Act) -> None:
        with self._connect() as connection, connection.transaction(), connection.cursor() as cursor:
            ACTS.write(cursor, [act])
