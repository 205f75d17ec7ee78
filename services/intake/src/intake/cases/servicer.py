"""`CaseService`: each method but the list is a command of its name."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from answering.places import Places
from answering.work_list import WorkList
from chassis.clock import Clock
from chassis.rpc.commands import Commands
from chassis.rpc.cursor import Cursors
from chassis.rpc.reads import Reads
from google.protobuf.message import Message
from reference import Organisations
from reftrack.common.v1.command_pb2 import Outcome
from reftrack.intake.v1 import cases_pb2 as pb
from reftrack.intake.v1.cases_pb2_grpc import CaseServiceServicer, add_CaseServiceServicer_to_server

from intake.cases.conflicts import Conflicts

R = TypeVar("R", bound=Message)


class CaseServicer(CaseServiceServicer):
    """Hands commands to the writer; the position of what they recorded is known after the commit."""

    def __init__(
        self, reads: Reads, commands: Commands, cursors: Cursors, clock: Clock, organisations: Organisations
    ) -> None:
        self._commands = commands
        self._places = Places(reads)
        self._conflicts = Conflicts(reads, cursors, organisations)
        method = pb.DESCRIPTOR.services_by_name["CaseService"].methods_by_name["ListDeadlines"]
        self._due = WorkList(organisations, reads, cursors, clock, method)

    def register(self, server: Any) -> None:
        """Serves it."""
        add_CaseServiceServicer_to_server(self, server)

    async def VoidEvent(self, request: pb.VoidEventRequest, _context: Any) -> pb.VoidEventResponse:  # noqa: N802
        return await self._run("VoidEvent", request, pb.VoidEventResponse())

    async def CloseCase(self, request: pb.CloseCaseRequest, _context: Any) -> pb.CloseCaseResponse:  # noqa: N802
        return await self._run("CloseCase", request, pb.CloseCaseResponse())

    async def ReopenCase(self, request: pb.ReopenCaseRequest, _context: Any) -> pb.ReopenCaseResponse:  # noqa: N802
        return await self._run("ReopenCase", request, pb.ReopenCaseResponse())

    async def MoveClient(self, request: pb.MoveClientRequest, _context: Any) -> pb.MoveClientResponse:  # noqa: N802
        return await self._run("MoveClient", request, pb.MoveClientResponse())

    async def AcknowledgeMove(  # noqa: N802
        self, request: pb.AcknowledgeMoveRequest, _context: Any
    ) -> pb.AcknowledgeMoveResponse:
        return await self._run("AcknowledgeMove", request, pb.AcknowledgeMoveResponse())

    async def RevisePlan(self, request: pb.RevisePlanRequest, _context: Any) -> pb.RevisePlanResponse:  # noqa: N802
        return await self._run("RevisePlan", request, pb.RevisePlanResponse())

    async def DeclineScreening(  # noqa: N802
        self, request: pb.DeclineScreeningRequest, _context: Any
    ) -> pb.DeclineScreeningResponse:
        return await self._run("DeclineScreening", request, pb.DeclineScreeningResponse())

    async def ReviewScreening(  # noqa: N802
        self, request: pb.ReviewScreeningRequest, _context: Any
    ) -> pb.ReviewScreeningResponse:
        return await self._run("ReviewScreening", request, pb.ReviewScreeningResponse())

    async def ListScreeningConflicts(  # noqa: N802
        self, request: pb.ListScreeningConflictsRequest, _context: Any
    ) -> pb.ListScreeningConflictsResponse:
        return await self._conflicts.page(request)

    async def ListDeadlines(  # noqa: N802
        self, request: pb.ListDeadlinesRequest, context: Any
    ) -> pb.ListDeadlinesResponse:
        return cast(pb.ListDeadlinesResponse, await self._due.page(request, context))

    async def _run(self, name: str, request: Message, response: R) -> R:
        done = await self._commands.run(name, request)
        response.ParseFromString(done.answer)
        outcome: Outcome = response.outcome  # type: ignore[attr-defined]
        outcome.position = await self._places.of_outcome(done, outcome.event_id)
        return response
