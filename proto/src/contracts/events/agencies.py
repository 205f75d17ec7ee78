"""The registry of offices, as intake records it: who takes part, where, and what each may post.

An office's contact is the office's own: its switchboard, its mailbox. Names and numbers of the people who
work there have no place here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, model_validator

from contracts.base import Contract, Payload, Title
from contracts.fields import PATTERNS, CommuneCode, OrgId, Phone, ShortText
from contracts.vocabulary import OrgKind, Service, SuspendReason

Office = Annotated[OrgId, Title("Mã cơ quan", "Office")]

EventName = Annotated[str, StringConstraints(pattern=PATTERNS["event_name"], max_length=60)]
"""An event that agencies post, as policy packs name it: `client-contacted`."""

Mailbox = Annotated[str, StringConstraints(pattern=PATTERNS["mailbox"], max_length=190)]

DecisionNumber = Annotated[
    str | None,
    StringConstraints(pattern=PATTERNS["decision_number"], max_length=60),
    Title("Số quyết định", "Decision number"),
]
"""Number of the paper by which an authority decided (`128/QĐ-UBND`), never a text."""


class OfficeContact(Contract):
    """How the office as such is reached."""

    phone: Annotated[Phone | None, Title("Điện thoại cơ quan", "Office telephone")] = None
    email: Annotated[Mailbox | None, Title("Hộp thư cơ quan", "Office mailbox")] = None
    address: Annotated[ShortText | None, Title("Địa chỉ cơ quan", "Office address")] = None


class AgencyDescription(Payload):
    """All that the registry says of an office, whole in each event: whoever reads one needs no other.

    Of `commune`, `district` and `province` exactly one names the unit that the office answers for; `unit_on`
    is the day whose map the code is of. What became of the unit later is the territory's to say.
    """

    org: Office
    kind: Annotated[OrgKind, Title("Loại cơ quan", "Kind of office")]
    name_vi: Annotated[ShortText, Title("Tên tiếng Việt", "Name in Vietnamese")]
    name_en: Annotated[ShortText, Title("Tên tiếng Anh", "Name in English")]
    commune: Annotated[CommuneCode | None, Title("Xã, phường", "Commune")] = None
    district: Annotated[CommuneCode | None, Title("Quận, huyện", "District")] = None
    province: Annotated[CommuneCode | None, Title("Tỉnh, thành phố", "Province")] = None
    unit_on: Annotated[date, Title("Mã đơn vị theo ngày", "Unit as of")]
    services: Annotated[tuple[Service, ...], Field(max_length=30), Title("Dịch vụ cung cấp", "Services")] = ()
    may_post: Annotated[
        tuple[EventName, ...] | None,
        Field(max_length=100),
        Title("Chỉ được gửi các sự kiện", "May post only"),
    ] = None
    """Narrows what its kind may post; none: all that its kind may."""
    contact: Annotated[OfficeContact, Title("Liên hệ", "Contact")] = OfficeContact()
    sealed_only: Annotated[bool, Title("Chỉ nhận nhân thân đã niêm phong", "Sealed identity only")] = False
    since: Annotated[date | None, Title("Hoạt động từ ngày", "In force from")] = None
    until: Annotated[date | None, Title("Hoạt động đến ngày", "In force until")] = None

    @model_validator(mode="after")
    def _answers_for_one_unit(self) -> AgencyDescription:
        if sum(unit is not None for unit in (self.commune, self.district, self.province)) != 1:
            raise ValueError("one_territory")
        if self.since and self.until and self.until < self.since:
            raise ValueError("ends_before_it_begins")
        return self


class AgencyRegistered(AgencyDescription):
    """An office takes part from here on. `of_reference_data`: it had done so before, by the reference data,
    and its first change of any kind takes it over into the registry."""

    TYPE: ClassVar[str] = "org.reftrack.agency-registered.v1"
    TITLE: ClassVar[Title] = Title("Đăng ký cơ quan", "Agency registered")

    of_reference_data: Annotated[bool, Title("Từ dữ liệu tham chiếu", "Of the reference data")] = False


class AgencyChanged(AgencyDescription):
    """The registry says something else of an office: all of it as it is now, and which fields differ."""

    TYPE: ClassVar[str] = "org.reftrack.agency-changed.v1"
    TITLE: ClassVar[Title] = Title("Thay đổi cơ quan", "Agency changed")

    changed: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=PATTERNS["field_name"], max_length=40)], ...],
        Field(min_length=1, max_length=20),
        Title("Trường thay đổi", "Fields changed"),
    ]


class AgencySuspended(Payload):
    """Nothing that the office posts or commands counts until it is reinstated."""

    TYPE: ClassVar[str] = "org.reftrack.agency-suspended.v1"
    TITLE: ClassVar[Title] = Title("Đình chỉ cơ quan", "Agency suspended")

    org: Office
    reason: Annotated[SuspendReason, Title("Lý do", "Reason")]
    decision: DecisionNumber = None


class AgencyReinstated(Payload):
    """The office takes part again."""

    TYPE: ClassVar[str] = "org.reftrack.agency-reinstated.v1"
    TITLE: ClassVar[Title] = Title("Khôi phục cơ quan", "Agency reinstated")

    org: Office
    decision: DecisionNumber = None


REGISTRY: frozenset[str] = frozenset(
    event.TYPE for event in (AgencyRegistered, AgencyChanged, AgencySuspended, AgencyReinstated)
)
"""Types of events that tell of an office, not of a case: their subject is the office's own stream."""
