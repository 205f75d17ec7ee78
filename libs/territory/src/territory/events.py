"""What happens to administrative units: five events, each effective from the start of a day.

In every event a code on the side of what was (`code`, `units`) is the one that led on the day before, and a
code on the side of what comes (`into`, `unit.code`) the one that leads from that day on. One code may
therefore stand on both sides and mean two units: the new ward 00118 took the code of one of the old wards
that it was made of.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Code = Annotated[str, Field(pattern=r"^([0-9]{2}|[0-9]{3}|[0-9]{5})$")]
Level = Literal["province", "district", "commune"]
Kind = Literal[
    "province", "central_city",
    "urban_district", "rural_district", "town", "city",
    "ward", "commune", "township", "special_zone",
]  # fmt: skip
Dated = Literal["on", "by"]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class Payload(BaseModel):
    """Frozen and strict, with no field beyond those named: what `contracts` asks of a payload."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Name(Payload):
    """The whole name, level word included. English is derived (`territory.names`) where custom has no own
    word.
    """

    vi: Text
    en: Text


class OtherCode(Payload):
    """A code that a list which does not lead gives the same unit."""

    code: Code
    list: Text


class OrgUnit(Payload):
    """An administrative unit as it is from a day on. Only a province has no parent."""

    code: Code
    name: Name
    level: Level
    kind: Kind
    parent: Code | None = None
    also: tuple[OtherCode, ...] = ()


class TerritoryEvent(Payload):
    """What each of the five has: the first day it holds, and who says so."""

    TYPE: ClassVar[str]
    effective: date
    source: Text


class OrgUnitCreated(TerritoryEvent):
    """A unit begins, out of nothing that has an event of its own, or out of parts of units divided that day.

    `dated` "by": some list has the unit on that day, and none says since when; it may be much older.
    """

    TYPE: ClassVar[str] = "org.reftrack.org-unit-created.v1"
    dated: Dated = "on"
    unit: OrgUnit


class OrgUnitRenamed(TerritoryEvent):
    """A unit goes on whole under another name, code, kind, level or parent: nothing joins it, nothing
    leaves it.
    """

    TYPE: ClassVar[str] = "org.reftrack.org-unit-renamed.v1"
    code: Code
    unit: OrgUnit


class OrgUnitsMerged(TerritoryEvent):
    """Whole units become one. A single one where all else that it grew by are parts of units divided that
    day.
    """

    TYPE: ClassVar[str] = "org.reftrack.org-units-merged.v1"
    units: Annotated[tuple[Code, ...], Field(min_length=1)]
    into: OrgUnit


class OrgUnitSplit(TerritoryEvent):
    """A unit ends and its area goes to several that begin that day; nobody says which share to which."""

    TYPE: ClassVar[str] = "org.reftrack.org-unit-split.v1"
    code: Code
    into: Annotated[tuple[Code, ...], Field(min_length=2)]


class OrgUnitAbolished(TerritoryEvent):
    """A unit ends and nothing follows it: its level is gone, or no source says what became of it."""

    TYPE: ClassVar[str] = "org.reftrack.org-unit-abolished.v1"
    code: Code
    followed_by: Literal["none", "unknown"] = "none"


Event = OrgUnitCreated | OrgUnitRenamed | OrgUnitsMerged | OrgUnitSplit | OrgUnitAbolished
EVENTS: tuple[type[TerritoryEvent], ...] = (
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
    OrgUnitAbolished,
)


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
