"""Between an aggregate's events and the bytes that are stored and published; one mapper an aggregate class."""

from __future__ import annotations

from typing import Generic, TypeVar
from uuid import UUID

from eventsourcing.domain import CanMutateAggregate

from chassis.aggregate import Aggregate
from chassis.store.recorder import Row

A = TypeVar("A", bound=Aggregate)


class UnknownType(LookupError):
    """A stored event has a type that the aggregate does not know and nothing upcasts."""


class Mapper(Generic[A]):
    """Writes and reads the events of one aggregate class; `source` is the service, e.g. `/services/intake`.

    Raises `TypeError` at construction when an event class names no payload, or two name the same one.
    """

    def __init__(self, aggregate_class: type[A], source: str) -> None:
        self.aggregate_class = aggregate_class
        self.source = source

    def row(self, happened: CanMutateAggregate[UUID], traceparent: str | None = None) -> Row:
        """The row of one event: its bytes are those that Kafka will carry."""
        raise NotImplementedError

    def event(
        self, originator_id: UUID, version: int, type_name: str, state: bytes
    ) -> CanMutateAggregate[UUID]:
        """The event that a row holds, old versions upcast. Raises `UnknownType`."""
        raise NotImplementedError
