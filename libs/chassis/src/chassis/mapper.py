"""Between an aggregate's events and the bytes stored and published; one mapper an aggregate class."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar
from uuid import UUID

from contracts import upcast
from contracts.base import Payload
from contracts.envelope import Meta, Reader
from eventsourcing.domain import CanInitAggregate, CanMutateAggregate
from eventsourcing.utils import get_topic

from chassis.aggregate import Aggregate, happen
from chassis.store.recorder import Row

A = TypeVar("A", bound=Aggregate)
_META_TO_JSON = Meta.__pydantic_serializer__.to_json


class Mapper(Generic[A]):
    """Writes and reads the events of one aggregate class; `source` is the service, e.g. `/services/intake`.

    Event class and payload `TYPE` belong together one to one within the aggregate. Raises `TypeError` at
    construction when an event class names no payload, or two name the same one.
    """

    def __init__(
        self, aggregate_class: type[A], source: str, *, steps: Mapping[str, upcast.Step] = upcast.STEPS
    ) -> None:
        self.aggregate_class = aggregate_class
        self.source = source
        self._topic = get_topic(aggregate_class)
        payloads = _payloads(aggregate_class)
        self._event_classes = {payload: cls for cls, payload in payloads.items()}
        self._writers = {payload: self._writer(payload) for payload in payloads.values()}
        self._read = Reader({payload.TYPE: payload for payload in payloads.values()}, steps).parse

    def _writer(self, payload: type[Payload]) -> tuple[str, bytes, Callable[[Payload], bytes]]:
        middle = f'","type":"{payload.TYPE}","source":"{self.source}","meta":'
        return payload.TYPE, middle.encode(), payload.__pydantic_serializer__.to_json

    def rows(self, stream: UUID, events: Iterable[Any], traceparent: str | None = None) -> list[Row]:
        """The rows of events of one stream: their `state` is byte for byte what Kafka will carry.

        As `contracts.envelope.encode`, but what the events have in common is written once.
        """
        start = f'{{"id":"{stream}:'
        meta: Meta | None = None
        rows = []
        for happened in events:
            if happened.meta is not meta:
                meta = happened.meta
                meta_json = _META_TO_JSON(meta)
            data, version = happened.data, happened.originator_version
            type_name, middle, to_json = self._writers[type(data)]
            state = b"".join(
                (f"{start}{version}".encode(), middle, meta_json, b',"data":', to_json(data), b"}")
            )
            rows.append(Row(stream, version, type_name, state, meta.subject, meta.occurred_at, traceparent))
        return rows

    def event(self, stream: UUID, version: int, state: bytes) -> CanMutateAggregate[UUID]:
        """The event that stored bytes hold, old versions upcast.

        Raises `contracts.envelope.UnknownType`, or `NotRecorded` naming the fields that are wrong.
        """
        recorded = self._read(state)
        cls = self._event_classes[type(recorded.data)]
        made: CanMutateAggregate[UUID]
        if issubclass(cls, CanInitAggregate):
            made = happen(
                cls, stream, version, data=recorded.data, meta=recorded.meta, originator_topic=self._topic
            )
        else:
            made = happen(cls, stream, version, data=recorded.data, meta=recorded.meta)
        return made


def _payloads(aggregate_class: type[Aggregate]) -> dict[type[CanMutateAggregate[UUID]], type[Payload]]:
    found: dict[type[CanMutateAggregate[UUID]], type[Payload]] = {}
    for name, cls in vars(aggregate_class).items():
        if isinstance(cls, type) and issubclass(cls, aggregate_class.Event) and name != "Event":
            payload = _payload(cls)
            if payload in found.values():
                raise TypeError(f"{aggregate_class.__name__}: two event classes record {payload.TYPE}")
            found[cls] = payload
    return found


def _payload(cls: type) -> type[Payload]:
    """The class that the annotation of `data` names, where it was written."""
    for base in cls.__mro__:
        annotation = vars(base).get("__annotations__", {}).get("data")
        if annotation is None or annotation == "Any":
            continue
        payload = _resolve(annotation, base) if isinstance(annotation, str) else annotation
        if isinstance(payload, type) and issubclass(payload, Payload):
            return payload
        break
    raise TypeError(f"{cls.__qualname__} needs `data: <payload class>`, a class of the contracts")


def _resolve(annotation: str, base: type) -> object:
    names = vars(sys.modules[base.__module__])
    if annotation not in names:
        raise TypeError(f"{base.__qualname__}: `data: {annotation}` is not imported in {base.__module__}")
    return names[annotation]
