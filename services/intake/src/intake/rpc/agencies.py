"""`AgencyService`: the registry of offices, for who supervises their area."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis.clock import Clock
from chassis.refusal import Refusal
from chassis.rpc.call import Role, current_caller
from chassis.rpc.commands import Commands
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden, NotFound, Unavailable
from chassis.rpc.reads import Reads
from contracts.vocabulary import OrgKind
from directory import on_kafka
from google.protobuf.message import Message
from reference import Organisation, Organisations
from reference.days import local_day
from reftrack.intake.v1 import agencies_pb2 as pb
from reftrack.intake.v1.agencies_pb2_grpc import AgencyServiceServicer

from intake.agencies.agency import MOVES, State
from intake.agencies.desk import CHANGE, REGISTER, REINSTATE, SUSPEND
from intake.agencies.messages import as_of, of_reference, of_row
from intake.agencies.provisioning import Provided, Provisioner
from intake.rpc.receipts import page_size

USUAL, MOST = 200, 1_000
_ROWS = """
    SELECT a.version, a.said, a.suspended, a.changed_at, k.version, coalesce(k.problem, ''),
           coalesce(k.org, s.org) IS NOT NULL,
           coalesce(CASE WHEN k.org IS NULL THEN s.problem ELSE k.problem END, '')
    FROM unnest(%s::text[]) WITH ORDINALITY AS asked(org, place)
    LEFT JOIN agencies AS a USING (org) LEFT JOIN agency_access AS k USING (org)
    LEFT JOIN seed_looked_after AS s USING (org) ORDER BY asked.place
