"""The five events of units, as the contracts have them, and what each begins and ends."""

from __future__ import annotations

from contracts.events.territory import (
    UNIT_EVENTS,
    Dated,
    Kind,
    Level,
    OrgUnit,
    OrgUnitAbolished,
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
    OtherCode,
    TerritoryEvent,
)
from contracts.events.territory import UnitCode as Code
from contracts.events.territory import UnitEvent as Event
from contracts.events.territory import UnitName as Name

EVENTS: tuple[type[TerritoryEvent], ...] = UNIT_EVENTS

__all__ = [
    "EVENTS",
    "Code",
    "Dated",
    "Event",
    "Kind",
    "Level",
    "Name",
    "OrgUnit",
    "OrgUnitAbolished",
    "OrgUnitCreated",
    "OrgUnitRenamed",
    "OrgUnitSplit",
    "OrgUnitsMerged",
    "OtherCode",
    "TerritoryEvent",
    "begun_by",
    "ended_by",
]


def ended_by(event: Event) -> tuple[str, ...]:
    """The codes, as of the day before, of the units that the event ends."""
    match event:
        case OrgUnitsMerged():
            return event.units
        case OrgUnitRenamed() | OrgUnitSplit() | OrgUnitAbolished():
            return (event.code,)
        case OrgUnitCreated():
            return ()


def begun_by(event: Event) -> OrgUnit | None:
    """The unit that the event begins, or none."""
    match event:
        case OrgUnitsMerged():
            return event.into
        case OrgUnitCreated() | OrgUnitRenamed():
            return event.unit
        case OrgUnitSplit() | OrgUnitAbolished():
            return None
