"""What followup records: treatment to reintegration."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.base import Label, Payload, SensitiveByValue, Title
from contracts.events.common import FreeText
from contracts.fields import AmountVnd, CommuneCode, EventId, Number, OrgId, ShortText, WorkerId
from contracts.vocabulary import ConsentEnd, DetoxKind, Evidence, ManagementModel, OrgKind, SupportKind

KIND_LABELS = {kind.value: Label.DRUG for kind in DetoxKind} | {
    DetoxKind.COMPULSORY.value: Label.LEGAL,
    DetoxKind.NO_FIXED_RESIDENCE.value: Label.LEGAL,
}


class FollowupOpened(Payload):
    """The first event of a client's way from treatment to reintegration within one case."""

    TYPE: ClassVar[str] = "org.reftrack.followup-opened.v1"
    TITLE: ClassVar[Title] = Title("Mở theo dõi", "Follow-up opened")

    client_id: Annotated[UUID, Title("Mã khách hàng", "Client")]


class DetoxAdmittedPosted(Payload):
    """A facility takes a person in; the receipt brings the number of the stay."""

    TYPE: ClassVar[str] = "org.reftrack.detox-admitted.v1"
    TITLE: ClassVar[Title] = Title("Tiếp nhận vào cơ sở cai nghiện", "Detox admitted")

    kind: Annotated[DetoxKind, SensitiveByValue(KIND_LABELS), Title("Hình thức cai nghiện", "Kind of detox")]
    planned_until: Annotated[date | None, Title("Dự kiến đến ngày", "Planned until")] = None
    note: FreeText = None


class DetoxAdmitted(DetoxAdmittedPosted):
    facility: Annotated[OrgId, Title("Cơ sở", "Facility")]
    stay_number: Annotated[Number, Title("Số lần ở cơ sở", "Stay number")]


class DetoxCompleted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.detox-completed.v1"
    TITLE: ClassVar[Title] = Title("Hoàn thành cai nghiện", "Detox completed")

    months: Annotated[int, Field(ge=0, le=60), Label.DRUG, Title("Số tháng", "Months")]
    certificate: Annotated[
        ShortText | None, Label.LEGAL, Title("Số giấy chứng nhận", "Certificate number")
    ] = None
    note: FreeText = None


class MethadoneInductedPosted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.methadone-inducted.v1"
    TITLE: ClassVar[Title] = Title("Khởi liều Methadone", "Methadone inducted")

    note: FreeText = None


class MethadoneInducted(MethadoneInductedPosted):
    clinic: Annotated[OrgId, Label.OST, Title("Cơ sở điều trị", "Clinic")]


class HandoverNotified(Payload):
    """A facility tells the home commune that a person comes back."""

    TYPE: ClassVar[str] = "org.reftrack.handover-notified.v1"
    TITLE: ClassVar[Title] = Title("Thông báo bàn giao", "Handover notified")

    to_org: Annotated[OrgId, Title("Nơi nhận bàn giao", "Handed over to")]
    to_commune: Annotated[CommuneCode, Title("Xã, phường", "Commune")]
    due_on: Annotated[date, Title("Ngày bàn giao", "Due on")]
    note: FreeText = None


class HandoverConsentLapsed(Payload):
    """A commune was told of a stay by the client's consent, and that holds no more. `about`: the notice; once
    for each. The handover goes on: a law may ask for it, which the facility names if it tells of it again."""

    TYPE: ClassVar[str] = "org.reftrack.handover-consent-lapsed.v1"
    TITLE: ClassVar[Title] = Title(
        "Đồng ý cho thông báo bàn giao không còn hiệu lực", "Consent to the handover notice lapsed"
    )

    stay: Annotated[Number, Title("Số lần ở cơ sở", "Stay number")]
    facility: Annotated[OrgId, Title("Cơ sở", "Facility")]
    to_org: Annotated[OrgId, Title("Nơi nhận bàn giao", "Handed over to")]
    reason: Annotated[ConsentEnd, Title("Lý do", "Reason")]
    consent: Annotated[EventId | None, Title("Sự kiện đồng ý", "Consent event")] = None
    about: Annotated[EventId, Title("Thông báo bàn giao", "Handover notice")]
    labels: Annotated[
        tuple[Label, ...], Field(max_length=9), Label.LEGAL, Title("Loại dữ liệu", "Data labels")
    ] = ()


class HandoverReceived(Payload):
    TYPE: ClassVar[str] = "org.reftrack.handover-received.v1"
    TITLE: ClassVar[Title] = Title("Nhận bàn giao", "Handover received")

    note: FreeText = None


class ManagementStarted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.management-started.v1"
    TITLE: ClassVar[Title] = Title("Quản lý sau cai", "Management started")

    model: Annotated[ManagementModel, Title("Mô hình", "Model")]
    team: Annotated[OrgId | None, Title("Tổ, đội, câu lạc bộ", "Team")] = None
    until: Annotated[date | None, Title("Đến ngày", "Until")] = None


class SupportProvided(Payload):
    TYPE: ClassVar[str] = "org.reftrack.support-provided.v1"
    TITLE: ClassVar[Title] = Title("Hỗ trợ", "Support provided")

    kind: Annotated[SupportKind, Title("Loại hỗ trợ", "Kind")]
    amount_vnd: Annotated[AmountVnd | None, Title("Số tiền (đồng)", "Amount (VND)")] = None
    note: FreeText = None


class EvaluationDue(Payload):
    """By the clock: a year after management started the evaluation is due, within a window on both sides."""

    TYPE: ClassVar[str] = "org.reftrack.evaluation-due.v1"
    TITLE: ClassVar[Title] = Title("Đến hạn đánh giá sau 1 năm", "Evaluation due")

    due_on: Annotated[date, Title("Đến hạn ngày", "Due on")]
    window_from: Annotated[date, Title("Từ ngày", "From")]
    window_until: Annotated[date, Title("Đến ngày", "Until")]


class ReintegrationEvaluated(Payload):
    TYPE: ClassVar[str] = "org.reftrack.reintegration-evaluated.v1"
    TITLE: ClassVar[Title] = Title("Đánh giá sau 1 năm", "Reintegration evaluated")

    relapsed: Annotated[bool, Label.DRUG, Title("Tái nghiện", "Relapsed")]
    employed: Annotated[bool, Title("Có việc làm", "Employed")]
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1, max_length=6), Title("Căn cứ", "Evidence")]
    checked_by: Annotated[WorkerId, Title("Người kiểm tra", "Checked by")]
    checked_by_kind: Annotated[OrgKind, Title("Thuộc loại cơ quan", "Checker's kind of organisation")]
    note: FreeText = None
