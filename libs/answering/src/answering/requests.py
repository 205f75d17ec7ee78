"""Operators' requests over gRPC: into the payload an agency would have posted, and back into an outcome."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
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

TOLERANCE = timedelta(minutes=5)
"""How far a caller's clock may run ahead of ours."""

P = TypeVar("P", bound=Payload)
_PRINTABLE = re.compile(PATTERNS["printable"])


def payload_of(request: Message, model: type[P], renamed: Mapping[str, str] | None = None) -> P:
    """The payload that a request's fields say; `renamed`: field of the payload → field of the request.

    An empty field counts as not given. Raises `InvalidInput`, which names each field of the request.
    """
    renamed = renamed or {}
    said = {name: _said(request, renamed.get(name, name)) for name in model.model_fields}
    given = {name: value for name, value in said.items() if _is_given(value, model, name)}
    try:
        return model.model_validate_json(to_json(given))
    except ValidationError as error:
        raise InvalidInput(
            Violation(_field(problem.field, renamed), problem.code, problem.detail)
            for problem in problems_of(error)
        ) from None


def envelope(command: Command, act: Act, *, subject: UUID, policy: Policy, now: datetime) -> Meta:
    """The envelope of what a command causes: when, as `act` says (now if it says nothing), and who calls.

    Raises `InvalidInput` for a time in the future or a day that is none.
    """
    occurred_at, by_day = time_of(act, now)
    if occurred_at > now + TOLERANCE:
        field = "act.on" if by_day else "act.at"
        raise InvalidInput([Violation(field, "time_in_future", {"now": local_time(now)})])
    org, _, actor = command.caller.partition("/")
    return Meta(
        subject=subject,
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
    organisation = reference.organisations.get(command.caller.partition("/")[0])
    if organisation is None:
        raise Forbidden("agency_unknown")
    at, _ = time_of(command.message.act, now)  # type: ignore[attr-defined]
    denied = _rights(reference.policy).why_not(organisation, event_name(type_name), local_day(at))
    if denied is not None:
        raise Forbidden(denied.code, detail=dict(denied.detail))
    return organisation


@lru_cache(maxsize=16)
def _rights(policy: Policy) -> Rights:
    return Rights(policy)


def number_of(text: str, prefix: str, field: str) -> str:
    """A number as people type it, in its one form. Raises `InvalidInput`."""
    try:
        return parse_number(text, {prefix})
    except NotANumber as error:
        raise InvalidInput([Violation(field, error.reason)]) from None


def case_of(text: str, field: str = "case_id") -> UUID:
    """The id of a case. Raises `InvalidInput`."""
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput([Violation(field, "wrong_type", {"expected": "uuid"})]) from None


def expect_version(request: Message, aggregate: Answering) -> None:
    """Raises `Stale` (ABORTED) that tells what changed, if the request expected another version."""
    if not request.HasField("expected_version"):
        return
    expected: int = request.expected_version  # type: ignore[attr-defined]
    if expected != aggregate.version:
        raise VersionChanged(aggregate, expected)


class VersionChanged(Stale):
    """Somebody else was faster: names the version and state now and what happened since the one expected."""

    def __init__(self, aggregate: Answering, expected: int) -> None:
        super().__init__(
            expected,
            aggregate.version,
            aggregate.happened[max(expected, 0) :],
            state=aggregate.state_met(),
            moves=aggregate.moves_allowed(),
        )


def obey(aggregate: Answering, posting: Posting, policy: Policy, request: Message) -> None:
    """Carry out a command. Raises `Refusal`; `Forbidden` where the move is another organisation's."""
    expect_version(request, aggregate)
    try:
        aggregate.command(posting, policy)
    except Refusal as refusal:
        if refusal.code == "not_your_move":
            raise Forbidden(refusal.code, detail=refusal.detail) from None
        raise


def outcome_of(aggregate: Answering, number: str = "") -> Outcome:
    """What a command led to; the position in the log is not known before the commit."""
    return Outcome(
        event_id=f"{aggregate.id}:{aggregate.version}",
        state=aggregate.state_met(),
        moves=aggregate.moves_allowed(),
        version=aggregate.version,
        number=number,
    )


def _said(request: Message, name: str) -> Any:
    """What stands in a field of a request; None for a field that it does not have or a message not set."""
    field = request.DESCRIPTOR.fields_by_name.get(name)
    if field is None or (field.has_presence and not request.HasField(name)):
        return None
    value = getattr(request, name)
    if isinstance(value, Timestamp):
        return _as_text(value)
    return list(value) if field.is_repeated else value


def _as_text(at: Timestamp) -> str:
    """RFC 3339; what is no time at all stays no time, for the payload to say so."""
    try:
        return at.ToJsonString()
    except ValueError:
        return "?"


def _is_given(value: Any, model: type[Payload], name: str) -> bool:
    """An empty text is never given; a zero is, where the payload cannot be without the field."""
    return value is not None and value != "" and (bool(value) or model.model_fields[name].is_required())


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
    if len(act.legal_basis) > 200:
        raise InvalidInput([Violation("act.legal_basis", "too_long", {"max_length": "200"})])
    if not _PRINTABLE.match(act.legal_basis):
        raise InvalidInput([Violation("act.legal_basis", "not_of_form", {"form": "printable"})])
    return act.legal_basis or None