"""


class AgencyServicer(AgencyServiceServicer):
    """Commands go through the writer like all others; a password is made after the commit, told once, and
    never part of a command or its stored answer."""

    def __init__(
        self,
        reads: Reads,
        commands: Commands,
        cursors: Cursors,
        organisations: Organisations,
        provisioner: Provisioner,
        clock: Clock,
    ) -> None:
        self._reads = reads
        self._commands = commands
        self._cursors = cursors
        self._organisations = organisations
        self._provisioner = provisioner
        self._clock = clock

    async def RegisterAgency(  # noqa: N802
        self, request: pb.RegisterAgencyRequest, _context: Any
    ) -> pb.RegisterAgencyResponse:
        event_id, agency = await self._command(REGISTER, request)
        credentials = await self._credentials(agency)
        return pb.RegisterAgencyResponse(agency=agency, credentials=credentials, event_id=event_id)

    async def ChangeAgency(  # noqa: N802
        self, request: pb.ChangeAgencyRequest, _context: Any
    ) -> pb.ChangeAgencyResponse:
        event_id, agency = await self._command(CHANGE, request)
        await self._follow(agency)
        return pb.ChangeAgencyResponse(agency=agency, event_id=event_id)

    async def SuspendAgency(  # noqa: N802
        self, request: pb.SuspendAgencyRequest, _context: Any
    ) -> pb.SuspendAgencyResponse:
        event_id, agency = await self._command(SUSPEND, request)
        await self._follow(agency)
        return pb.SuspendAgencyResponse(agency=agency, event_id=event_id)

    async def ReinstateAgency(  # noqa: N802
        self, request: pb.ReinstateAgencyRequest, _context: Any
    ) -> pb.ReinstateAgencyResponse:
        event_id, agency = await self._command(REINSTATE, request)
        credentials = await self._credentials(agency)
        return pb.ReinstateAgencyResponse(agency=agency, credentials=credentials, event_id=event_id)

    async def RenewCredentials(  # noqa: N802
        self, request: pb.RenewCredentialsRequest, _context: Any
    ) -> pb.RenewCredentialsResponse:
        org = self._within_reach(request.org).id
        provided = await asyncio.to_thread(self._provisioner.renew, org)
        if provided.password is None:
            raise _no_password(provided.problem or "no_credentials_here")
        return pb.RenewCredentialsResponse(credentials=_credentials(org, provided.password))

    async def ListAgencies(  # noqa: N802
        self, request: pb.ListAgenciesRequest, _context: Any
    ) -> pb.ListAgenciesResponse:
        caller, size = current_caller(), page_size(request.page_size, USUAL, MOST)
        query = ("agencies", caller.org, caller.role, request.kind, request.state)
        after = str((self._cursors.place(request.page_token, *query) or ("",))[0])
        found = sorted((one for one in self._reach() if _asked_for(one, request)), key=lambda one: one.id)
        page = [one for one in found if one.id > after][: size + 1]
        more = self._cursors.after([page[size - 1].id], *query) if len(page) > size else ""
        return pb.ListAgenciesResponse(agencies=await self._told(page[:size]), next_page_token=more)

    async def GetAgency(self, request: pb.GetAgencyRequest, _context: Any) -> pb.GetAgencyResponse:  # noqa: N802
        (agency,) = await self._told([self._within_reach(request.org)])
        return pb.GetAgencyResponse(agency=agency)

    async def _command(self, name: str, request: Message) -> tuple[str, pb.Agency]:
        done = await self._commands.run(name, request)
        told = pb.RegisterAgencyResponse.FromString(done.answer)
        return told.event_id, self._as_of_today(told.agency)

    async def _follow(self, agency: pb.Agency) -> None:
        """Topics and rights as the registry has them now; `agency` says whether they are."""
        _note(agency, await asyncio.to_thread(self._provisioner.follow, agency.org))

    async def _credentials(self, agency: pb.Agency) -> pb.Credentials | None:
        """New ones, if Kafka wants any and can be reached; `agency` says whether it follows the registry."""
        provided: Provided = await asyncio.to_thread(self._provisioner.renew, agency.org)
        _note(agency, None if provided.problem == "no_credentials_here" else provided.problem)
        return _credentials(agency.org, provided.password) if provided.password else None

    def _reach(self) -> list[Organisation]:
        """The offices within the caller's territory; an administrator, whose work is the machinery, sees all.

        Raises `Forbidden` for who is no supervising office.
        """
        caller = current_caller()
        if caller.role is Role.ADMINISTRATOR:
            return list(self._organisations)
        one = self._organisations.get(caller.org)
        if one is None or one.kind != OrgKind.SUPERVISOR:
            raise Forbidden("supervising_office_only")
        return [self._organisations[org] for org in self._organisations.answered_for_by(one.id)]

    def _within_reach(self, org: str) -> Organisation:
        for one in self._reach():
            if one.id == org:
                return one
        raise NotFound("agency_not_found", field="org")

    async def _told(self, offices: Sequence[Organisation]) -> list[pb.Agency]:
        rows = await self._reads.all(_ROWS, ([one.id for one in offices],))
        told = (
            of_row(*row[:6]) if row[0] is not None else of_reference(one, *row[6:])
            for one, row in zip(offices, rows, strict=True)
        )
        return [self._as_of_today(one) for one in told]

    def _as_of_today(self, told: pb.Agency) -> pb.Agency:
        return as_of(local_day(self._clock.now()), told, self._organisations.areas)


def _asked_for(one: Organisation, request: pb.ListAgenciesRequest) -> bool:
    state = "suspended" if one.suspended else "active"
    return request.kind in ("", one.kind) and request.state in ("", state)


def _no_password(problem: str) -> Refusal:
    if problem == "kafka_away":
        return Unavailable(problem)
    if problem == "agency_suspended":
        return Refusal(problem, state=State.SUSPENDED, moves=MOVES[State.SUSPENDED])
    return Refusal(problem)


def _note(agency: pb.Agency, problem: str | None) -> None:
    agency.provisioned, agency.provisioning_problem = problem is None, problem or ""


def _credentials(org: str, password: str) -> pb.Credentials:
    return pb.Credentials(
        username=on_kafka.user(org),
        password=password,
        mechanism=on_kafka.MECHANISM,
        events_topic=on_kafka.events_topic(org),
        receipts_topic=on_kafka.receipts_topic(org),
        group_prefix=on_kafka.group_prefix(org),
    )
