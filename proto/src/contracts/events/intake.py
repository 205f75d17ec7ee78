"""What intake records, from the first contact to the plan, and what agencies post for it.

A class `<Event>Posted` exists where the posted form differs from the recorded one: identity that goes into
the vault and nowhere else, or a number that we give.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field, model_validator

from contracts.base import Contract, Label, Payload, SensitiveByValue, Title
from contracts.events.common import FreeText, RoutedData, TellsOfCare, TellsOfHealth
from contracts.events.sealed import Sealed, Seals, once
from contracts.fields import (
    AgencyRef,
    CommuneCode,
    EventId,
    EventSource,
    EventType,
    IdNumber,
    Minutes,
    Number,
    OrgId,
    Phone,
    ShortText,
)
from contracts.vocabulary import (
    GROUP_LABELS,
    SERVICE_LABELS,
    TOPIC_LABELS,
    Audience,
    Channel,
    ClientGroup,
    CounsellingMode,
    CounsellingTopic,
    NumberKind,
    OrgKind,
    Service,
    Sex,
)

Group = Annotated[ClientGroup, SensitiveByValue(GROUP_LABELS), Title("Nhóm khách hàng", "Client group")]


class CaseOpened(Payload):
    """The first event of a case: one pathway of one client."""

    TYPE: ClassVar[str] = "org.reftrack.case-opened.v1"
    TITLE: ClassVar[Title] = Title("Mở hồ sơ", "Case opened")

    client_id: Annotated[UUID, Title("Mã khách hàng", "Client")]
    client_group: Group


class AgencyReferenceBound(Payload):
    """From here on `agency_ref` of organisation `org` means the client of this case."""

    TYPE: ClassVar[str] = "org.reftrack.agency-reference-bound.v1"
    TITLE: ClassVar[Title] = Title("Gắn mã của cơ quan", "Agency reference bound")

    org: Annotated[OrgId, Title("Cơ quan", "Organisation")]
    agency_ref: Annotated[AgencyRef, Title("Mã của cơ quan", "Agency's reference")]


class ClientContacted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.client-contacted.v1"
    TITLE: ClassVar[Title] = Title("Tiếp cận", "Client contacted")

    channel: Annotated[Channel, Title("Hình thức tiếp cận", "Channel")]
    commune: Annotated[CommuneCode, Title("Xã, phường", "Commune")]
    client_group: Group


class ClientIntroducedPosted(Payload):
    """An agency introduces a person to a social worker's organisation; the receipt brings the number."""

    TYPE: ClassVar[str] = "org.reftrack.client-introduced.v1"
    TITLE: ClassVar[Title] = Title("Giới thiệu tham gia mô hình", "Client introduced")

    to_org: Annotated[OrgId, Title("Nơi tiếp nhận", "Introduced to")]
    instead_of_administrative_file: Annotated[
        bool,
        Label.LEGAL,
        Title("Thay cho lập hồ sơ hành chính", "Instead of an administrative file"),
    ]


class ClientIntroduced(ClientIntroducedPosted):
    number: Annotated[Number, Title("Số giấy giới thiệu", "Introduction number")]


class Identity(Contract):
    """Who a person is. Goes into intake's vault and nowhere else."""

    full_name: Annotated[ShortText, Label.IDENTITY, Title("Họ và tên", "Full name")]
    birth_date: Annotated[date | None, Label.IDENTITY, Title("Ngày sinh", "Birth date")] = None
    id_number: Annotated[
        IdNumber | None,
        Label.IDENTITY,
        Title("Số CMND, CCCD", "ID number"),
    ] = None
    phone: Annotated[
        Phone | None,
        Label.IDENTITY,
        Title("Số điện thoại", "Phone"),
    ] = None
    address: Annotated[ShortText | None, Label.IDENTITY, Title("Địa chỉ", "Address")] = None
    aliases: Annotated[
        tuple[ShortText, ...], Field(max_length=5), Label.IDENTITY, Title("Tên gọi khác", "Also known as")
    ] = ()
    guardian_name: Annotated[
        ShortText | None, Label.IDENTITY, Title("Họ tên người giám hộ", "Guardian's name")
    ] = None
    guardian_phone: Annotated[
        Phone | None, Label.IDENTITY, Title("Số điện thoại người giám hộ", "Guardian's phone")
    ] = None


