"""The life of a case: moved, closed, opened again; and one posted correction of what was recorded wrongly."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, ValidationError, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError

from contracts.base import Payload, Title
from contracts.events.common import EventVoided, FreeText
from contracts.fields import CommuneCode, EventId, EventSource, Number, OrgId
from contracts.vocabulary import CloseReason, ReopenReason, VoidReason


class ClientMovedPosted(Payload):
    """`notified_on`: the day on which the commune that the client leaves was told. `to_org`: who takes the
    client up there; where it is left out, the social worker's organisation of that commune."""

    TYPE: ClassVar[str] = "org.reftrack.client-moved.v1"
    TITLE: ClassVar[Title] = Title("Chuyển nơi cư trú", "Client moved")

    to_commune: Annotated[CommuneCode, Title("Đến xã, phường", "To commune")]
    notified_on: Annotated[date, Title("Ngày báo", "Notified on")]
    to_org: Annotated[OrgId | None, Title("Nơi tiếp nhận", "Taken up by")] = None


class ClientMoved(ClientMovedPosted):
    """The number is for who takes the client up; `due_at`: by when that has to be acknowledged (24 hours).

    `notice_due_at`: by when the commune that the client left had to be told, by the law in force on the day
    of the move; `notified_late`: whether it was told later, at whatever hour of `notified_on`. Both are none
    where that law asked for no notice.
    """

    number: Annotated[Number | None, Title("Số giấy giới thiệu", "Introduction number")] = None
    due_at: Annotated[AwareDatetime | None, Title("Hạn xác nhận", "Acknowledgement due")] = None
    notice_due_at: Annotated[AwareDatetime | None, Title("Hạn báo chuyển đi", "Notice due")] = None
    notified_late: Annotated[bool | None, Title("Báo muộn", "Notified late")] = None


class MoveAcknowledgedPosted(Payload):
    """The commune that receives somebody who moved has taken notice; about: the number it was sent."""

    TYPE: ClassVar[str] = "org.reftrack.move-acknowledged.v1"
    TITLE: ClassVar[Title] = Title("Xác nhận người chuyển đến", "Move acknowledged")

    note: FreeText = None


class MoveAcknowledged(MoveAcknowledgedPosted):
    """`move`: the event of which notice was taken."""

    move: Annotated[EventId | None, Title("Lần chuyển nơi cư trú", "Move")] = None


def _read(said: object, read: ValidatorFunctionWrapHandler, ours: StrEnum, code: str) -> object:
    """A code that people may give: not `ours`, which is refused with that code, and not offered either."""
    try:
        given = read(said)
    except ValidationError:
        offered = ", ".join(f"'{one}'" for one in type(ours) if one is not ours)
        raise PydanticCustomError("enum", "not in the list", {"expected": offered}) from None
    if given is ours:
        raise ValueError(code)
    return given


class CaseClosedPosted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.case-closed.v1"
    TITLE: ClassVar[Title] = Title("Đóng hồ sơ", "Case closed")

    reason: Annotated[CloseReason, Title("Lý do", "Reason")]
    note: FreeText = None

    @field_validator("reason", mode="wrap")
    @classmethod
    def _merging_is_ours(cls, said: object, read: ValidatorFunctionWrapHandler) -> object:
        ours = CloseReason.MERGED
        return _read(said, read, ours, "closed_by_merging_only") if cls is CaseClosedPosted else read(said)


class CaseClosed(CaseClosedPosted):
    """`into_case`: the case in which the same person goes on, where this one was closed by merging."""

    into_case: Annotated[UUID | None, Title("Gộp vào hồ sơ", "Merged into case")] = None


class CaseReopenedPosted(Payload):
    TYPE: ClassVar[str] = "org.reftrack.case-reopened.v1"
    TITLE: ClassVar[Title] = Title("Mở lại hồ sơ", "Case reopened")

    reason: Annotated[ReopenReason, Title("Lý do", "Reason")]
    note: FreeText = None

    @field_validator("reason", mode="wrap")
    @classmethod
    def _unmerging_is_ours(cls, said: object, read: ValidatorFunctionWrapHandler) -> object:
        ours = ReopenReason.UNMERGED
        return (
            _read(said, read, ours, "reopened_by_unmerging_only") if cls is CaseReopenedPosted else read(said)
        )


class CaseReopened(CaseReopenedPosted):
    """Recorded as posted, or by unmerging."""


class EventVoidedPosted(Payload):
    """An agency's own event was wrong; who answers for the area may void others' by `source`."""

    TYPE: ClassVar[str] = EventVoided.TYPE
    TITLE: ClassVar[Title] = EventVoided.TITLE

    event_id: Annotated[EventId, Title("Sự kiện bị hủy", "Event voided")]
    reason: Annotated[VoidReason, Title("Lý do", "Reason")]
    source: Annotated[EventSource | None, Title("Nguồn", "Source")] = None
    note: FreeText = None
