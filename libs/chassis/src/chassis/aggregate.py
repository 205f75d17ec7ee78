"""Aggregates whose events carry a payload of the contracts and its envelope, and never read a clock."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from contracts.base import Payload
from contracts.envelope import Meta
from eventsourcing import domain
from eventsourcing.domain import event
from eventsourcing.utils import get_topic

__all__ = ["Aggregate", "event", "event_id", "happen"]


class Aggregate(domain.Aggregate):
    """One consistency boundary: the public method decides, the `@event` method evolves.

    Each nested event class names its payload: `data: ClientContacted`. Exactly one class is called `Created`.
    The time of an event is `meta.received_at`. A decision that is not allowed raises `Refusal` before it
    triggers anything; an `@event` method never raises.
    """

    class Event(domain.Aggregate.Event):
        data: Any
        meta: Meta

    class Created(domain.Aggregate.Created, Event):
        pass

    @classmethod
    def _create(
        cls: type[Self],
        event_class: type[domain.CanInitAggregate[UUID]],
        *,
        id: UUID | None = None,
        **kwargs: Any,
    ) -> Self:
        """Makes the first event and the aggregate: `cls._create(cls.Created, id=…, data=…, meta=…)`."""
        if id is None:
            raise TypeError(f"{cls.__name__} needs id=…: ids are derived, never drawn at random")
        happened = happen(event_class, id, cls.INITIAL_VERSION, originator_topic=get_topic(cls), **kwargs)
        aggregate: Self | None = happened.mutate(None)
        assert aggregate is not None
        aggregate._pending_events.append(happened)
        return aggregate

    def trigger_event(self, event_class: type[domain.CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Makes the next event and evolves this aggregate with it; its time is `meta.received_at`."""
        version = self._version + 1
        happened = happen(event_class, self._id, version, **kwargs)
        happened.apply(self)  # what `mutate` would check is so by construction
        self._version, self._modified_on = version, happened.timestamp
        self._pending_events.append(happened)


def happen(
    event_class: type[Any], stream: UUID, version: int, *, data: Payload, meta: Meta, **more: Any
) -> Any:
    """An event, three times as fast as through the constructor of a frozen dataclass: the hot path."""
    happened: Any = object.__new__(event_class)
    happened.__dict__.update(
        originator_id=stream,
        originator_version=version,
        timestamp=meta.received_at,
        data=data,
        meta=meta,
        **more,
    )
    return happened


def event_id(happened: domain.CanMutateAggregate[UUID]) -> str:
    """The stable id of an event, `<stream uuid>:<version>`.

    CloudEvents id, causation id, receipt reference.
    """
    return f"{happened.originator_id}:{happened.originator_version}"
