"""Aggregates whose events carry a payload of the contracts and its envelope, and never read a clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from inspect import signature
from typing import Any, ClassVar, Self
from uuid import UUID

from contracts.base import Payload
from contracts.envelope import Meta
from contracts.in_place import Told, stands_for
from eventsourcing import domain
from eventsourcing.domain import event
from eventsourcing.utils import get_topic, resolve_topic

from chassis.refusal import Refusal

__all__ = ["Aggregate", "Voiding", "event", "event_id", "fold", "happen", "place_of"]

_NONE: frozenset[int] = frozenset()
_NO_EVENT: Any = None


class Aggregate(domain.Aggregate):
    """One consistency boundary: the public method decides, the `@event` method evolves.

    Each nested event class names its payload: `data: ClientContacted`. Exactly one class is called `Created`.
    The time of an event is `meta.received_at`. A decision that is not allowed raises `Refusal` before it
    triggers anything; an `@event` method never raises, not even where an event before it was voided.
    """

    voided = _NONE
    """Versions of events that count as if they had never been recorded."""
    voiding = _NONE
    """Versions of the events that voided them."""
    stale = False
    """An event was voided just now, and the state not folded anew yet (`uow.refold`): nothing else is
    triggered."""
    in_place_of = _NO_EVENT
    """While an event is folded that replaces a voided one: the event in whose place it counts."""

    class Event(domain.Aggregate.Event):
        data: Any
        meta: Meta
        voids: ClassVar[int | None] = None

    class Created(domain.Aggregate.Created, Event):
        def mutate(self, aggregate: Any) -> Any:
            """As the library's, which looks up by name in each call what `__init__` takes."""
            assert aggregate is None
            cls: Any = resolve_topic(self.originator_topic)
            made = cls.__new__(cls)
            made.__base_init__(self.originator_id, self.originator_version, self.timestamp)
            made.__init__(**{name: getattr(self, name) for name in _initial(cls)})
            self.apply(made)
            return made

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
        if self.stale and not issubclass(event_class, Voiding):
            raise RuntimeError("an event was voided: refold the aggregate before it decides again")
        version = self._version + 1
        happened = happen(event_class, self._id, version, **kwargs)
        happened.apply(self)  # what `mutate` would check is so by construction
        self._version, self._modified_on = version, happened.timestamp
        self._pending_events.append(happened)

    def check_voidable(self, version: int) -> None:
        """Raises `Refusal` unless the event of that version can be voided: `already_voided`,
        `void_of_a_void`, `event_not_voidable` (the first of a stream, or none at all)."""
        if version in self.voided:
            raise Refusal("already_voided")
        if version in self.voiding:
            raise Refusal("void_of_a_void")
        if not self.INITIAL_VERSION < version <= self.version:
            raise Refusal("event_not_voidable")

    def leave_out(self, happened: domain.CanMutateAggregate[UUID]) -> None:
        """Folds an event that a later one voids: it counts in the version, in nothing else."""
        self._version, self._modified_on = happened.originator_version, happened.timestamp


@cache
def _initial(cls: type[Aggregate]) -> tuple[str, ...]:
    """What of its first event the `__init__` of an aggregate takes."""
    return tuple(name for name in ("data", "meta") if name in signature(cls.__init__).parameters)


class Voiding(Aggregate.Event):
    """An event that voids an earlier one of its stream, the one that `data.event_id` names."""

    @property
    def voids(self) -> int:  # type: ignore[override]
        """The version of the event voided."""
        return int(self.data.event_id.rpartition(":")[2])

    def apply(self, aggregate: Any) -> None:
        """What follows from it is known once the whole stream is folded without the event voided."""
        super().apply(aggregate)
        aggregate.voided = aggregate.voided | {self.voids}
        aggregate.voiding = aggregate.voiding | {self.originator_version}
        aggregate.stale = True


def fold(events: Iterable[Any]) -> Any:
    """The aggregate after all events of its stream, those left out that one of them voids; what replaces one
    of these counts in its place."""
    events = list(events)
    voided = {happened.voids for happened in events}
    aggregate: Any = None
    for happened, instead_of in _in_place(events):
        if aggregate is None:
            aggregate = happened.mutate(None)
            continue
        aggregate.in_place_of = instead_of
        if happened.originator_version in voided:
            aggregate.leave_out(happened)
        else:
            aggregate._version = happened.originator_version - 1  # as it was when this happened
            happened.apply(aggregate)
            aggregate._version = happened.originator_version
    if aggregate is not None:
        aggregate._version, aggregate._modified_on = events[-1].originator_version, events[-1].timestamp
        aggregate.stale, aggregate.in_place_of = False, None
    return aggregate


def _in_place(events: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The events of a stream in the order of folding, those voided among them, each with the one in whose
    place it stands, if it replaces one."""
    stands = _stands_for(events)
    by_version = {one.originator_version: one for one in events}
    placed = [(one, by_version.get(stands.get(one.originator_version))) for one in events]
    return sorted(
        placed, key=lambda each: ((each[1] or each[0]).originator_version, each[0].originator_version)
    )


def place_of(events: Sequence[Any], version: int) -> int:
    """The version in whose place an event of a stream counts: its own, unless it replaces another."""
    return _stands_for(events).get(version, version)


def _stands_for(events: Sequence[Any]) -> dict[int, int]:
    return stands_for([_told(one) for one in events]) if any(one.voids for one in events) else {}


def _told(happened: Any) -> Told[int]:
    version, cause, data = happened.originator_version, happened.meta.causation_id, happened.data
    if happened.voids is None:
        return Told(version, data.TYPE, cause)
    return Told(version, data.TYPE, cause, happened.voids, data.type if data.replaced else None)


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
