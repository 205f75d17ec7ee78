"""Requests of `CaseService` into what an agency would have posted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any
from uuid import UUID

from answering.requests import payload_of
from chassis.items import Command
from chassis.rpc.errors import InvalidInput, Violation
from contracts.base import Payload
from contracts.events import cases as events
from contracts.events.intake import PlanRevised
from contracts.events.screening import ScreeningDeclined, ScreeningReviewed
from contracts.problems import problems_of
from google.protobuf.message import Message
from pydantic import ValidationError
from pydantic_core import to_json
from reftrack.intake.v1 import cases_pb2 as pb

from intake.domain.front_door import source_of

_MODELS: Mapping[type[Message], type[Payload]] = MappingProxyType(
    {
        pb.CloseCaseRequest: events.CaseClosedPosted,
        pb.ReopenCaseRequest: events.CaseReopenedPosted,
        pb.MoveClientRequest: events.ClientMovedPosted,
        pb.AcknowledgeMoveRequest: events.MoveAcknowledgedPosted,
        pb.DeclineScreeningRequest: ScreeningDeclined,
    }
)


def told(request: Message) -> Payload:
    """The payload that a request says. Raises `InvalidInput` with each field that is wrong."""
    if isinstance(request, pb.RevisePlanRequest):
        return _plan(request)
    if isinstance(request, pb.VoidEventRequest):
        if bool(request.event_id) is bool(request.posted_id):
            raise InvalidInput([Violation("event_id", "void_one_of_two")])
        return payload_of(request, events.EventVoidedPosted, {"event_id": _named(request)})
    if isinstance(request, pb.ReviewScreeningRequest):
        return payload_of(request, ScreeningReviewed, {"screening": "event_id"})
    return payload_of(request, _MODELS[type(request)])


def case_of(request: Any) -> UUID | None:
    """The case that a request names; none where it names none, or no id."""
    by_event = isinstance(request, pb.VoidEventRequest | pb.ReviewScreeningRequest)
    with suppress(ValueError):
        return UUID(request.event_id.partition(":")[0] if by_event else request.case_id)
    return None


def voided_by(command: Command) -> tuple[str, str]:
    """Source and id of the agency's event that a command voids; both empty where it names a recorded one."""
    request: Any = command.message
    if request.event_id:
        return "", ""
    return source_of(request.org or command.caller.partition("/")[0]), request.posted_id


def _named(request: pb.VoidEventRequest) -> str:
    return "event_id" if request.event_id else "posted_id"


def _plan(request: pb.RevisePlanRequest) -> PlanRevised:
    items = [
        {"service": item.service, "goal": item.goal or None, "due_on": item.due_on or None}
        for item in request.items
    ]
    said = {"items": items, "note": request.note or None}
    try:
        return PlanRevised.model_validate_json(to_json(said))
    except ValidationError as error:
        raise InvalidInput(
            Violation((one.field or "").strip("/").replace("/", "."), one.code, one.detail)
            for one in problems_of(error)
        ) from None
