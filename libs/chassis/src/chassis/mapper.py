"""Between an aggregate's events and the bytes stored and published; one mapper an aggregate class."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Generic, TypeVar
from uuid import UUID

from contracts import upcast
from contracts.base import Payload
from contracts.envelope import Reader, encode
from eventsourcing.domain import CanInitAggregate, CanMutateAggregate
from eventsourcing.utils import get_topic

from chassis.aggregate import Aggregate
from chassis.store.recorder import Row

A = TypeVar("A", bound=Aggregate)


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
        self._read = Reader({payload.TYPE: payload for payload in payloads.values()}, steps).parse

    def row(self, happened: Any, traceparent: str | None = None) -> Row:
        """The row of one event: its `state` is byte for byte what Kafka will carry."""
        meta, data = happened.meta, happened.data
        stream, version = happened.originator_id, happened.originator_version
        state = encode(f"{stream}:{version}", data.TYPE, self.source, meta, data)
        return Row(stream, version, data.TYPE, state, meta.subject, meta.occurred_at, traceparent)

    def event(self, stream: UUID, version: int, state: bytes) -> CanMutateAggregate[UUID]:
        """The event that stored bytes hold, old versions upcast.

        Raises `contracts.envelope.UnknownType`, or `NotRecorded` naming the fields that are wrong.
        """
        recorded = self._read(state)
        cls = self._event_classes[type(recorded.data)]
        attributes: dict[str, Any] = {
            "originator_id": stream,
            "originator_version": version,
            "timestamp": recorded.meta.received_at,
            "data": recorded.data,
            "meta": recorded.meta,
        }
        if issubclass(cls, CanInitAggregate):
            attributes["originator_topic"] = self._topic
        return cls(**attributes)


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
