"""Commands that take back what another command recorded. What an agency posted is taken back in intake."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from chassis.aggregate import Voiding, event_id
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import NotFound
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import handle_of, is_handle
from contracts.events.cases import EventVoidedPosted
from contracts.vocabulary import OrgKind
from reference import Reference
from reference.days import local_day

from answering.aggregate import Answering, Logged
from answering.requests import caller_of, envelope, expect_version, payload_of
from answering.voiding import Taking

VOID = "VoidEvent"
"""The gRPC method, and so the name of the command."""

VOIDS_FOR_OTHERS = frozenset({OrgKind.SUPERVISOR, OrgKind.DISTRICT_SOCIAL})
"""Who may void what another office of its area recorded (`domain.md`: corrections)."""

A = TypeVar("A", bound=Answering)


class Answerable(Protocol):
    """The directory, as far as it is asked who answers for whom."""

    def answers_for(self, org: str, other: str, /) -> bool:
        """Whether `org` is `other`, or answers for the area in which `other` works."""
        ...


def may_void(organisations: Answerable, org: str, kind: str, maker: str) -> bool:
    """Whether an organisation of that kind may void what `maker` recorded."""
    return org == maker or (kind in VOIDS_FOR_OTHERS and organisations.answers_for(org, maker))


def stream_named(command: Command) -> UUID | None:
    """The stream of the event that a command voids; none where it names no such event."""
    stream, _, version = command.message.event_id.partition(":")  # type: ignore[attr-defined]
    with suppress(ValueError):
        return UUID(stream) if version[:1] == "~" or version.isdecimal() else None
    return None


class Wrong(NamedTuple, Generic[A]):
    """What a command says was recorded wrongly: one event of an aggregate, and how it is taken back; of which
    kind the organisation is that says so."""

    of: A
    event: Logged
    taking: Taking
    kind: str


def recorded_wrongly(
    uow: UnitOfWork,
    command: Command,
    kind: type[A],
    reference: Reference,
    lend: Callable[[UnitOfWork, A], None] = lambda _uow, _found: None,
) -> Wrong[A]:
    """The event of an aggregate of that kind which a command voids; doing it is the caller's. `lend`: what it
    is lent to know who may know it. By its place an event is found for whom all of it is known: all others
    name their own by handles, or they could count what lies between.

    Raises `NotFound` for what is not there, or is not this office's to void; `Refusal`, `Forbidden`,
    `InvalidInput` or `Stale` for all else.
    """
    request: Any = command.message
    said = payload_of(request, EventVoidedPosted)
    caller = caller_of(command, reference, said.TYPE, uow.now)
    stream = stream_named(command)
    found = uow.get(kind, stream) if stream is not None else None
    events: list[Any] = uow.events(found) if found is not None else []
    happened = next((one for one in events if said.event_id in _names(one)), None)
    offices = reference.organisations
    if found is None or happened is None or not may_void(offices, caller.id, caller.kind, happened.meta.org):
        raise NotFound("event_not_found", field="event_id")
    found.takes_part = offices.taking_part(local_day(uow.now))
    lend(uow, found)
    knows_all = found.is_known_to(caller.id, caller.kind)
    if not is_handle(said.event_id) and not knows_all:
        raise NotFound("event_not_found", field="event_id")
    _check(found, happened, caller.kind, knows_all=knows_all)
    expect_version(request, found, caller.id, caller.kind)
    meta = envelope(command, request.act, happened.meta, policy=reference.policy, now=uow.now)
    taking = Taking(meta, said.reason, replaced=False, note=said.note)
    return Wrong(found, Logged.of(happened), taking, caller.kind)


def _names(happened: Any) -> tuple[str, str]:
    """The id of a recorded event, and its handle."""
    recorded_id = event_id(happened)
    return recorded_id, handle_of(recorded_id, happened.meta, happened.data)


def _check(aggregate: Answering, happened: Any, kind: str, *, knows_all: bool) -> None:
    """Raises `Refusal` for what was voided, what voids, what opens a stream, and what an agency posted. Which
    event of intake that is learns only who may know all of it: ids of events count what is left out."""
    if happened.originator_version in aggregate.voided:
        raise Refusal("already_voided")
    if isinstance(happened, Voiding):
        raise Refusal("void_of_a_void")
    if happened.data.TYPE in aggregate.OPENING:
        raise Refusal("event_not_voidable")
    if (posted := happened.meta.causation_id) is not None and knows_all and kind in VOIDS_FOR_OTHERS:
        raise Refusal("void_what_was_posted_as", detail={"event": posted})
    if posted is not None:
        raise Refusal("void_what_was_posted")
