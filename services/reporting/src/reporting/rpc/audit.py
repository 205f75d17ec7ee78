"""AuditService: histories as they were recorded, for auditors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from itertools import islice
from typing import Any

from chassis.rpc.errors import Forbidden, InvalidInput, NotFound, Violation
from chassis.rpc.watch import Bell, follow
from contracts import catalogue
from google.protobuf.json_format import MessageToJson
from reference import Living, Territory
from reftrack.reporting.v1 import audit_pb2 as pb
from reftrack.reporting.v1 import audit_pb2_grpc as grpc

from reporting.access import CARE, Part, Reader, may_see
from reporting.freshness import Freshness
from reporting.pathway.entry import Entry
from reporting.pathway.replay import AsOf, CaseState, Step, replay
from reporting.places import district_of
from reporting.queries import Queries
from reporting.rpc import asking
from reporting.rpc.messages import Surroundings, case_message, referral_message, timestamp

Page = Sequence[tuple[int, Entry]]
Read = Callable[[int, int], Awaitable[Page]]

STEPS_A_MESSAGE = 100
EVENTS_A_MESSAGE = 500


class AuditServicer(grpc.AuditServiceServicer):
    """Reads the history itself, never a view."""

    def __init__(
        self,
        queries: Queries,
        freshness: Freshness,
        readers: asking.Readers,
        country: Living,
        bell: Bell,
    ) -> None:
        self._queries = queries
        self._freshness = freshness
        self._readers = readers
        self._country = country
        self._bell = bell

    async def ReplayCase(  # noqa: N802
        self, request: pb.ReplayCaseRequest, _context: Any
    ) -> AsyncIterator[pb.ReplayCaseResponse]:
        """A case from its first event, each step with the state after it."""
        reader, case_id = self._reader(), asking.case_id(request.case_id)
        await self._freshness.has(reader, request.after_event_id)
        entries = await self._queries.entries_of(case_id)
        if not entries:
            raise NotFound("case_unknown")
        as_of = AsOf(
            asking.moment(request.occurred_by, "occurred_by") if request.HasField("occurred_by") else None,
            asking.moment(request.recorded_by, "recorded_by") if request.HasField("recorded_by") else None,
        )
        for steps in _chunks(replay(case_id, entries, as_of), STEPS_A_MESSAGE):
            yield pb.ReplayCaseResponse(steps=[_step(reader, self._country.now, step) for step in steps])

    async def StreamEvents(  # noqa: N802
        self, request: pb.StreamEventsRequest, _context: Any
    ) -> AsyncIterator[pb.StreamEventsResponse]:
        """The history in its order, byte for byte; ends at its end unless told to follow."""
        self._reader()
        if request.after_seq < 0:
            raise InvalidInput([Violation("after_seq", "out_of_range")])
        case_id = asking.case_id(request.case_id) if request.case_id else None
        types = tuple(request.types)

        async def read(after: int, limit: int) -> Page:
            found = await self._queries.entries(after, limit, types=types, case_id=case_id)
            return [(entry.seq, entry) for entry in found]

        pages = self._pages(read, request.after_seq, go_on=request.follow)
        async with aclosing(pages) as batches:
            async for batch in batches:
                self._reader()
                yield pb.StreamEventsResponse(events=[_event(entry) for _, entry in batch])

    def _reader(self) -> Reader:
        """Who asks. Bytes as published leave nothing out: raises `Forbidden` unless all may be seen, of
        every case."""
        reader = self._readers.current()
        if reader.role != "auditor" or not reader.sees_every_case:
            raise Forbidden("role_not_yours")
        if not may_see(reader, CARE):
            raise Forbidden("label_not_yours")
        return reader

    async def _pages(self, read: Read, after: int, *, go_on: bool) -> AsyncGenerator[Page]:
        if go_on:
            async for batch in follow(read, after, self._bell, page=EVENTS_A_MESSAGE):
                yield batch
        while page := await read(after, EVENTS_A_MESSAGE):
            after = page[-1][0]
            yield page


def _chunks(steps: Iterable[Step], size: int) -> Iterator[list[Step]]:
    steps = iter(steps)
    while chunk := list(islice(steps, size)):
        yield chunk


def state_json(reader: Reader, territory: Territory, state: CaseState, seq: int) -> str:
    """The case after a step as JSON with sorted keys: the fields of `Case` of StatusService."""
    case = state.case
    referrals = tuple(
        referral_message(reader, referral, case_id=case.case_id, commune=case.commune, seq=0)
        for referral in state.referrals.values()
    )
    around = Surroundings(
        district=district_of(territory, case),
        introduction_number=state.introduction_number,
        referrals=referrals,
        seq=seq,
        goes_on_in=str(case.merged_into or ""),
    )
    message = case_message(reader, Part.WHOLE, case, around)
    return MessageToJson(message, preserving_proto_field_name=True, sort_keys=True, indent=None)


def _step(reader: Reader, territory: Territory, step: Step) -> pb.ReplayStep:
    return pb.ReplayStep(
        event=_event(step.entry),
        title_vi=catalogue.event_title(step.entry.type, "vi"),
        title_en=catalogue.event_title(step.entry.type, "en"),
        state_json=state_json(reader, territory, step.state, step.entry.seq),
    )


def _event(entry: Entry) -> pb.HistoryEvent:
    return pb.HistoryEvent(
        seq=entry.seq,
        event_id=entry.event_id,
        type=entry.type,
        service=entry.source.rpartition("/")[2],
        position=entry.position,
        case_id=str(entry.case_id),
        occurred_at=timestamp(entry.occurred_at),
        recorded_at=timestamp(entry.recorded_at),
        value=entry.value,
    )
