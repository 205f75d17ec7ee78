"""What referral records: from sent to closed loop. The posted form is the same, save for our number."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field, model_validator

from contracts.base import Contract, Label, Payload, SensitiveByValue, Title
from contracts.events.common import FreeText, TellsOfCare, TellsOfHealth
from contracts.fields import EventId, Number, OrgId, ShortText
from contracts.vocabulary import (
    SERVICE_LABELS,
    ConsentEnd,
    FailReason,
    HoldReason,
    MissedReason,
    Progress,
    PurposeOfUse,
    RejectReason,
    Service,
    ServiceOutcome,
)


class ReferralRequestedPosted(Payload):
    """A sender asks a provider's queue to give one service to the client; the receipt brings the number.

    `note_labels`: what the note tells; left out, a note may tell anything of health, and the client must have
    agreed to all of it.
    """

    TYPE: ClassVar[str] = "org.reftrack.referral-requested.v1"
    TITLE: ClassVar[Title] = Title("Chuyển gửi", "Referral requested")

    service: Annotated[Service, SensitiveByValue(SERVICE_LABELS), Title("Dịch vụ", "Service")]
    provider: Annotated[TellsOfCare[OrgId], Title("Cơ sở cung cấp", "Provider")]
    plan_item: Annotated[
        TellsOfCare[Annotated[int, Field(ge=1, le=21)] | None],
        Title("Mục trong kế hoạch, từ 1", "Item of the plan, from 1"),
    ] = None
    note: FreeText = None
    note_labels: Annotated[
        TellsOfCare[tuple[Label, ...] | None],
        Field(max_length=9),
        Title("Loại dữ liệu trong ghi chú", "Data labels of the note"),
    ] = None


class Shared(Contract):
    """What a referral shared, as it was on that day: for what purpose, with which labels, until which day at
    the latest; of the item of the plan what the ground covered."""

    purpose: Annotated[PurposeOfUse, Title("Mục đích", "Purpose")]
    labels: Annotated[
        TellsOfCare[tuple[Label, ...]], Field(max_length=9), Title("Loại dữ liệu", "Data labels")
    ] = ()
    until: Annotated[TellsOfCare[date | None], Title("Được phép đến ngày", "Covered until")] = None
    plan_service: Annotated[
        Service | None,
        SensitiveByValue(SERVICE_LABELS),
        Title("Dịch vụ trong kế hoạch", "Service of the plan"),
    ] = None
    goal: Annotated[TellsOfHealth[ShortText | None], Title("Mục tiêu", "Goal")] = None
    due_on: Annotated[TellsOfCare[date | None], Title("Thời hạn", "Due on")] = None


class ReferralRequested(ReferralRequestedPosted):
    """It rests on the consent `consent_id`, or on the law that the envelope names as `legal_basis`."""

    number: Annotated[Number, Title("Số chuyển gửi", "Referral number")]
    consent_id: Annotated[EventId | None, Title("Sự kiện đồng ý", "Consent event")] = None
    shared: Annotated[Shared | None, Title("Nội dung đã chia sẻ", "What was shared")] = None


class ReferralCancelled(Payload):
    """Stopped before the provider had it: the consent on which it rests holds no more."""

    TYPE: ClassVar[str] = "org.reftrack.referral-cancelled.v1"
    TITLE: ClassVar[Title] = Title("Hủy chuyển gửi", "Referral cancelled")

    reason: Annotated[ConsentEnd, Title("Lý do", "Reason")]
    consent: Annotated[EventId | None, Title("Sự kiện đồng ý", "Consent event")] = None


class ConsentLapsed(Payload):
    """The referral has gone out, and the consent on which it rests holds no more: what was shared on it is
    withheld from now on. The service may go on."""

    TYPE: ClassVar[str] = "org.reftrack.consent-lapsed.v1"
    TITLE: ClassVar[Title] = Title("Đồng ý không còn hiệu lực", "Consent lapsed")

    reason: Annotated[ConsentEnd, Title("Lý do", "Reason")]
    consent: Annotated[EventId | None, Title("Sự kiện đồng ý", "Consent event")] = None


class ReferralReceived(Payload):
    TYPE: ClassVar[str] = "org.reftrack.referral-received.v1"
    TITLE: ClassVar[Title] = Title("Đã nhận chuyển gửi", "Referral received")

    note: FreeText = None


class ReferralAccepted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.referral-accepted.v1"
    TITLE: ClassVar[Title] = Title("Chấp nhận chuyển gửi", "Referral accepted")

    note: FreeText = None


class AppointmentScheduled(Payload):
    TYPE: ClassVar[str] = "org.reftrack.appointment-scheduled.v1"
    TITLE: ClassVar[Title] = Title("Hẹn lịch", "Appointment scheduled")

    appointment_at: Annotated[AwareDatetime, Title("Thời gian hẹn", "Appointment at")]
    place: Annotated[ShortText | None, Title("Địa điểm", "Place")] = None
    note: FreeText = None


class AppointmentMissed(Payload):
    TYPE: ClassVar[str] = "org.reftrack.appointment-missed.v1"
    TITLE: ClassVar[Title] = Title("Lỡ hẹn", "Appointment missed")

    reason: Annotated[MissedReason, Title("Lý do", "Reason")] = MissedReason.UNKNOWN
    note: FreeText = None


class ServiceStarted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.service-started.v1"
    TITLE: ClassVar[Title] = Title("Bắt đầu dịch vụ", "Service started")

    note: FreeText = None


class InterimReported(Payload):
    TYPE: ClassVar[str] = "org.reftrack.interim-reported.v1"
    TITLE: ClassVar[Title] = Title("Báo cáo giữa kỳ", "Interim reported")

    progress: Annotated[Progress, Title("Tiến triển", "Progress")]
    note: FreeText = None


class ServiceHeld(Payload):
    TYPE: ClassVar[str] = "org.reftrack.service-held.v1"
    TITLE: ClassVar[Title] = Title("Tạm dừng dịch vụ", "Service held")

    reason: Annotated[HoldReason, Title("Lý do", "Reason")]
    until: Annotated[date | None, Title("Đến ngày", "Until")] = None
    note: FreeText = None


class ServiceResumed(Payload):
    TYPE: ClassVar[str] = "org.reftrack.service-resumed.v1"
    TITLE: ClassVar[Title] = Title("Tiếp tục dịch vụ", "Service resumed")

    note: FreeText = None


class ServiceCompleted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.service-completed.v1"
    TITLE: ClassVar[Title] = Title("Hoàn thành dịch vụ", "Service completed")

    outcome: Annotated[ServiceOutcome, Title("Kết quả", "Outcome")]
    note: FreeText = None


class ServiceFailed(Payload):
    TYPE: ClassVar[str] = "org.reftrack.service-failed.v1"
    TITLE: ClassVar[Title] = Title("Dịch vụ không thành", "Service failed")

    reason: Annotated[FailReason, Title("Lý do", "Reason")]
    note: FreeText = None


class LoopClosed(Payload):
    """The sender confirms that it knows the outcome."""

    TYPE: ClassVar[str] = "org.reftrack.loop-closed.v1"
    TITLE: ClassVar[Title] = Title("Xác nhận kết quả chuyển gửi", "Loop closed")

    note: FreeText = None


class ReferralRejected(Payload):
    TYPE: ClassVar[str] = "org.reftrack.referral-rejected.v1"
    TITLE: ClassVar[Title] = Title("Từ chối chuyển gửi", "Referral rejected")

    reason: Annotated[RejectReason, Title("Lý do", "Reason")]
    note: FreeText = None

    @model_validator(mode="after")
    def _other_is_explained(self) -> ReferralRejected:
        if self.reason is RejectReason.OTHER and self.note is None:
            raise ValueError("other_needs_note")
        return self
