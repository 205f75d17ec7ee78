"""`IntakeService`: agencies post events and read their receipts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from chassis.refusal import Refusal
from chassis.rpc.call import Call, current_call, current_caller
from chassis.rpc.commands import Commands, Done
from chassis.rpc.watch import Bell, follow
from chassis.telemetry import get_logger
from contracts.catalogue import remedy
from directory import Standing
from reference import Organisations
from reftrack.intake.v1 import intake_pb2 as pb
from reftrack.intake.v1.intake_pb2_grpc import IntakeServiceServicer

from intake.application.decider import SUBMIT
from intake.rpc.messages import receipt
from intake.rpc.reach import whose_receipts
from intake.rpc.receipts import MOST, USUAL, ReceiptReads, page_size
from intake.rpc.waiting import Waiting

LOG = get_logger("intake")

AT_ONCE = 256
"""Items of one message that are under way together; the queue of commands has place for several of these."""


class FrontDoorServicer(IntakeServiceServicer):
    """The same checks, verdicts and receipts as on an agency's topic."""

    def __init__(
        self,
        commands: Commands,
        receipts: ReceiptReads,
        bell: Bell,
        waiting: Waiting,
        organisations: Organisations,
        standing: Standing,
    ) -> None:
        self._standing = standing
        self._organisations = organisations
        self._commands = commands
        self._receipts = receipts
        self._bell = bell
        self._waiting = waiting

    async def SubmitEvents(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.SubmitEventsRequest], _context: Any
    ) -> AsyncIterator[pb.SubmitEventsResponse]:
        """The items of a message share commits, a few hundred each; each has its own status, in order."""
        call = current_call()
        async for request in request_iterator:
            for start in range(0, len(request.events), AT_ONCE):
                events = request.events[start : start + AT_ONCE]
                before = await self._receipts.head(call.caller.org)
                running = [asyncio.ensure_future(self._submit(call, event)) for event in events]
                outcomes = await asyncio.gather(*running, return_exceptions=True)
                yield await self._statuses(call, before, events, outcomes)

    async def ListReceipts(self, request: pb.ListReceiptsRequest, _context: Any) -> pb.ListReceiptsResponse:  # noqa: N802
        org = whose_receipts(current_caller(), request.org, self._organisations, self._standing)
        found = await self._receipts.page(org, request)
        full = len(found) == page_size(request.page_size, USUAL, MOST)
        return pb.ListReceiptsResponse(receipts=found, next_after_position=found[-1].position if full else 0)

    async def WatchReceipts(  # noqa: N802
        self, request: pb.WatchReceiptsRequest, _context: Any
    ) -> AsyncIterator[pb.WatchReceiptsResponse]:
        org = current_caller().org

        async def read(after: int, limit: int) -> Any:
            return await self._receipts.after(org, after, limit)

        async for page in follow(read, request.after_position, self._bell):
            yield pb.WatchReceiptsResponse(receipts=[one for _, one in page])

    async def ListWaiting(self, request: pb.ListWaitingRequest, _context: Any) -> pb.ListWaitingResponse:  # noqa: N802
        return await self._waiting.page(request)

    async def _submit(self, call: Call, event: pb.SubmittedEvent) -> Done:
        """One item, without a request id: what was sent before is known by (source, id)."""
        return await self._commands.run_for(call, SUBMIT, event, request_id="")

    async def _statuses(
        self,
        call: Call,
        before: int,
        events: Sequence[pb.SubmittedEvent],
        outcomes: list[Done | BaseException],
    ) -> pb.SubmitEventsResponse:
        answers = [_split(one.answer) if isinstance(one, Done) else ("", b"") for one in outcomes]
        places = await self._receipts.newest(
            call.caller.org, before, {event_id for event_id, _ in answers if event_id}
        )
        statuses = []
        for event, outcome, (event_id, body) in zip(events, outcomes, answers, strict=True):
            told = _not_taken(call, outcome) if isinstance(outcome, BaseException) else None
            if told is None:
                told = receipt(body)
                if told.verdict != "routed":
                    told = receipt(body, *places.get(event_id, (0, None)))
            statuses.append(pb.ItemStatus(index=event.index, receipt=told))
        return pb.SubmitEventsResponse(statuses=statuses)


def _split(answer: bytes) -> tuple[str, bytes]:
    event_id, _, body = answer.partition(b"\n")
    return event_id.decode(), body


def _not_taken(call: Call, error: BaseException) -> pb.Receipt:
    """The status of an item that nothing is known of: send it again. Cancelling is raised on."""
    if not isinstance(error, Exception):
        raise error
    code = error.code if isinstance(error, Refusal) else "not_handled"
    detail = error.detail if isinstance(error, Refusal) else {"correlation_id": call.correlation_id}
    if not isinstance(error, Refusal):
        LOG.error("item_failed", correlation_id=call.correlation_id, exc_info=error)
    return pb.Receipt(code=code, remedy=pb.Remedy(**remedy(code, detail)))
