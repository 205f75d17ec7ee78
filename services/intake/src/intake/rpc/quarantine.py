"""`QuarantineService`: what could not be read, until a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.box import Box
from chassis.rpc.call import current_caller
from chassis.rpc.commands import Commands
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import InvalidInput, NotFound, Violation
from chassis.rpc.reads import Reads
from contracts.catalogue import remedy
from reference import Organisations
from reftrack.intake.v1 import intake_pb2 as pb
from reftrack.intake.v1.intake_pb2_grpc import QuarantineServiceServicer

from intake.application.decider import DISCARD, RELEASE
from intake.application.kept import KEPT
from intake.application.reading import is_claimed
from intake.application.submissions import kept
from intake.rpc.acts import ActsTable
from intake.rpc.messages import problems, receipt, timestamp
from intake.rpc.reach import REACHED, Reach, of_quarantine
from intake.rpc.receipts import page_size

LONGEST_REASON = 500

_COLUMNS = """
    k.quarantine_id, k.org, k.topic, k.partition, k."offset", k.received_at, k.size, k.source, k.event_id,
    k.type, i.detail
"""
_REACHED = REACHED.format(org="k.org")
_LIST = f"""
    SELECT {_COLUMNS} FROM kept_deliveries AS k JOIN inbox AS i USING (source, event_id)
    WHERE k.verdict = 'quarantined' AND k.quarantine_id > %s AND (%s = '' OR k.org = %s) AND {_REACHED}
    ORDER BY k.quarantine_id LIMIT %s
"""
_ONE = f"""
    SELECT {_COLUMNS}, k.sealed FROM kept_deliveries AS k JOIN inbox AS i USING (source, event_id)
    WHERE k.verdict = 'quarantined' AND k.quarantine_id = %s AND {_REACHED}
"""


class QuarantineServicer(QuarantineServiceServicer):
    """Lists without content, opens for a supervisor and records who looked, releases and discards.

    Each within the territory of the caller's organisation; what lies outside of it is not found.
    """

    def __init__(
        self,
        reads: Reads,
        commands: Commands,
        cursors: Cursors,
        box: Box,
        acts: ActsTable,
        organisations: Organisations,
    ) -> None:
        self._organisations = organisations
        self._reads = reads
        self._commands = commands
        self._cursors = cursors
        self._box = box
        self._acts = acts

    async def ListQuarantined(  # noqa: N802
        self, request: pb.ListQuarantinedRequest, _context: Any
    ) -> pb.ListQuarantinedResponse:
        limit, reach = page_size(request.page_size, 50, 500), self._reach()
        query = ("quarantine", request.org, current_caller().org)
        place = self._cursors.place(request.page_token, *query)
        after = int(place[0]) if place else 0
        rows = await self._reads.all(_LIST, (after, request.org, request.org, *reach.parameters(), limit + 1))
        more = self._cursors.after([rows[limit - 1][0]], *query) if len(rows) > limit else ""
        return pb.ListQuarantinedResponse(
            deliveries=[_quarantined(*row) for row in rows[:limit]], next_page_token=more
        )

    async def ShowQuarantined(  # noqa: N802
        self, request: pb.ShowQuarantinedRequest, _context: Any
    ) -> pb.ShowQuarantinedResponse:
        row = await self._reached(request)
        delivery = _quarantined(*row[:-1])
        source, event_id, caller = row[7], row[8], str(current_caller())
        await self._acts.looked(request.quarantine_id, source, event_id, caller, request.reason)
        opened = kept(self._box.open(bytes(row[-1]), KEPT, source, event_id))
        return pb.ShowQuarantinedResponse(
            delivery=delivery,
            headers=[
                pb.Header(name=name, value=value or b"", is_null=value is None)
                for name, value in opened.headers.items()
            ],
            value=opened.value or b"",
            value_is_null=opened.value is None,
        )

    async def ReleaseQuarantined(  # noqa: N802
        self, request: pb.ReleaseQuarantinedRequest, _context: Any
    ) -> pb.ReleaseQuarantinedResponse:
        await self._reached(request)
        done = await self._commands.run(RELEASE, request)
        return pb.ReleaseQuarantinedResponse(receipt=receipt(done.answer.partition(b"\n")[2]))

    async def DiscardQuarantined(  # noqa: N802
        self, request: pb.DiscardQuarantinedRequest, _context: Any
    ) -> pb.DiscardQuarantinedResponse:
        await self._reached(request)
        done = await self._commands.run(DISCARD, request)
        return pb.DiscardQuarantinedResponse(receipt=receipt(done.answer.partition(b"\n")[2]))

    def _reach(self) -> Reach:
        return of_quarantine(current_caller(), self._organisations)

    async def _reached(self, request: Any) -> Any:
        """The row of the delivery that a request names with a reason. Raises `InvalidInput`, `NotFound`."""
        _need_reason(request.reason)
        row = await self._reads.one(_ONE, (request.quarantine_id, *self._reach().parameters()))
        if row is None:
            raise NotFound("not_found")
        return row


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput([Violation("reason", "field_missing")])
    if len(reason) > LONGEST_REASON:
        raise InvalidInput([Violation("reason", "too_long")])


def _quarantined(
    quarantine_id: int,
    org: str,
    topic: str,
    partition: int,
    offset: int,
    received_at: datetime,
    size: int,
    source: str,
    event_id: str,
    type_name: str | None,
    detail: dict[str, Any] | None,
) -> pb.Quarantined:
    return pb.Quarantined(
        quarantine_id=quarantine_id,
        org=org,
        topic=topic,
        partition=partition,
        offset=offset,
        received_at=timestamp(received_at),
        size=size,
        problems=problems(_told((detail or {}).get("problems", ()))),
        source=source,
        id=event_id if is_claimed(event_id) else "",
        type=type_name or "",
    )


def _told(found: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"code": code, "field": field, "remedy": remedy(code, detail)} for code, field, detail in found]
