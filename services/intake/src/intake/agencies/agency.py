"""One office of the registry: registered once, changed, suspended, reinstated."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from chassis.aggregate import Aggregate, event
from chassis.refusal import Refusal
from contracts.envelope import Meta
from contracts.events.agencies import (
    AgencyChanged,
    AgencyDescription,
    AgencyRegistered,
    AgencyReinstated,
    AgencySuspended,
)
from contracts.vocabulary import SuspendReason


class State(StrEnum):
    """Whether the office takes part."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


MOVES = {State.ACTIVE: ("change", "suspend"), State.SUSPENDED: ("change", "reinstate")}

KEPT = frozenset({"changed", "of_reference_data", "unit_on"})
"""Fields of a description that are not themselves what the registry says of an office."""


class Agency(Aggregate):
    """The kind of an office never changes: another kind of office is another office."""

    class Created(Aggregate.Created):
        data: AgencyRegistered

    class Changed(Aggregate.Event):
        data: AgencyChanged

    class Suspended(Aggregate.Event):
        data: AgencySuspended

    class Reinstated(Aggregate.Event):
        data: AgencyReinstated

    @event(Created)
    def __init__(self, data: AgencyRegistered, meta: Meta) -> None:
        self.described: AgencyDescription = data
        self.suspended: SuspendReason | None = None
        self.changed_at = meta.received_at
        self.happened: tuple[str, ...] = ("agency-registered",)

    @classmethod
    def register(cls, agency_id: UUID, data: AgencyRegistered, meta: Meta) -> Agency:
        """A new office; that there is none of that id yet is for who asks the directory."""
        return cls._create(cls.Created, id=agency_id, data=data, meta=meta)

    @property
    def state(self) -> State:
        """What its moves depend on."""
        return State.SUSPENDED if self.suspended else State.ACTIVE

    def change(self, fresh: AgencyDescription, meta: Meta) -> None:
        """Say something else of the office. Raises `Refusal` where nothing would change."""
        changed = differing(self.described, fresh)
        if not changed:
            raise Refusal("nothing_changed")
        fields = {name: value for name, value in fresh if name not in ("changed", "of_reference_data")}
        self._changed(data=AgencyChanged(**fields, changed=changed), meta=meta)

    def suspend(self, data: AgencySuspended, meta: Meta) -> None:
        """From here on nothing that it posts or commands counts."""
        if self.suspended:
            raise self._refused("agency_suspended_already")
        self._suspended(data=data, meta=meta)

    def reinstate(self, data: AgencyReinstated, meta: Meta) -> None:
        """It takes part again."""
        if not self.suspended:
            raise self._refused("agency_not_suspended")
        self._reinstated(data=data, meta=meta)

    @event(Changed)
    def _changed(self, data: AgencyChanged, meta: Meta) -> None:
        self.described = data
        self._note(", ".join(f"agency-changed.{field}" for field in data.changed), meta)

    @event(Suspended)
    def _suspended(self, data: AgencySuspended, meta: Meta) -> None:
        self.suspended = data.reason
        self._note("agency-suspended", meta)

    @event(Reinstated)
    def _reinstated(self, data: AgencyReinstated, meta: Meta) -> None:  # noqa: ARG002
        self.suspended = None
        self._note("agency-reinstated", meta)

    def _note(self, what: str, meta: Meta) -> None:
        """What happened, as the catalogue names events and their fields (`agency-changed.name_en`)."""
        self.happened = (*self.happened, what)
        self.changed_at = meta.received_at

    def _refused(self, code: str) -> Refusal:
        return Refusal(code, state=str(self.state), moves=MOVES[self.state])


def differing(before: AgencyDescription, after: AgencyDescription) -> tuple[str, ...]:
    """The names of the fields in which two descriptions of an office differ."""
    named = (name for name in AgencyDescription.model_fields if name not in KEPT)
    return tuple(name for name in named if getattr(before, name) != getattr(after, name))
