"""The receipt that an agency gets for each delivery, on its receipts topic and over gRPC."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from contracts.base import Contract, Payload, Title
from contracts.fields import Code, CommuneCode, EventId, EventSource, FieldPath, Number
from contracts.vocabulary import NumberKind, Verdict

_Text = Annotated[str, Field(max_length=4000)]


class Remedy(Contract):
    """What to do, for the people at the agency."""

    vi: _Text
    en: _Text


class ReceiptProblem(Contract):
    """One thing wrong with the event: a code of the catalogue, the field, what to do."""

    code: Annotated[Code, Title("Mã lý do", "Code")]
    field: Annotated[FieldPath | None, Title("Trường", "Field")] = None
    remedy: Annotated[Remedy | None, Title("Cách khắc phục", "Remedy")] = None


class UnitRead(Contract):
    """What the code of a commune was taken for, where it is not simply that of a commune of that day.

    `read_as`: `current`, `other_list`, `carried_forward`, `carried_back` (docs/territory.md). `presumed`: no
    source says that the unit was there by then. `disputed`: units to which another list gives the code.
    """

    field: Annotated[FieldPath, Title("Trường", "Field")]
    code: Annotated[CommuneCode, Title("Mã đã gửi", "Code sent")]
    read_as: Annotated[Code, Title("Được hiểu là", "Read as")]
    unit: Annotated[CommuneCode, Title("Mã đơn vị", "Unit")]
    name: Annotated[Remedy, Title("Tên đơn vị", "Name")]
    presumed: Annotated[bool, Title("Suy đoán", "Presumed")] = False
    disputed: Annotated[tuple[CommuneCode, ...], Title("Tranh chấp mã với", "Disputed with")] = ()


class Receipt(Payload):
    """One verdict on one delivery of (source, id).

    A repetition repeats the verdict and is marked. `topic`, `partition`, `offset` name the delivery on Kafka;
    they are null for what came over gRPC. `code`, `field` and `remedy` are those of the first of `problems`.
    `numbers` are those that the event brought into being, `units` what codes of communes were taken for.
    `warnings`: accepted all the same, but somebody should look at it.
    """

    TYPE: ClassVar[str] = "org.reftrack.receipt.v1"
    TITLE: ClassVar[Title] = Title("Biên nhận", "Receipt")

    position: Annotated[int, Field(ge=1), Title("Vị trí", "Position")]
    source: Annotated[EventSource | None, Title("Nguồn", "Source")] = None
    id: Annotated[EventId | None, Title("Mã sự kiện", "Event id")] = None
    type: Annotated[EventId | None, Title("Loại sự kiện", "Event type")] = None
    verdict: Annotated[Verdict, Title("Kết luận", "Verdict")]
    repetition: Annotated[bool, Title("Gửi lặp lại", "Repetition")] = False
    code: Annotated[Code | None, Title("Mã lý do", "Code")] = None
    field: Annotated[FieldPath | None, Title("Trường", "Field")] = None
    remedy: Annotated[Remedy | None, Title("Cách khắc phục", "Remedy")] = None
    problems: Annotated[tuple[ReceiptProblem, ...], Field(max_length=20), Title("Các lỗi", "Problems")] = ()
    waiting_for: Annotated[str | None, Field(max_length=200), Title("Đang chờ", "Waiting for")] = None
    until: Annotated[AwareDatetime | None, Title("Chờ đến", "Waits until")] = None
    numbers: Annotated[
        dict[NumberKind, Number], Field(default_factory=dict), Title("Các số đã cấp", "Numbers given")
    ]
    units: Annotated[tuple[UnitRead, ...], Field(max_length=20), Title("Đơn vị được hiểu", "Units read")] = ()
    warnings: Annotated[tuple[ReceiptProblem, ...], Field(max_length=20), Title("Lưu ý", "Warnings")] = ()
    topic: Annotated[str | None, Field(max_length=249), Title("Chủ đề", "Topic")] = None
    partition: Annotated[int | None, Field(ge=0), Title("Phân vùng", "Partition")] = None
    offset: Annotated[int | None, Field(ge=0), Title("Vị trí trong phân vùng", "Offset")] = None
    recorded_at: Annotated[AwareDatetime, Title("Ghi nhận lúc", "Recorded at")]
