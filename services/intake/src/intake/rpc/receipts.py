"""The receipts of one organisation, read from the table in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from chassis.rpc.errors import InvalidInput, Violation
from chassis.rpc.reads import Reads
from reftrack.intake.v1.intake_pb2 import ListReceiptsRequest, Receipt

from intake.rpc.messages import receipt

MOST = 1000
USUAL = 100

_AFTER = """
    SELECT position, body, recorded_at FROM receipts
    WHERE org = %s AND position > %s ORDER BY position LIMIT %s
"""
_NARROWED = """
    SELECT position, body, recorded_at FROM receipts
    WHERE org = %(org)s AND position > %(after)s
      AND (%(verdicts)s::text[] IS NULL OR verdict = ANY(%(verdicts)s))
      AND (%(id)s::text IS NULL OR event_id = %(id)s)
      AND (%(since)s::timestamptz IS NULL OR recorded_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR recorded_at < %(until)s)
      AND (%(topic)s::text IS NULL OR (topic = %(topic)s AND "offset" >= %(offset)s))
    ORDER BY position LIMIT %(limit)s
"""
_HEAD = "SELECT position FROM receipts WHERE org = %s ORDER BY position DESC LIMIT 1"
_NEWEST = """
    SELECT DISTINCT ON (event_id) event_id, position, recorded_at FROM receipts
    WHERE org = %s AND position > %s AND event_id = ANY(%s) ORDER BY event_id, position DESC
"""


class ReceiptReads:
    """Reads receipts with the caller's deadline."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def page(self, org: str, asked: ListReceiptsRequest) -> list[Receipt]:
        """A page, oldest first. Raises `InvalidInput` for a page that is too long, or a time that is none."""
        narrowed = {
            "org": org,
            "after": asked.after_position,
            "verdicts": list(asked.verdicts) or None,
            "id": asked.id or None,
            "topic": asked.topic or None,
            "offset": asked.from_offset,
            "since": _instant(asked, "since"),
            "until": _instant(asked, "until"),
            "limit": page_size(asked.page_size, USUAL, MOST),
        }
        async with self._reads.connection() as connection:
            rows = await (await connection.execute(_NARROWED, narrowed)).fetchall()
        return [receipt(bytes(body), position, recorded_at) for position, body, recorded_at in rows]

    async def after(self, org: str, position: int, limit: int) -> Sequence[tuple[int, Receipt]]:
        """What stands after a position, for a watch."""
        rows = await self._reads.all(_AFTER, (org, position, limit))
        return [(at, receipt(bytes(body), at, recorded_at)) for at, body, recorded_at in rows]

    async def head(self, org: str) -> int:
        """The position of an organisation's newest receipt, 0 if it has none."""
        row = await self._reads.one(_HEAD, (org,))
        return int(row[0]) if row else 0

    async def newest(self, org: str, after: int, ids: Iterable[str]) -> dict[str, tuple[int, datetime]]:
        """Where the newest receipt of each event stands after a position, and when it was recorded."""
        rows = await self._reads.all(_NEWEST, (org, after, list(ids)))
        return {event_id: (position, recorded_at) for event_id, position, recorded_at in rows}


def _instant(asked: ListReceiptsRequest, name: str) -> datetime | None:
    if not asked.HasField(name):  # type: ignore[arg-type]
        return None
    try:
        at: datetime = getattr(asked, name).ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput([Violation(name, "wrong_type", {"expected": "datetime"})]) from None
    return at


def page_size(asked: int, usual: int, most: int) -> int:
    """How many to give. Raises `InvalidInput` for less than none or more than may be asked for."""
    if not 0 <= asked <= most:
        raise InvalidInput([Violation("page_size", "out_of_range")])
    return asked or usual
