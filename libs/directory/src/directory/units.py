"""Decrees that were loaded reach every instance of every service that reads codes, without a release.

Whoever takes in intake's log keeps the events of units that the committed list lacks in the table
`territory_events` of its own database (referral, followup), or has them in its history (reporting) or its own
log (intake) anyway. Each instance reads them from there: all at start, afterwards what is new, every few
seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, LiteralString

from chassis.service import Parts, Ticker
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from chassis.telemetry import get_logger
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.territory import TerritoryEvent
from google.protobuf.message import Message
from reference import Living
from reference.decrees import beyond_the_list, recorded_units

from directory.living import living_of

_log = get_logger("directory")
FOLLOW = "follow_territory"
EVERY_SECONDS = 5.0

KEPT: LiteralString = "SELECT seq, value FROM territory_events WHERE seq > %s ORDER BY seq"
"""What `keep` wrote."""


class UnitsFeed:
    """`query` gives (place, bytes of a recorded event) of what stands after a place, in order."""

    def __init__(self, query: LiteralString) -> None:
        self._query = query
        self._reached = 0

    def begin(self, parts: Parts[Any], country: Living) -> None:
        """Read what was loaded before this process began; asked once, before anything is decided."""
        with parts.connect() as connection:
            rows = connection.execute(self._query, (0,)).fetchall()
        self._take(country, [tuple(row.values()) for row in rows])

    async def go_on(self, parts: Parts[Any], country: Living) -> Sequence[Message]:
        """Read what is new; there is never anything to command."""
        rows = await parts.reads.all(self._query, (self._reached,))
        if rows:
            await asyncio.to_thread(self._take, country, rows)
        return ()

    def _take(self, country: Living, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            country.learn(recorded_units(bytes(value) for _, value in rows))
            self._reached = int(rows[-1][0])
            if country.contradiction is not None:
                _log.warning("territory_not_whole", problem=country.contradiction)


def keep(uow: UnitOfWork, told: Recorded[Payload]) -> bool:
    """Whether an event of intake's log is of the territory; if the committed list lacks it, it is kept."""
    if not isinstance(told.data, TerritoryEvent):
        return False
    if beyond_the_list([told.data]):  # type: ignore[list-item]  # the five are all there are
        uow.commit.extra.append(TableWrite(_EVENTS, (told.id, told.to_bytes())))
    return True


_EVENTS = Rows(
    41,
    "INSERT INTO territory_events (event_id, value) SELECT * FROM {rows} ON CONFLICT (event_id) DO NOTHING",
    *("text", "bytea"),
)


@lru_cache(maxsize=16)
def _kept(_parts: Parts[Any]) -> UnitsFeed:
    return UnitsFeed(KEPT)


def begin_with_kept(parts: Parts[Any]) -> None:
    """What `keep` wrote before this process began is known from here on."""
    _kept(parts).begin(parts, living_of(parts).deciding.country)


async def _follow_kept(parts: Parts[Any]) -> Sequence[Message]:
    """Take in the decrees that any instance read from intake's log."""
    return await _kept(parts).go_on(parts, living_of(parts).deciding.country)


FOLLOW_KEPT: Ticker[Any] = Ticker(FOLLOW, EVERY_SECONDS, _follow_kept)
"""What `keep` writes while this process runs."""
