"""What the clock does with what waits: tries it once more after it was recorded, and counts it.

What voids or corrects an event that is not known yet is found here too, once that one is decided.

Two instances may miss each other: one decides that an event must wait while the other records what it waits
for, and neither sees the other's uncommitted rows. So each wait is tried once more after its commit, and
again when whatever was being decided then is committed too; what is read after that finds it and wakes it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from chassis.service import Parts
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import Gauge

from intake.application.keys import UNTIL_EVENT, until_agency

PAGE = 200

WAITING = Gauge(
    "reftrack_waiting_deliveries",
    "Deliveries that wait for something not yet reported, those that referral and followup keep included",
)
OVERDUE = Gauge(
    "reftrack_overdue_deliveries",
    "Deliveries that have waited longer than the policy's term: see the work list",
)
QUARANTINED = Gauge(
    "reftrack_quarantined_deliveries", "Deliveries that could not be read and wait for a person"
)

_NEW = """
    SELECT key, max(seq) FROM waits WHERE seq > %s GROUP BY key ORDER BY max(seq) LIMIT %s
"""
_STILL = "SELECT DISTINCT key FROM waits WHERE seq > %s AND seq <= %s"
_NAMED = f"substr(w.key, {len(UNTIL_EVENT) + 1})"
"""The source and the id of the event waited for, one space between them."""

ANSWERED = f"""
    SELECT DISTINCT w.key FROM waits AS w JOIN inbox AS i
        ON i.source = split_part({_NAMED}, ' ', 1)
       AND i.event_id = substr({_NAMED}, strpos({_NAMED}, ' ') + 1)
    WHERE starts_with(w.key, '{UNTIL_EVENT}')
      AND (i.verdict NOT IN ('waiting', 'quarantined') OR (i.verdict = 'waiting' AND i.routed_id IS NOT NULL))
    LIMIT %s
"""
"""Keys of waits for events that are decided by now, at most so many."""

_COUNTS = """
    SELECT (SELECT count(*) FROM inbox WHERE verdict = 'waiting'),
           (SELECT count(*) FROM inbox
            WHERE verdict = 'waiting' AND (detail->>'until')::timestamptz <= %s),
           (SELECT count(*) FROM kept_deliveries WHERE verdict = 'quarantined')
"""


TOPICS_WITHIN = 5.0
"""Seconds that what waits for an office leaves its topics to be made: then its receipts can be read there."""


SETTLED = 30.0
"""Seconds after which a batch is committed that was under way when a wait was tried first."""


class Releases:
    """Offices whose waiting events may go on: told by other threads, taken by the ticker."""

    def __init__(self) -> None:
        self._told: deque[tuple[float, str]] = deque()

    def changed(self, orgs: Iterable[str]) -> None:
        """The directory says something new of these."""
        due = time.monotonic() + TOPICS_WITHIN
        self._told.extend((due, org) for org in orgs)

    def ready(self, org: str) -> None:
        """The topics and rights of this one are there."""
        self._told.append((0.0, org))

    def due(self) -> list[Message]:
        """Keys of what waits for those whose time has come."""
        now, told = time.monotonic(), [self._told.popleft() for _ in range(len(self._told))]
        self._told.extend(one for one in told if one[0] > now)
        return [StringValue(value=until_agency(org)) for org in {org for due, org in told if due <= now}]


class NewWaits:
    """Finds the keys of waits that were committed since the last look; at start, of all of them. Those that
    came since it began are found once more, after so many seconds."""

    def __init__(self, settled: float = SETTLED) -> None:
        self._seen = 0
        self._settled = settled
        self._has_begun = False
        self._again: deque[tuple[float, int, int]] = deque()

    async def due(self, parts: Parts[Any]) -> Sequence[Message]:
        """At most a page of keys, as messages for the decider."""
        now = time.monotonic()
        if self._again and self._again[0][0] <= now:
            _, after, upto = self._again.popleft()
            if still := await parts.reads.all(_STILL, (after, upto)):
                return [StringValue(value=key) for (key,) in still]
        rows = await parts.reads.all(_NEW, (self._seen, PAGE))
        if not rows:
            self._has_begun = True
            await self._count(parts)
            return await self._answered(parts)
        after, self._seen = self._seen, int(rows[-1][1])
        if self._has_begun:
            self._again.append((now + self._settled, after, self._seen))
        return [StringValue(value=key) for key, _ in rows]

    async def _answered(self, parts: Parts[Any]) -> Sequence[Message]:
        """What waits for another event, to void or correct it, once that one is decided: nothing wakes it, so
        that whoever decides an event need not ask who waits for it."""
        rows = await parts.reads.all(ANSWERED, (PAGE,))
        return [StringValue(value=key) for (key,) in rows]

    async def _count(self, parts: Parts[Any]) -> None:
        counts = await parts.reads.one(_COUNTS, (parts.clock.now(),))
        assert counts is not None
        WAITING.set(counts[0])
        OVERDUE.set(counts[1])
        QUARANTINED.set(counts[2])
