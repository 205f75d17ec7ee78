"""Who supervises an area keeps the registry of its offices: commands become events and rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from chassis import ids
from chassis.aggregate import event_id
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import Forbidden, InvalidInput, NotFound, Stale, Violation
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.agencies import AgencyReinstated, AgencySuspended
from contracts.problems import problems_of
from contracts.vocabulary import OrgKind
from directory.learning import row_of
from directory.table import AGENCIES
from pydantic import ValidationError
from pydantic_core import to_json
from reference import Organisation, Policy, Territory
from reference.areas import Seat
from reference.days import local_day
from reference.organisations import HeldOrganisations
from reftrack.intake.v1 import agencies_pb2 as pb

from intake.agencies.agency import MOVES, Agency
from intake.agencies.messages import described
from intake.agencies.requests import changed, registered, taken_over
from intake.application.envelope import commanded

REGISTER, CHANGE, SUSPEND, REINSTATE = (
    *("register_agency", "change_agency", "suspend_agency", "reinstate_agency"),
)
COMMANDS = frozenset({REGISTER, CHANGE, SUSPEND, REINSTATE})
_OF_THE_PROVINCE = frozenset({OrgKind.SUPERVISOR, OrgKind.AUDITOR})


class AgencyDesk:
    """Decides commands about offices by the directory as of the batch."""

    def __init__(
        self, ids_key: bytes, organisations: HeldOrganisations, policy: Policy, now: Callable[[], Territory]
    ) -> None:
        self._ids_key = ids_key
        self._organisations = organisations
        self._policy = policy
        self._territory = now

    def load(self, uow: UnitOfWork, commands: Iterable[Command]) -> None:
        """Read the offices that commands name."""
        uow.load(Agency, [self._stream(one.message.org) for one in commands])  # type: ignore[attr-defined]

    def decide(self, uow: UnitOfWork, command: Command) -> bytes:
        """Carry out one; the answer is the office after it and its last event, as a `RegisterAgencyResponse`
        has them, whatever the command. Raises `Refusal`."""
        caller = self._supervisor(command, local_day(uow.now))
        request: Any = command.message
        if command.name == REGISTER:
            agency, begun = self._register(uow, command, request, caller), 0
        else:
            agency, begun = self._known(uow, command, request.org, caller)
            _expect_version(request, agency, begun)
            self._change(uow, command, agency, request, caller)
        self._learn(uow, agency, begun)
        last = f"{agency.id}:{agency.version}"
        return pb.RegisterAgencyResponse(agency=described(agency), event_id=last).SerializeToString()

    def _supervisor(self, command: Command, today: date) -> Organisation:
        """The supervising office that commands, in force and not suspended itself."""
        caller = self._organisations.get(command.caller.partition("/")[0])
        if caller is None or caller.kind != OrgKind.SUPERVISOR or not caller.holds(today):
            raise Forbidden("supervising_office_only")
        if caller.suspended:
            raise Forbidden("agency_suspended")
        return caller

    def _register(
        self, uow: UnitOfWork, command: Command, request: pb.RegisterAgencyRequest, caller: Organisation
    ) -> Agency:
        stream = self._stream(request.org)
        if request.org in self._organisations or uow.get(Agency, stream) is not None:
            raise Refusal("agency_exists", field="org")
        data = registered(request, local_day(uow.now), self._territory(), self._policy)
        self._check_reach(caller, Seat(data.commune or data.district or data.province, data.unit_on))
        if data.kind in _OF_THE_PROVINCE and (caller.commune or caller.district):
            raise Forbidden("kind_needs_the_province", field="kind")
        return uow.add(Agency.register(stream, data, self._meta(uow, command, stream)))

    def _known(self, uow: UnitOfWork, command: Command, org: str, caller: Organisation) -> tuple[Agency, int]:
        """The office, and how many of its events were there before; one of the reference data is taken over
        into the registry with the command that first changes it."""
        placed, stream = self._organisations.get(org), self._stream(org)
        if placed is None or not self._organisations.areas.covers(caller.seat, placed.seat):
            raise NotFound("agency_not_found", field="org")
        agency = uow.get(Agency, stream)
        if agency is not None:
            return agency, agency.version
        data = taken_over(placed)
        return uow.add(Agency.register(stream, data, self._meta(uow, command, stream))), 0

    def _change(
        self, uow: UnitOfWork, command: Command, agency: Agency, request: Any, caller: Organisation
    ) -> None:
        meta = self._meta(uow, command, agency.id)
        if command.name == SUSPEND:
            agency.suspend(_told(AgencySuspended, org=request.org, **_reasoned(request)), meta)
        elif command.name == REINSTATE:
            agency.reinstate(_told(AgencyReinstated, org=request.org, **_reasoned(request)), meta)
        else:
            fresh = changed(*(request, agency.described, local_day(uow.now), self._territory(), self._policy))
            self._check_reach(caller, Seat(fresh.commune or fresh.district or fresh.province, fresh.unit_on))
            agency.change(fresh, meta)

    def _check_reach(self, caller: Organisation, seat: Seat) -> None:
        if not self._organisations.areas.covers(caller.seat, seat):
            raise Forbidden("agency_outside_your_territory")

    def _learn(self, uow: UnitOfWork, agency: Agency, begun: int) -> None:
        """The table of this service is written with the events that it tells of."""
        for happened in agency.pending_events:
            if happened.originator_version > begun:
                row = row_of(happened.data, event_id(happened), happened.meta.occurred_at)  # type: ignore[attr-defined]
                uow.commit.extra.append(TableWrite(AGENCIES, row))

    def _stream(self, org: str) -> UUID:
        return ids.derive(self._ids_key, "agency", org)

    def _meta(self, uow: UnitOfWork, command: Command, stream: UUID) -> Meta:
        return commanded(command, stream, self._policy, uow.now)


class ChangedMeanwhile(Stale):
    """Somebody else was faster: names the version and state now and what happened since the one expected."""

    def __init__(self, agency: Agency, expected: int) -> None:
        super().__init__(
            expected,
            agency.version,
            agency.happened[max(expected, 0) :],
            state=str(agency.state),
            moves=MOVES[agency.state],
            code="agency_changed_meanwhile",
        )


def _expect_version(request: Any, agency: Agency, begun: int) -> None:
    """An office that only the reference data name is of version 0: what is taken over now, nobody saw."""
    if request.HasField("expected_version") and request.expected_version != begun:
        raise ChangedMeanwhile(agency, request.expected_version)


def _reasoned(request: Any) -> dict[str, str]:
    given = {name: getattr(request, name, "") for name in ("reason", "decision")}
    return {name: value for name, value in given.items() if value}


def _told(model: type[Any], **said: str) -> Any:
    try:
        return model.model_validate_json(to_json(said))
    except ValidationError as error:
        raise InvalidInput(
            Violation((one.field or "").strip("/"), one.code, one.detail) for one in problems_of(error)
        ) from None
