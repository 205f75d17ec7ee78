"""The work list of what waits: for what is not reported yet, here or in the service that decides about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.clock import Clock
from chassis.rpc.call import current_caller
from chassis.rpc.cursor import Cursors
from chassis.rpc.reads import Reads
from contracts.catalogue import remedy
from reference import Organisations
from reftrack.intake.v1 import intake_pb2 as pb

from intake.domain.front_door import agency_of_source, source_of
from intake.rpc.messages import timestamp
from intake.rpc.reach import REACHED, Reach, of_waiting
from intake.rpc.receipts import page_size

USUAL, MOST = 50, 500

_REACHED = REACHED.format(org="source")
_PAGE = f"""
    SELECT source, event_id, received_at, code, detail FROM inbox
    WHERE verdict = 'waiting' AND {_REACHED} AND (%s OR source = %s)
      AND (received_at, source, event_id) > (%s, %s, %s)
      AND (NOT %s OR (detail->>'until')::timestamptz <= %s)
    ORDER BY received_at, source, event_id LIMIT %s
"""
_START = ("-infinity", "", "")


class Waiting:
    """Answers `ListWaiting`."""

    def __init__(self, reads: Reads, cursors: Cursors, clock: Clock, organisations: Organisations) -> None:
        self._reads = reads
        self._cursors = cursors
        self._clock = clock
        self._organisations = organisations

    async def page(self, request: pb.ListWaitingRequest) -> pb.ListWaitingResponse:
        """A page, longest first. Raises `InvalidInput` for a token or size that is none."""
        caller, now = current_caller(), self._clock.now()
        reach = of_waiting(caller, self._organisations)
        sources = Reach([*map(source_of, reach.orgs)], [*map(source_of, reach.strangers)])
        asked = (*sources.parameters(), not request.org, source_of(request.org))
        query = ("ListWaiting", str(caller), caller.role, request.org, str(request.overdue_only))
        after = self._cursors.place(request.page_token, *query) or _START
        size = page_size(request.page_size, USUAL, MOST)
        rows = await self._reads.all(_PAGE, (*asked, *after, request.overdue_only, now, size + 1))
        last = rows[size - 1] if rows[size:] else None
        token = self._cursors.after([last[2].isoformat(), last[0], last[1]], *query) if last else ""
        return pb.ListWaitingResponse(
            waiting=[_waiting(*row, now=now) for row in rows[:size]], next_page_token=token
        )


def _waiting(
    source: str, event_id: str, received_at: datetime, code: str, detail: dict[str, Any], *, now: datetime
) -> pb.Waiting:
    until = datetime.fromisoformat(detail["until"])
    return pb.Waiting(
        org=agency_of_source(source),
        id=event_id,
        type=detail.get("type") or "",
        waiting_for=detail.get("waiting_for") or "",
        received_at=timestamp(received_at),
        until=timestamp(until),
        overdue=until <= now,
        code=code or "",
        remedy=pb.Remedy(**remedy(code, detail.get("detail", {}))),
    )
