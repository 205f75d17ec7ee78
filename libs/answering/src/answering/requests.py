"""Operators' requests over gRPC: into the payload an agency would have posted, and back into an outcome."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from chassis.ids import NotANumber, parse_number
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import Forbidden, InvalidInput, Stale, Violation
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.fields import PATTERNS
from contracts.posted import EARLIEST
from contracts.problems import problems_of
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import ValidationError
from pydantic_core import to_json
from reference import Organisation, Policy, Reference
from reference.days import local_day, local_time, start_of
from reference.rights import Rights, event_name
from reftrack.common.v1.command_pb2 import Act, Outcome

from answering.aggregate import Answering
from answering.posting import Posting
from answering.whom import Telling

TOLERANCE = timedelta(minutes=5)
"""How far a caller's clock may run ahead of ours."""

P = TypeVar("P", bound=Payload)
_PRINTABLE = re.compile(PATTERNS["printable"])


def payload_of(request: Message, model: type[P], renamed: Mapping[str, str] | None = None) -> P:
    """The payload that a request's fields say; `renamed`: field of the payload → field of the request.

    An empty field counts as not given. Raises `InvalidInput`, which names each field of the request.
    """
    renamed = renamed or {}
    kind: Any = type(request)
    given = _given(request, _fields(kind, model, tuple(renamed.items())))
    try:
        return model.model_validate_json(to_json(given))
    except ValidationError as error:
        raise InvalidInput(
            Violation(_field(problem.field, renamed), problem.code, problem.detail)
            for problem in problems_of(error)
        ) from None


def envelope(command: Command, act: Act, whom: Telling, *, policy: Policy, now: datetime) -> Meta:
    """The envelope of what a command causes, and of whom that tells: when, as `act` says (now if it says
    nothing), and who calls.

    Raises `InvalidInput` for a time in the future or a day that is none.
    """
    occurred_at, by_day = time_of(act, now)
    if occurred_at > now + TOLERANCE:
        field = "act.on" if by_day else "act.at"
        raise InvalidInput([Violation(field, "time_in_future", {"now": local_time(now)})])
    org, _, actor = command.caller.partition("/")
    return Meta(
        subject=whom.subject,
        client=whom.client,
        occurred_at=occurred_at,
        precision="day" if by_day else "instant",
        received_at=now,
        actor=actor,
        org=org,
        legal_basis=_legal_basis(act),
        policy_version=policy.on(local_day(occurred_at)).version,
        correlation_id=command.correlation_id,
    )


def caller_of(command: Command, reference: Reference, type_name: str, now: datetime) -> Organisation:
    """The organisation for which a command is given. Raises `Forbidden` if it may not report this of the day
    on which it happened: by its kind, by the registry, or because it is suspended."""
    organisation = reference.organisations.get(org_of(command))
    if organisation is None:
        raise Forbidden("agency_unknown")
    at, _ = time_of(command.message.act, now)  # type: ignore[attr-defined]
    denied = _rights(reference.policy).why_not(organisation, event_name(type_name), local_day(at))
    if denied is not None:
        raise Forbidden(denied.code, detail=dict(denied.detail))
    return organisation


def org_of(command: Command) -> str:
    """The id of the organisation for which a command is given."""
    return command.caller.partition("/")[0]


@lru_cache(maxsize=16)
def _rights(policy: Policy) -> Rights:
    return Rights(policy)


def number_of(text: str, prefix: str, field: str) -> str:
    """A number as people type it, in its one form. Raises `InvalidInput`."""
    try:
        return parse_number(text, {prefix})
    except NotANumber as error:
        raise InvalidInput([Violation(field, error.reason)]) from None


@lru_cache(maxsize=4096)
def uuid_of(text: str) -> UUID:
    """An id as text; a batch asks for each several times. Raises `ValueError`."""
    return UUID(text)


def case_of(text: str, field: str = "case_id") -> UUID:
    """The id of a case. Raises `InvalidInput`."""
    try:
        return uuid_of(text)
    except ValueError:
        raise InvalidInput([Violation(field, "wrong_type", {"expected": "uuid"})]) from None


def expect_version(request: Message, aggregate: Answering, org: str, kind: str) -> None:
    """Raises `Stale` (ABORTED) if the request expected another version; it tells what changed as far as that
    organisation may know it."""
    if not request.HasField("expected_version"):
        return
    expected: int = request.expected_version  # type: ignore[attr-defined]
    if expected != aggregate.version_for(org, kind):
        raise VersionChanged(aggregate, expected, org, kind)


