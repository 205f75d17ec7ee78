"""What happens to administrative units: five events, each effective from the start of a day.

In every event a code on the side of what was (`code`, `units`) is the one that led on the day before, and a
code on the side of what comes (`into`, `unit.code`) the one that leads from that day on. One code may
therefore stand on both sides and mean two units: the new ward 00118 took the code of one of the old wards
that it was made of. `territory.fold` makes the territory of them; rules in docs/territory.md.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field

from contracts.base import Contract, Payload, Title
from contracts.fields import PATTERNS, ShortText

STREAM: UUID = uuid5(NAMESPACE_URL, "https://reftrack.org/territory")
"""The one stream of all events of units, on intake's log: in one partition, in the order of loading."""

UnitCode = Annotated[str, Field(pattern=PATTERNS["unit_code"])]
Level = Literal["province", "district", "commune"]
Kind = Literal[
    "province", "central_city",
    "urban_district", "rural_district", "town", "city",
    "ward", "commune", "township", "special_zone",
]  # fmt: skip
Dated = Literal["on", "by"]

_Code = Title("Mã đơn vị", "Unit")
_Into = Title("Thành", "Into")


class UnitName(Contract):
    """The whole name, level word included. English is derived (`territory.names`) where custom has no own
    word.
    """

    vi: Annotated[ShortText, Title("Tiếng Việt", "Vietnamese")]
    en: Annotated[ShortText, Title("Tiếng Anh", "English")]


class OtherCode(Contract):
    """A code that a list which does not lead gives the same unit."""

    code: Annotated[UnitCode, Title("Mã", "Code")]
    list: Annotated[ShortText, Title("Danh mục", "List")]


class OrgUnit(Contract):
    """An administrative unit as it is from a day on. Only a province has no parent."""

    code: Annotated[UnitCode, Title("Mã", "Code")]
    name: Annotated[UnitName, Title("Tên", "Name")]
    level: Annotated[Level, Title("Cấp", "Level")]
    kind: Annotated[Kind, Title("Loại", "Kind")]
    parent: Annotated[UnitCode | None, Title("Thuộc", "Within")] = None
    also: Annotated[tuple[OtherCode, ...], Title("Mã ở danh mục khác", "Codes of other lists")] = ()


class TerritoryOpened(Payload):
    """The record of the territory begins; `leading`: the list whose codes lead."""

    TYPE: ClassVar[str] = "org.reftrack.territory-opened.v1"
    TITLE: ClassVar[Title] = Title("Mở sổ địa giới", "Territory opened")

    leading: Annotated[ShortText, Title("Danh mục chính", "Leading list")]


class TerritoryEvent(Payload):
    """What each of the five has: the first day it holds, and who says so."""

    effective: Annotated[date, Title("Hiệu lực từ", "Effective from")]
    source: Annotated[ShortText, Title("Nguồn", "Source")]


class OrgUnitCreated(TerritoryEvent):
    """A unit begins, out of nothing that has an event of its own, or out of parts of units divided that day.

    `dated` "by": some list has the unit on that day, and none says since when; it may be much older.
    """

    TYPE: ClassVar[str] = "org.reftrack.org-unit-created.v1"
    TITLE: ClassVar[Title] = Title("Thành lập đơn vị hành chính", "Unit created")

    dated: Annotated[Dated, Title("Ngày chính xác hay muộn nhất", "Dated on or by")] = "on"
    unit: Annotated[OrgUnit, Title("Đơn vị", "Unit")]


class OrgUnitRenamed(TerritoryEvent):
    """A unit goes on whole under another name, code, kind, level or parent: nothing joins it, nothing
    leaves it.
    """

    TYPE: ClassVar[str] = "org.reftrack.org-unit-renamed.v1"
    TITLE: ClassVar[Title] = Title("Đổi tên, chuyển cấp đơn vị hành chính", "Unit renamed")

    code: Annotated[UnitCode, _Code]
    unit: Annotated[OrgUnit, Title("Đơn vị", "Unit")]


class OrgUnitsMerged(TerritoryEvent):
    """Whole units become one. A single one where all else that it grew by are parts of units divided that
    day.
    """

    TYPE: ClassVar[str] = "org.reftrack.org-units-merged.v1"
    TITLE: ClassVar[Title] = Title("Nhập đơn vị hành chính", "Units merged")

    units: Annotated[tuple[UnitCode, ...], Field(min_length=1), Title("Các đơn vị", "Units")]
    into: Annotated[OrgUnit, _Into]


class OrgUnitSplit(TerritoryEvent):
    """A unit ends and its area goes to several that begin that day; nobody says which share to which."""

    TYPE: ClassVar[str] = "org.reftrack.org-unit-split.v1"
    TITLE: ClassVar[Title] = Title("Chia đơn vị hành chính", "Unit split")

    code: Annotated[UnitCode, _Code]
    into: Annotated[tuple[UnitCode, ...], Field(min_length=2), _Into]


class OrgUnitAbolished(TerritoryEvent):
    """A unit ends and nothing follows it: its level is gone, or no source says what became of it."""

    TYPE: ClassVar[str] = "org.reftrack.org-unit-abolished.v1"
    TITLE: ClassVar[Title] = Title("Giải thể đơn vị hành chính", "Unit abolished")

    code: Annotated[UnitCode, _Code]
    followed_by: Annotated[Literal["none", "unknown"], Title("Kế thừa", "Followed by")] = "none"


UnitEvent = OrgUnitCreated | OrgUnitRenamed | OrgUnitsMerged | OrgUnitSplit | OrgUnitAbolished
UNIT_EVENTS: tuple[type[TerritoryEvent], ...] = (
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
    OrgUnitAbolished,
)
