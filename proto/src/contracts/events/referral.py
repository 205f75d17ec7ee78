"""What referral records: from sent to closed loop. The posted form is the same, save for our number."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field, model_validator

from contracts.base import Payload, SensitiveByValue, Title
from contracts.events.common import FreeText, TellsOfCare
from contracts.fields import EventId, Number, OrgId, ShortText
from contracts.vocabulary import (
    SERVICE_LABELS,
    FailReason,
    HoldReason,
    MissedReason,
    Progress,
    RejectReason,
    Service,
    ServiceOutcome,
)


class ReferralRequestedPosted(Payload):
    """A sender asks a provider's queue to give one service to the client; the receipt brings the number."""

    TYPE: ClassVar[str] = "org.reftrack.referral-requested.v1"
    TITLE: ClassVar[Title] = Title("Chuyển gửi", "Referral requested")

    service: Annotated[Service, SensitiveByValue(SERVICE_LABELS), Title("Dịch vụ", "Service")]
    provider: Annotated[TellsOfCare[OrgId], Title("Cơ sở cung cấp", "Provider")]
    plan_item: Annotated[
        TellsOfCare[Annotated[int, Field(ge=1, le=21)] | None],
        Title("Mục trong kế hoạch, từ 1", "Item of the plan, from 1"),
    ] = None
    note: FreeText = None


class ReferralRequested(ReferralRequestedPosted):
    number: Annotated[Number, Title("Số chuyển gửi", "Referral number")]
    consent_id: Annotated[EventId | None, Title("Sự kiện đồng ý", "Consent event")] = None


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
