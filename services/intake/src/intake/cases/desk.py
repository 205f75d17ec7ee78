"""What people command about cases: the same rules as at the front door, decided at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from answering.requests import envelope, number_of, time_of
from answering.whom import Whom
from chassis.aggregate import event_id
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import Forbidden, NotFound, Stale
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Meta, handle_of, is_handle
from contracts.events import cases as events
from contracts.registry import as_recorded
from contracts.vocabulary import NumberKind
from google.protobuf.message import Message
from reference import Living, Organisation, Policy
from reference.days import local_day
from reference.organisations import Organisations
from reference.rights import Rights, event_name
from reftrack.common.v1.command_pb2 import Act, Outcome
from reftrack.intake.v1 import cases_pb2 as pb

from intake.application import keys, people
from intake.application.envelope import commanded
from intake.application.matching import NotKnownYet, concerned_with
from intake.application.moves import Moves
from intake.application.originals import load_originals
from intake.application.recording import Recording
from intake.application.screenings import note_review
from intake.application.seeing import own_of, sees_the_case, told_as_seen
from intake.application.telling import stands, take
from intake.application.voiding import check_no_later_case
from intake.cases.conflicts import screenings_within_reach
from intake.cases.requests import case_of, told, voided_by
from intake.domain.addressees import check_addressee
from intake.domain.case import Case
from intake.domain.communes import read_communes

CASES = pb.DESCRIPTOR.services_by_name["CaseService"]
QUERIES = frozenset({"ListScreeningConflicts", "ListDeadlines"})
COMMANDS = frozenset(method.name for method in CASES.methods) - QUERIES
"""Names of the commands: the methods' own."""

_GT = keys.PREFIX[NumberKind.INTRODUCTION]
_FIELDS = {"ce_time": "act.at", "/about/introduction": "number", "/corrects": "event_id"}


class _Order(NamedTuple):
    """A command on its way: who gives it, in which case, when it happened; the `number` of a move that it
    answers."""

    command: Command
    request: Any
    office: Organisation
    case: Case
    meta: Meta
    number: str | None = None


