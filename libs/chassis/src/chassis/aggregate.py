"""Aggregates whose events carry a payload of the contracts and its envelope, and never read a clock."""

from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from contracts.envelope import Meta
from eventsourcing import domain
from eventsourcing.domain import event

__all__ = ["Aggregate", "event", "event_id"]


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
        if id is None:
            raise TypeError(f"{cls.__name__} needs id=…: ids are derived, never drawn at random")
        kwargs["timestamp"] = kwargs["meta"].received_at
        return super()._create(event_class, id=id, **kwargs)

    def trigger_event(self, event_class: type[domain.CanMutateAggregate[UUID]], **kwargs: Any) -> None:
        """Makes the next event and evolves this aggregate with it; its time is `meta.received_at`."""
        kwargs["timestamp"] = kwargs["meta"].received_at
        super().trigger_event(event_class, **kwargs)


def event_id(happened: domain.CanMutateAggregate[UUID]) -> str:
    """The stable id of an event, `<stream uuid>:<version>`.

    CloudEvents id, causation id, receipt reference.
    """
    return f"{happened.originator_id}:{happened.originator_version}"