class VersionChanged(Stale):
    """Somebody else was faster: names the version and state now and what happened since the one expected."""

    def __init__(self, aggregate: Answering, expected: int, org: str, kind: str) -> None:
        state, moves = aggregate.standing_for(org, kind)
        since = aggregate.happened_since(expected, org, kind)
        version = aggregate.version_for(org, kind)
        super().__init__(expected, version, since, state=state or None, moves=moves)


def obey(aggregate: Answering, posting: Posting, policy: Policy, request: Message) -> None:
    """Carry out a command. Raises `Refusal`; `Forbidden` where the move is another organisation's."""
    expect_version(request, aggregate, posting.meta.org, posting.org_kind)
    try:
        aggregate.command(posting, policy)
    except Refusal as refusal:
        if refusal.code == "not_your_move":
            raise Forbidden(refusal.code, detail=refusal.detail) from None
        raise


def outcome_of(aggregate: Answering, org: str, kind: str, number: str = "") -> Outcome:
    """What a command of that organisation led to, as far as it may know it; the position in the log is not
    known before the commit."""
    state, moves = aggregate.standing_for(org, kind)
    return Outcome(
        event_id=aggregate.name_for(org, kind),
        state=state,
        moves=moves,
        version=aggregate.version_for(org, kind),
        number=number,
    )


class _Field(NamedTuple):
    """A field of a payload that a request has too: under which name, and what it can say there."""

    name: str
    asked: str
    has_presence: bool
    is_repeated: bool
    is_required: bool


@lru_cache(maxsize=256)
def _fields(
    request: type[Message], model: type[Payload], renamed: tuple[tuple[str, str], ...]
) -> tuple[_Field, ...]:
    there, names = request.DESCRIPTOR.fields_by_name, dict(renamed)
    return tuple(
        _Field(name, asked.name, asked.has_presence, asked.is_repeated, field.is_required())
        for name, field in model.model_fields.items()
        if (asked := there.get(names.get(name, name))) is not None
    )


def _given(request: Message, fields: Iterable[_Field]) -> dict[str, Any]:
    """What stands in these fields. An empty text is never given; a zero is, where the payload cannot be
    without the field."""
    given: dict[str, Any] = {}
    for name, asked, has_presence, is_repeated, is_required in fields:
        if has_presence and not request.HasField(asked):
            continue
        value = getattr(request, asked)
        if isinstance(value, Timestamp):
            value = _as_text(value)
        elif is_repeated:
            value = list(value)
        if value or (is_required and value != ""):
            given[name] = value
    return given


def _as_text(at: Timestamp) -> str:
    """RFC 3339; what is no time at all stays no time, for the payload to say so."""
    try:
        return at.ToJsonString()
    except ValueError:
        return "?"


def _field(pointer: str | None, renamed: Mapping[str, str]) -> str:
    name, *rest = (pointer or "").strip("/").split("/")
    return ".".join([renamed.get(name, name), *rest])


def time_of(act: Act, now: datetime) -> tuple[datetime, bool]:
    """When it happened, as `act` says (now if it says nothing), and whether only the day is known. Raises
    `InvalidInput`."""
    if act.on:
        return start_of(_day(act.on)), True
    if not act.HasField("at"):
        return now, False
    try:
        at = act.at.ToDatetime(now.tzinfo)
    except (ValueError, OverflowError):
        raise InvalidInput([Violation("act.at", "wrong_type", {"expected": "datetime"})]) from None
    if at < start_of(EARLIEST):
        raise _too_early("act.at")
    return at, False


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput([Violation("act.on", "wrong_type", {"expected": "date"})]) from None
    if day < EARLIEST:
        raise _too_early("act.on")
    return day


def _too_early(field: str) -> InvalidInput:
    return InvalidInput([Violation(field, "time_too_early", {"earliest": EARLIEST.isoformat()})])


def _legal_basis(act: Act) -> str | None:
    basis = act.legal_basis
    if not basis:
        return None
    if len(basis) > 200:
        raise InvalidInput([Violation("act.legal_basis", "too_long", {"max_length": "200"})])
    if not _PRINTABLE.match(basis):
        raise InvalidInput([Violation("act.legal_basis", "not_of_form", {"form": "printable"})])
    return basis
