"""The gazette: every event of administrative units that was loaded, each once, with its times and who loaded
it.

One stream, because a load is all or nothing and what is loaded must hold together with all that was before.
Services begin with the committed list; they need from here only what that list does not have.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chassis.aggregate import Aggregate, event
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.territory import (
    STREAM,
    OrgUnitAbolished,
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
    TerritoryOpened,
    UnitEvent,
)
from reference.decrees import TerritoryInvalid, beyond_the_list, digest, with_the_list


class Told(Aggregate.Event):
    """An event of units."""

    def apply(self, aggregate: Gazette) -> None:
        """It is known from now on."""
        aggregate.take_in(self.data)


class Gazette(Aggregate):
    """What was loaded. Kept small: of what the committed list has, the digests alone."""

    class Created(Aggregate.Created):
        data: TerritoryOpened

    class UnitCreated(Told):
        data: OrgUnitCreated

    class UnitRenamed(Told):
        data: OrgUnitRenamed

    class UnitsMerged(Told):
        data: OrgUnitsMerged

    class UnitSplit(Told):
        data: OrgUnitSplit

    class UnitAbolished(Told):
        data: OrgUnitAbolished

    @event(Created)
    def __init__(self, data: TerritoryOpened, meta: Meta) -> None:
        self.known: set[bytes] = set()
        self.decreed: list[UnitEvent] = []

    @classmethod
    def open(cls, leading: str, meta: Meta) -> Gazette:
        """An empty one."""
        return cls._create(cls.Created, id=STREAM, data=TerritoryOpened(leading=leading), meta=meta)

    def take_in(self, told: UnitEvent) -> None:
        """Part of evolving: an event has been recorded."""
        self.known.add(digest(told))
        self.decreed.extend(beyond_the_list([told]).values())

    def load(self, events: Sequence[tuple[UnitEvent, Meta]]) -> None:
        """Record them. Raises `Refusal` before anything is recorded if they contradict what is known."""
        check(self.decreed, [told for told, _ in events])
        for told, meta in events:
            self.trigger_event(_CLASSES[type(told)], data=told, meta=meta)


def unknown_of(events: Sequence[UnitEvent], known: Collection[bytes]) -> list[UnitEvent]:
    """Those that are not recorded yet, each once, in their order."""
    each = {digest(told): told for told in events}
    return [told for key, told in each.items() if key not in known]


def check(decreed: Sequence[UnitEvent], new: Sequence[UnitEvent]) -> None:
    """Raises `Refusal` if new events contradict the committed list, earlier decrees or each other."""
    beyond = beyond_the_list(new)
    if not beyond:
        return
    try:
        with_the_list([*decreed, *beyond.values()])
    except TerritoryInvalid as invalid:
        raise Refusal("territory_contradicts", field="events", detail={"problem": str(invalid)}) from None


_CLASSES: dict[type[Payload], type[Told]] = {
    OrgUnitCreated: Gazette.UnitCreated,
    OrgUnitRenamed: Gazette.UnitRenamed,
    OrgUnitsMerged: Gazette.UnitsMerged,
    OrgUnitSplit: Gazette.UnitSplit,
    OrgUnitAbolished: Gazette.UnitAbolished,
}
