"""Decrees that were loaded reach this process, whichever instance recorded them, without a release."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis.service import Parts
from contracts.events.territory import STREAM
from google.protobuf.message import Message
from reference import Living
from reference.decrees import recorded_units

FOLLOW = "follow_territory"
EVERY_SECONDS = 5.0

_SINCE = """
    SELECT originator_version, state FROM stored_events
    WHERE originator_id = %s AND originator_version > %s ORDER BY originator_version
"""


class Following:
    """Reads the gazette as far as it goes: all of it at start, afterwards what is new, every few seconds."""

    def __init__(self) -> None:
        self._reached = 0

    def begin(self, parts: Parts[Any], country: Living) -> None:
        """Read what was loaded before this process began; asked once, before anything is decided."""
        with parts.connect() as connection:
            rows = connection.execute(_SINCE, (STREAM, 0)).fetchall()
        self._take(country, [(row["originator_version"], row["state"]) for row in rows])

    async def go_on(self, parts: Parts[Any], country: Living) -> Sequence[Message]:
        """Read what is new; there is never anything to command."""
        rows = await parts.reads.all(_SINCE, (STREAM, self._reached))
        if rows:
            await asyncio.to_thread(self._take, country, rows)
        return ()

    def _take(self, country: Living, rows: Sequence[tuple[int, bytes]]) -> None:
        if rows:
            country.learn(recorded_units(bytes(state) for _, state in rows))
            self._reached = rows[-1][0]