class CaseDesk:
    """Decides the commands of `CaseService`. Whoever has nothing to do with a case does not find it."""

    def __init__(
        self, recording: Recording, moves: Moves, policy: Policy, offices: Organisations, country: Living
    ) -> None:
        self._recording = recording
        self._moves = moves
        self._policy = policy
        self._offices = offices
        self._country = country
        self._rights = Rights(policy)

    def load(self, uow: UnitOfWork, commands: Iterable[Command]) -> None:
        """Read in bulk what commands name."""
        requests: list[Any] = [command.message for command in commands]
        cases = {one for request in requests if (one := case_of(request)) is not None}
        if not requests:
            return
        uow.load(Case, cases)
        load_originals(
            uow, [voided_by(one) for one in commands if isinstance(one.message, pb.VoidEventRequest)]
        )
        uow.load_claims(keys.ADDRESSED, map(keys.as_text, cases))
        uow.load_waits(map(keys.until_case, cases))

    def decide(self, uow: UnitOfWork, command: Command) -> bytes:
        """The bytes of the method's response. Raises `Refusal` before anything has changed."""
        try:
            if isinstance(command.message, pb.VoidEventRequest):
                return self._void(uow, command, command.message).SerializeToString()
            if isinstance(command.message, pb.ReviewScreeningRequest):
                return self._review(uow, command, command.message).SerializeToString()
            return self._command(uow, command).SerializeToString()
        except NotKnownYet as unknown:
            raise NotFound(unknown.refusal.code, field="posted_id") from None
        except Refusal as refusal:
            refusal.field = _field(refusal.field)
            raise

    def _command(self, uow: UnitOfWork, command: Command) -> Message:
        request: Any = command.message
        data = told(request)
        office = self._office(command, type(data), uow)
        case, client = self._reached(uow, office, case_of(request))
        self._expect(uow, case, request, office)
        if (number := _number_in(request)) is not None and number in case.introductions:
            client = case.introductions[number]  # who answers tells of who moved
        meta = self._meta(command, request.act, Whom(case.id, case.another(client)), uow)
        order = _Order(command, request, office, case, meta, number)
        check_addressee(data, self._offices)
        read_communes(data, self._country.now, local_day(meta.occurred_at))
        with told_as_seen(case, _viewer(uow, office), self._offices):
            given = self._take(uow, order, data)
        people.note_client(uow, case, meta)
        uow.wake(keys.until_case(case.id))
        return self._response(uow, order, given)

    def _take(self, uow: UnitOfWork, order: _Order, data: Payload) -> str | None:
        case, meta = order.case, order.meta
        if isinstance(data, events.ClientMovedPosted):
            given = self._recording.number_of("move", str(case.id), str(case.version + 1))
            return self._moves.moved(uow, case, data, given, meta)
        if isinstance(data, events.MoveAcknowledgedPosted):
            self._moves.acknowledged(uow, case, data, order.number, meta)
        elif isinstance(data, events.CaseReopenedPosted):
            check_no_later_case(uow, case)
            case.reopen(as_recorded(data), meta)  # type: ignore[arg-type]
        else:
            take(uow, case, as_recorded(data), meta)
        return None

    def _void(self, uow: UnitOfWork, command: Command, request: pb.VoidEventRequest) -> pb.VoidEventResponse:
        data: Any = told(request)
        office = self._office(command, events.EventVoidedPosted, uow)
        self._check_named(uow, office, request)
        voiding = self._recording.voiding
        found = voiding.find(uow, office.id, office.kind, request.event_id or voided_by(command))
        self._expect(uow, found.case, request, office)
        meta = self._meta(command, request.act, Whom(found.case.id), uow)
        with told_as_seen(found.case, _viewer(uow, office), self._offices):
            voided = voiding.carry_out(uow, found, data.reason, data.note, meta)
        uow.wake(keys.until_case(found.case.id))
        return pb.VoidEventResponse(
            outcome=self._outcome(uow, found.case, office),
            case_id=str(found.case.id),
            routed=voided.routed_id is not None,
        )

    def _check_named(self, uow: UnitOfWork, office: Organisation, request: pb.VoidEventRequest) -> None:
        """By its place an event is found for who sees the case: all others name their own by handles, or they
        could count what lies between."""
        case_id = case_of(request) if request.event_id and not is_handle(request.event_id) else None
        case = uow.get(Case, case_id) if case_id is not None else None
        if case is not None and not sees_the_case(case, _viewer(uow, office), self._offices):
            raise NotFound("event_not_found", field="event_id")

    def _review(
        self, uow: UnitOfWork, command: Command, request: pb.ReviewScreeningRequest
    ) -> pb.ReviewScreeningResponse:
        data: Any = told(request)
        office = self._offices.get(command.caller.partition("/")[0])
        theirs = screenings_within_reach(self._offices, office)
        case = uow.get(Case, case_id) if (case_id := case_of(request)) is not None else None
        if office is None or case is None or case.screenings.differing.get(request.event_id) not in theirs:
            raise NotFound("screening_conflict_unknown", field="event_id")
        self._expect(uow, case, request, office)
        meta = commanded(command, case.id, self._policy, uow.now)
        whose = {"client": case.screenings.client_of(data.screening)}
        with told_as_seen(case, office, self._offices):
            case.review(data, meta.model_copy(update=whose))
        note_review(uow, data.screening, event_id(case.pending_events[-1]))
        return pb.ReviewScreeningResponse(outcome=self._outcome(uow, case, office))

    def _office(self, command: Command, model: type[Payload], uow: UnitOfWork) -> Organisation:
        """The office that commands, which may report this of the day on which it happened."""
        office = self._offices.get(command.caller.partition("/")[0])
        if office is None:
            raise Forbidden("agency_unknown")
        at, _ = time_of(command.message.act, uow.now)  # type: ignore[attr-defined]
        denied = self._rights.why_not(office, event_name(model.TYPE), local_day(at))
        if denied is not None:
            raise Forbidden(denied.code, detail=dict(denied.detail))
        return office

    def _reached(self, uow: UnitOfWork, office: Organisation, case_id: UUID | None) -> tuple[Case, UUID]:
        """The case, and of whom the office tells in it: the case's own client, unless it has to do with
        another alone who is the same person now. It knows that one, and what it tells gives rights, so these
        stay with that one when the two are found to be two again."""
        case = uow.get(Case, case_id) if case_id is not None else None
        theirs = concerned_with(uow, case, office.id, self._offices) if case is not None else frozenset()
        if case is None or not theirs:
            raise NotFound("case_unknown", field="case_id")
        return case, case.client_id if case.client_id in theirs else min(theirs)

    def _meta(self, command: Command, act: Act, whom: Whom, uow: UnitOfWork) -> Meta:
        meta = envelope(command, act, whom, policy=self._policy, now=uow.now)
        return meta.model_copy(update={"entered_by": meta.actor})

    def _expect(self, uow: UnitOfWork, case: Case, request: Any, office: Organisation) -> None:
        """Raises `Stale` (ABORTED) that tells what changed, as far as the office may know it, if the request
        expected another version."""
        if not request.HasField("expected_version"):
            return
        expected = int(request.expected_version)
        sees = sees_the_case(case, _viewer(uow, office), self._offices)
        known = uow.events(case) if sees else own_of(uow.events(case), office.id)
        if expected == (case.version if sees else len(known)):
            return
        happened = [event_name(one.data.TYPE) for one in known[expected:]]
        if sees:
            raise Stale(expected, case.version, happened, **stands(uow, case)._asdict())
        raise Stale(expected, len(known), happened)

    def _outcome(self, uow: UnitOfWork, case: Case, office: Organisation, number: str = "") -> Outcome:
        recorded_id = f"{case.id}:{case.version}"
        if sees_the_case(case, _viewer(uow, office), self._offices):
            shown = stands(uow, case)
            return Outcome(
                event_id=recorded_id,
                state=shown.state,
                moves=shown.moves,
                version=case.version,
                number=number,
            )
        last: Any = case.pending_events[-1]
        handle = handle_of(recorded_id, last.meta, last.data)
        return Outcome(event_id=handle, version=len(own_of(uow.events(case), office.id)), number=number)

    def _response(self, uow: UnitOfWork, order: _Order, number: str | None) -> Message:
        outcome = self._outcome(uow, order.case, order.office, number or "")
        if isinstance(order.request, pb.MoveClientRequest):
            move = order.case.moves[-1]
            told = pb.MoveClientResponse(outcome=outcome, to_org=move.to_org or "")
            if move.due_at is not None:
                told.due_at.FromDatetime(move.due_at)
            return told
        response: type[Any] = getattr(pb, f"{order.command.name}Response")
        message: Message = response(outcome=outcome)
        return message


def _number_in(request: Any) -> str | None:
    """The number of the move that is answered, if it is named. Raises `InvalidInput`."""
    given = request.number if isinstance(request, pb.AcknowledgeMoveRequest) else ""
    return number_of(given, _GT, "number") if given else None


def _viewer(uow: UnitOfWork, office: Organisation) -> Organisation | None:
    """The office that may see cases: one that takes part today. Whose life has ended may report what happened
    in it, and is told of its own doing alone."""
    return office if office.holds(local_day(uow.now)) else None


def _field(field: str | None) -> str | None:
    """The field of the request that a rule of the front door names; none where no field is meant."""
    if field is None or field in ("ce_type", "ce_source"):
        return None
    return _FIELDS.get(field, field.removeprefix("/data/"))