class ClientRegistered(Payload):
    TYPE: ClassVar[str] = "org.reftrack.client-registered.v1"
    TITLE: ClassVar[Title] = Title("Lập hồ sơ tiếp nhận", "Client registered")

    client_group: Group
    birth_year: Annotated[Annotated[int, Field(ge=1900, le=2100)] | None, Title("Năm sinh", "Birth year")] = (
        None
    )
    sex: Annotated[Sex | None, Title("Giới tính", "Sex")] = None
    residence_commune: Annotated[CommuneCode | None, Title("Nơi cư trú", "Commune of residence")] = None
    no_fixed_residence: Annotated[bool, Title("Không có nơi cư trú ổn định", "No fixed residence")] = False

    @model_validator(mode="after")
    def _lives_somewhere_or_nowhere(self) -> ClientRegistered:
        if (self.residence_commune is None) is not self.no_fixed_residence:
            raise ValueError("residence_or_none")
        return self


class ClientRegisteredPosted(ClientRegistered):
    """The identity in clear, or sealed to intake's public key; `reftrack events post` seals it."""

    identity: Annotated[Identity | None, Label.IDENTITY, Title("Nhân thân", "Identity")] = None
    sealed_identity: Annotated[
        Sealed | None, Seals("identity"), Label.IDENTITY, Title("Nhân thân mã hóa", "Sealed identity")
    ] = None

    @model_validator(mode="after")
    def _identity_once(self) -> ClientRegisteredPosted:
        once(self.identity, self.sealed_identity)
        return self


class CounsellingProvided(Payload):
    """One turn (lượt) of counselling."""

    TYPE: ClassVar[str] = "org.reftrack.counselling-provided.v1"
    TITLE: ClassVar[Title] = Title("Tư vấn", "Counselling provided")

    topic: Annotated[CounsellingTopic, SensitiveByValue(TOPIC_LABELS), Title("Nội dung", "Topic")]
    mode: Annotated[CounsellingMode, Title("Hình thức", "Mode")]
    audience: Annotated[Audience, Title("Người được tư vấn", "Audience")] = Audience.CLIENT
    minutes: Annotated[Minutes | None, Title("Số phút", "Minutes")] = None


class BriefInterventionGiven(Payload):
    TYPE: ClassVar[str] = "org.reftrack.brief-intervention-given.v1"
    TITLE: ClassVar[Title] = Title("Can thiệp ngắn", "Brief intervention given")

    minutes: Annotated[Minutes, Label.DRUG, Title("Số phút", "Minutes")]
    follow_up_on: Annotated[date | None, Label.DRUG, Title("Hẹn theo dõi ngày", "Follow-up on")] = None


class PlanItem(Contract):
    service: Annotated[Service, SensitiveByValue(SERVICE_LABELS), Title("Dịch vụ", "Service")]
    goal: Annotated[TellsOfHealth[ShortText | None], Title("Mục tiêu", "Goal")] = None
    due_on: Annotated[TellsOfCare[date | None], Title("Thời hạn", "Due on")] = None


class PlanAgreed(Payload):
    TYPE: ClassVar[str] = "org.reftrack.plan-agreed.v1"
    TITLE: ClassVar[Title] = Title("Kế hoạch điều trị cá nhân", "Plan agreed")

    items: Annotated[tuple[PlanItem, ...], Field(min_length=1, max_length=21), Title("Mục", "Items")]


class PlanRevised(Payload):
    """The plan as it is from now on: all items, not only those that changed."""

    TYPE: ClassVar[str] = "org.reftrack.plan-revised.v1"
    TITLE: ClassVar[Title] = Title("Điều chỉnh kế hoạch", "Plan revised")

    items: Annotated[tuple[PlanItem, ...], Field(min_length=1, max_length=21), Title("Mục", "Items")]
    note: FreeText = None


class AgencyEventRouted(Payload):
    """An agency's event that referral or followup owns, in its place in the order of the case.

    `data` is the posted payload of `type`, already validated by intake; `number` is what the event was about,
    where it named one. The owner answers with events whose cause is this one.
    """

    TYPE: ClassVar[str] = "org.reftrack.agency-event-routed.v1"
    TITLE: ClassVar[Title] = Title("Chuyển sự kiện của cơ quan", "Agency event routed")

    type: Annotated[EventType, Title("Loại sự kiện", "Event type")]
    event_source: Annotated[EventSource, Title("Nguồn", "Source")]
    event_id: Annotated[EventId, Title("Mã sự kiện", "Event id")]
    posted_by: Annotated[OrgId, Title("Cơ quan gửi", "Posted by")]
    org_kind: Annotated[OrgKind, Title("Loại cơ quan", "Kind of organisation")]
    number: Annotated[Number | None, Title("Số", "Number")] = None
    number_kind: Annotated[NumberKind | None, Title("Loại số", "Kind of number")] = None
    data: RoutedData
    replaces: Annotated[EventId | None, Title("Thay cho sự kiện", "In the place of")] = None
    """The routed event, voided just before, in whose place this one stands."""
