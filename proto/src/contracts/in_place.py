"""Where an event stands that replaces a voided one: in that one's place, also where others came between."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

Id = TypeVar("Id", bound=Hashable)


class Told(NamedTuple, Generic[Id]):
    """What of an event says where it stands. `gives_place_to`: the type of what replaces the event that this
    one voids; none where it voids nothing, or nothing replaces that. `voids`: that event."""

    id: Id
    type: str
    cause: str | None
    voids: Id | None = None
    gives_place_to: str | None = None


def stands_for(told: Sequence[Told[Id]]) -> dict[Id, Id]:
    """Of each event that replaces another: the first in whose place it stands, by a chain of corrections.

    `told`: the events of a stream, or of several, each stream's in its order. What replaces an event is the
    next one of its type that has the same cause as the voiding.
    """
    found: dict[Id, Id] = {}
    for place, void in enumerate(told):
        if void.voids is None or void.gives_place_to is None:
            continue
        later = (each for each in told[place + 1 :] if each.voids is None and _replaces(void, each))
        if (replacement := next(later, None)) is not None:
            found[replacement.id] = found.get(void.voids, void.voids)
    return found


def _replaces(void: Told[Id], other: Told[Id]) -> bool:
    return (other.type, other.cause) == (void.gives_place_to, void.cause)
