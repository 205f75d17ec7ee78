"""What the clock does with what waits: tries it once more after it was recorded, and counts it.

Two instances may miss each other: one decides that an event must wait while the other records what it waits
for, and neither sees the other's uncommitted rows. So each wait is tried once more after its commit;
whatever is recorded later finds it and wakes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.service import Parts
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from prometheus_client import Gauge

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
_COUNTS = """
    SELECT (SELECT count(*) FROM inbox WHERE verdict = 'waiting'),
           (SELECT count(*) FROM inbox
            WHERE verdict = 'waiting' AND (detail->>'until')::timestamptz <= %s),
           (SELECT count(*) FROM kept_deliveries WHERE verdict = 'quarantined')
"""


class NewWaits:
    """Finds the keys of waits that were committed since the last look; at start, of all of them."""

    def __init__(self) -> None:
        self._seen = 0

    async def due(self, parts: Parts[Any]) -> Sequence[Message]:
        """At most a page of keys, as messages for the decider."""
        rows = await parts.reads.all(_NEW, (self._seen, PAGE))
        if not rows:
            await self._count(parts)
            return []
        self._seen = int(rows[-1][1])
        return [StringValue(value=key) for key, _ in rows]

    async def _count(self, parts: Parts[Any]) -> None:
        counts = await parts.reads.one(_COUNTS, (parts.clock.now(),))
        assert counts is not None
        WAITING.set(counts[0])
        OVERDUE.set(counts[1])
        QUARANTINED.set(counts[2])
