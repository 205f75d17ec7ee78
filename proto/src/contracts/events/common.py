"""What an owner answers to a routed event that it did not carry out; its cause is the routed event."""

from __future__ import annotations

from typing import Annotated, ClassVar, TypeVar

from pydantic import AwareDatetime, Field, JsonValue

from contracts.base import Label, Payload, Title
from contracts.fields import Code, EventId, EventType, FieldPath, Note, Number, ShortText
from contracts.vocabulary import Deadline, OrgKind, VoidReason

State = Annotated[Code | None, Title("Trạng thái", "State met")]

T = TypeVar("T")
TellsOfCare = Annotated[
    T,
    Label.DRUG,
    Label.HIV,
    Label.OST,
    Label.PSY,
    Label.TB,
    Label.HEALTH,
    Label.LEGAL,
    Label.TRAFFICKING,
]
"""May tell of any care: to whom, by when, or that there is more of it than a reader is shown."""

RoutedData = Annotated[TellsOfCare[dict[str, JsonValue]], Title("Nội dung", "Data")]
"""The data of an agency's event on its way to its owner: anything but identity may stand in it."""

TellsOfHealth = Annotated[T, Label.DRUG, Label.HIV, Label.OST, Label.PSY, Label.TB, Label.HEALTH]
FreeText = Annotated[TellsOfHealth[Note | None], Title("Ghi chú", "Note")]
"""What people write may tell anything about a client's health: whoever may not know all, reads none."""

Moves = Annotated[tuple[Code, ...], Field(max_length=30), Title("Bước được phép", "Moves allowed")]


class AgencyEventRefused(Payload):
    """Not allowed, and no move that may still be reported would allow it."""

    TYPE: ClassVar[str] = "org.reftrack.agency-event-refused.v1"
    TITLE: ClassVar[Title] = Title("Từ chối sự kiện của cơ quan", "Agency event refused")

    code: Annotated[Code, Title("Mã lý do", "Code")]
    field: Annotated[FieldPath | None, Title("Trường", "Field")] = None
    detail: Annotated[
        dict[Code, ShortText], Field(default_factory=dict, max_length=20), Title("Chi tiết", "Detail")
    ]
    state: State = None
    moves: Moves = ()


class AgencyEventDeferred(Payload):
    """Too early: kept, and tried again after each later move of what it is about, however long that takes.

    `type`, `number`, `org_kind` and `data` are those of the routed event, so that the owner's own history is
    enough to try it again; when it happened and who posted it stand in the envelope.
    """

    TYPE: ClassVar[str] = "org.reftrack.agency-event-deferred.v1"
    TITLE: ClassVar[Title] = Title("Hoãn sự kiện của cơ quan", "Agency event deferred")

    type: Annotated[EventType, Title("Loại sự kiện", "Event type")]
    number: Annotated[Number | None, Title("Số", "Number")] = None
    org_kind: Annotated[OrgKind, Title("Loại cơ quan", "Kind of organisation")]
    data: RoutedData
    code: Annotated[Code, Title("Mã lý do", "Code")]
    until: Annotated[AwareDatetime, Title("Chờ đến", "Waits until")]
    waiting_for: Annotated[ShortText | None, Title("Đang chờ", "Waiting for")] = None
    state: State = None
    moves: Moves = ()
    replaces: Annotated[EventId | None, Title("Thay cho sự kiện", "In the place of")] = None
    """The routed event that stands until this one is carried out, and is voided with that."""


class EventVoided(Payload):
    """A record of this log was wrong: from here on it counts as if it had never been made.

    Nothing is deleted: the voided event stays, and who reads history sees both. `replaced`: the event that
    has the same cause as this one stands in its place.
    """

    TYPE: ClassVar[str] = "org.reftrack.event-voided.v1"
    TITLE: ClassVar[Title] = Title("Hủy ghi nhận sai", "Event voided")

    event_id: Annotated[EventId, Title("Sự kiện bị hủy", "Event voided")]
    type: Annotated[EventType, Title("Loại sự kiện", "Event type")]
    reason: Annotated[VoidReason, Title("Lý do", "Reason")]
    replaced: Annotated[bool, Title("Đã được thay thế", "Replaced")] = False
    note: FreeText = None


class DeadlinePassed(Payload):
    """By the clock: what was due has not been reported. `about`: the event from which the term runs."""

    TYPE: ClassVar[str] = "org.reftrack.deadline-passed.v1"
    TITLE: ClassVar[Title] = Title("Quá hạn", "Deadline passed")

    which: Annotated[Deadline, Title("Thời hạn", "Deadline")]
    due_at: Annotated[AwareDatetime, Title("Hạn đến", "Due at")]
    about: Annotated[EventId | None, Title("Tính từ sự kiện", "Counted from")] = None
