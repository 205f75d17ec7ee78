"""Intake's log as an owner reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from secrets import token_hex
from typing import Any

from chassis.items import Command, Item, Record
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import NotRecorded, Recorded, UnknownType
from contracts.events.intake import AgencyEventRouted
from contracts.registry import POSTABLE
from contracts.vocabulary import Owner

TOPIC = "intake.events.v1"
Told = Recorded[Payload] | Exception


class Understanding:
    """What is understood of each item of a batch, once. An exception: why a record cannot be read, for
    `decide` to raise. `renew`: called where a batch begins."""

    def __init__(self, renew: Callable[[], None] = lambda: None) -> None:
        self._renew = renew
        self._batch: UnitOfWork | None = None
        self._told: dict[int, tuple[Item, Told]] = {}
        self._causes: dict[int, str] = {}

    def begin(self, uow: UnitOfWork) -> None:
        """Forget the batch before, unless it is the same."""
        if uow is not self._batch:
            self._batch, self._told, self._causes = uow, {}, {}
            self._renew()

    def cause(self, command: Command) -> str:
        """What a command's own ids and numbers are derived from: the same request id, the same number
        again."""
        if command.request_id:
            return f"{command.caller} {command.request_id}"
        return self._causes.setdefault(id(command), token_hex(16))

    def of(self, record: Record) -> Told:
        """What intake recorded, or why it cannot be read."""
        known = self._told.get(id(record))
        if known is None:
            known = self._told[id(record)] = (record, _read(record))
        return known[1]

    def records(self, items: Sequence[Item]) -> list[Recorded[Payload]]:
        """What could be read of a batch."""
        told = [self.of(item) for item in items if isinstance(item, Record)]
        return [one for one in told if isinstance(one, Recorded)]


def routed_to(owner: Owner, recorded: Recorded[Payload]) -> Recorded[AgencyEventRouted] | None:
    """The event as a routed one, if that service decides about it."""
    data: Any = recorded.data
    if not isinstance(data, AgencyEventRouted):
        return None
    postable = POSTABLE.get(data.type)
    return recorded if postable is not None and postable.owner is owner else None  # type: ignore[return-value]


def case_of_record(record: Record) -> str:
    """The case that a record of a service's log belongs to: its key."""
    return (record.key or b"").decode("utf-8", "replace")


def commands_of(items: Sequence[Item]) -> list[Command]:
    """The commands of a batch."""
    return [item for item in items if isinstance(item, Command)]


def _read(record: Record) -> Told:
    try:
        return Recorded.parse(record.value or b"")
    except (NotRecorded, UnknownType) as error:
        return error
