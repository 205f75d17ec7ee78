"""The envelope of every recorded event. Knows no word of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from typing import Annotated, Generic, Literal, TypeVar, cast
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError
from pydantic_core import SchemaValidator, from_json, to_json

from contracts import upcast
from contracts.base import Contract, Label, Payload, Title

P = TypeVar("P", bound=Payload, covariant=True)
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _is_none(value: object) -> bool:
    return value is None


class Meta(Contract):
    """Who did what, when, on which ground.

    `subject` is the case: partition key and CloudEvents subject. `occurred_at` is when it happened, as the
    one who posted says (with `precision` "day": the start of that day in Asia/Ho_Chi_Minh); `received_at` is
    by our clock. `recorded_at` is not here: it is given under the store's lock, a column and a header.
    `actor` is who did it, as the agency says; `entered_by` is the verified subject of the token where it was
    posted over gRPC, and left out of the JSON where it was not. `client` is whom it tells of where that is
    not the client of the case: two were found to be one person, and the case of the other takes what is
    reported of both. It stays told of that client when they are found to be two again. Left out otherwise.
    """

    subject: Annotated[UUID, Title("Hồ sơ", "Case")]
    occurred_at: Annotated[AwareDatetime, Title("Xảy ra lúc", "Occurred at")]
    precision: Annotated[Literal["instant", "day"], Title("Độ chính xác", "Precision")] = "instant"
    received_at: Annotated[AwareDatetime, Title("Nhận được lúc", "Received at")]
    actor: Annotated[_Name, Title("Người thực hiện", "Actor")]
    entered_by: Annotated[_Name | None, Field(exclude_if=_is_none), Title("Người nhập", "Entered by")] = None
    org: Annotated[_Name, Title("Cơ quan", "Organisation")]
    legal_basis: Annotated[_Name | None, Label.LEGAL, Title("Căn cứ pháp lý", "Legal basis")] = None
    policy_version: Annotated[_Name, Title("Phiên bản quy định", "Policy version")]
    correlation_id: Annotated[_Name, Title("Mã liên kết", "Correlation id")]
    causation_id: Annotated[_Name | None, Title("Sự kiện nguyên nhân", "Caused by")] = None
    client: Annotated[UUID | None, Field(exclude_if=_is_none), Title("Về khách hàng", "Tells of client")] = (
        None
    )

    @property
    def latest_at(self) -> datetime:
        """The last instant at which it may have happened: the end of the day where only that is known."""
        if self.precision == "instant":
            return self.occurred_at
        return self.occurred_at + timedelta(days=1) - timedelta(microseconds=1)


_DATA = b',"data":'


class UnknownType(ValueError):
    """No event of this type is known to this version of the software."""

    def __init__(self, type_name: str) -> None:
        super().__init__(f"unknown event type {type_name[:120]!r}; update this service, then retry")
        self.type_name = type_name


class NotRecorded(ValueError):
    """These bytes are no recorded event: which fields are wrong, never what stands in them."""


class Recorded(Contract, Generic[P]):
    """An event as stored and as published, byte for byte: `{"id","type","source","meta","data"}`.

    `id` is `<stream uuid>:<version>`, stable for ever. `Recorded[ClientContacted]` is the event of one type.
    """

    id: str
    type: str
    source: str
    meta: Meta
    data: P

    def to_bytes(self) -> bytes:
        return encode(self.id, self.type, self.source, self.meta, self.data)

    @classmethod
    def parse(cls, value: bytes) -> Recorded[Payload]:
        """Read with every event this software knows. Raises UnknownType or NotRecorded."""
        return _every_event().parse(value)

    @classmethod
    def payload(cls, value: bytes) -> Payload:
        """The data of `parse` alone, of bytes that were read before: in less than half of its time."""
        return _every_event().payload(value)


class Reader:
    """Reads recorded bytes into the newest version of their event.

    `payloads`: type name → payload class; `steps`: see `contracts.upcast`.
    """

    def __init__(
        self, payloads: Mapping[str, type[Payload]], steps: Mapping[str, upcast.Step] = upcast.STEPS
    ) -> None:
        self._payloads = payloads
        self._steps = steps

    def parse(self, value: bytes) -> Recorded[Payload]:
        """Raises UnknownType, or NotRecorded naming the fields that are wrong."""
        type_name = _type_of(value)
        if type_name in self._steps:
            type_name, value = self._upcast(value)
        payload = self._payloads.get(type_name)
        if payload is None:
            raise UnknownType(type_name)
        try:
            recorded: Recorded[Payload] = _validator(payload).validate_json(value)
        except ValidationError as error:
            raise NotRecorded(_wrong_fields(error)) from None
        return recorded

    def payload(self, value: bytes) -> Payload:
        """The data of `parse` alone; the envelope of bytes that were read before is not checked again. Raises
        UnknownType, or NotRecorded naming the fields that are wrong.

        In bytes that we wrote the data is the last of the five, and no text can look as if it began earlier:
        a quotation mark in a text is escaped. Whatever else it may be is read the long way.
        """
        type_name, start = _type_of(value), value.find(_DATA)
        payload = self._payloads.get(type_name) if type_name not in self._steps else None
        if payload is not None and start > 0:
            try:
                data: Payload = payload.__pydantic_validator__.validate_json(value[start + len(_DATA) : -1])
            except ValidationError:
                pass
            else:
                return data
        return self.parse(value).data

    def _upcast(self, value: bytes) -> tuple[str, bytes]:
        event = from_json(value)
        type_name, data = upcast.newest(event["type"], event["data"], self._steps)
        return type_name, to_json({**event, "type": type_name, "data": data})


def handle_of(event_id: str, meta: Meta, data: Payload) -> str:
    """A name of a recorded event, `<stream>:~<digest>`, that does not tell its place in the stream, as its id
    does: of what was said and when alone. Whoever has the stream finds it again.
    """
    digest = blake2b(Meta.__pydantic_serializer__.to_json(meta), digest_size=12)
    digest.update(data.TYPE.encode() + type(data).__pydantic_serializer__.to_json(data))
    return f"{event_id.partition(':')[0]}:~{digest.hexdigest()}"


def is_handle(name: str) -> bool:
    """Whether an event is named by a handle."""
    return ":~" in name


def encode(event_id: str, type_name: str, source: str, meta: Meta, data: Payload) -> bytes:
    """The stored bytes. `event_id`, `type_name` and `source` are ours and need no escaping."""
    return b"".join(
        (
            f'{{"id":"{event_id}","type":"{type_name}","source":"{source}","meta":'.encode(),
            Meta.__pydantic_serializer__.to_json(meta),
            b',"data":',
            type(data).__pydantic_serializer__.to_json(data),
            b"}",
        )
    )


@cache
def _every_event() -> Reader:
    from contracts.registry import PAYLOADS  # the registry knows the domain, this module only when asked

    return Reader(PAYLOADS)


@cache
def _validator(payload: type[Payload]) -> SchemaValidator:
    """Made when a type is first read: a process meets few of all types, and each takes a millisecond."""
    model = cast(type[Recorded[Payload]], Recorded.__class_getitem__(payload))
    return cast(SchemaValidator, model.__pydantic_validator__)


def _type_of(value: bytes) -> str:
    """The type of bytes that we wrote, without parsing them; any other JSON the long way."""
    start = value.find(b'","type":"', 0, 256)
    if start > 0:
        start += 10
        end = value.find(b'"', start, start + 200)
        if end > 0:
            return value[start:end].decode("utf-8", "replace")
    return _type_of_any(value)


def _type_of_any(value: bytes) -> str:
    try:
        event = from_json(value)
    except ValueError:
        raise NotRecorded("not JSON") from None
    type_name = event.get("type") if isinstance(event, dict) else None
    if not isinstance(type_name, str):
        raise NotRecorded("/type is missing or no text")
    return type_name


def _wrong_fields(error: ValidationError) -> str:
    return "; ".join(
        f"/{'/'.join(map(str, wrong['loc']))}: {wrong['type']}"
        for wrong in error.errors(include_input=False, include_context=False, include_url=False)
    )
