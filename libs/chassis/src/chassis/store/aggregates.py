"""The aggregates of one batch.

Each once, shared by its items, put back as they were when an attempt fails.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from chassis.aggregate import Aggregate, fold
from chassis.store.history import History
from chassis.store.overlay import Journal
from chassis.store.recorder import Row

A = TypeVar("A", bound=Aggregate)


class Aggregates:
    """Identity map of a batch. What an attempt touches is remembered with the version that it met."""

    def __init__(self, history: History, journal: Journal) -> None:
        self._history = history
        self._journal = journal
        self._known: dict[tuple[type[Aggregate], int], Aggregate | None] = {}  # a UUID is hashed in Python
        self._touched: list[tuple[Aggregate, int]] = []
        self._events: list[Any] = []
        self.rows: list[Row] = []

    def load(self, cls: type[Aggregate], ids: Iterable[UUID]) -> None:
        unknown = [id for id in dict.fromkeys(ids) if (cls, id.int) not in self._known]
        if unknown:
            found = self._history.read(cls, unknown)
            self._known.update(((cls, id.int), aggregate) for id, aggregate in found.items())

    def get(self, cls: type[A], id: UUID) -> A | None:
        try:
            found = self._known[cls, id.int]
        except KeyError:
            self.load(cls, (id,))
            found = self._known[cls, id.int]
        if found is None:
            return None
        self._touched.append((found, found._version))
        return found  # type: ignore[return-value]

    def look(self, cls: type[A], ids: Iterable[UUID]) -> list[A]:
        self.load(cls, ids := list(ids))
        found = (self._known[cls, id.int] for id in ids)
        return [aggregate for aggregate in found if aggregate is not None]  # type: ignore[misc]

    def add(self, aggregate: Aggregate) -> None:
        name = (type(aggregate), aggregate.id.int)
        if self._known.get(name) is not None:
            raise ValueError(f"{type(aggregate).__name__} {aggregate.id} exists already")
        self._history.mapper(type(aggregate))
        self._journal.put(self._known, name, aggregate)
        self._touched.append((aggregate, 0))

    def mark(self) -> int:
        """Where an attempt begins. Within another attempt, what that one touched may be touched again without
        being looked up again."""
        mark = len(self._touched)
        if self._touched:
            self._touched += [(aggregate, aggregate._version) for aggregate in _each(self._touched)]
        return mark

    def restore(self, mark: int, *, all_of_them: bool) -> None:
        """Put back what changed since the mark.

        Everything touched if an `@event` method may have broken off.
        """
        met: dict[int, tuple[Aggregate, int]] = {}
        for aggregate, version in self._touched[mark:]:
            met.setdefault(id(aggregate), (aggregate, version))
        if all_of_them:
            for aggregate in _each(self._touched[:mark]):
                met.setdefault(id(aggregate), (aggregate, aggregate._version))
        del self._touched[mark:]
        for aggregate, version in met.values():
            if version and (all_of_them or aggregate._version != version):
                self._rebuild(aggregate, version)

    def collect(self, traceparent: str | None) -> Row | None:
        """Ends an outermost attempt that succeeded: its events become rows; the last one, if any.

        Raises before anything is taken when an event cannot be written as bytes.
        """
        rows: list[Row] = []
        changed = [aggregate for aggregate in _each(self._touched) if aggregate._pending_events]
        for aggregate in changed:
            if aggregate.stale:
                self.refold(aggregate)
            to_rows = self._history.mapper(type(aggregate)).rows
            rows += to_rows(aggregate._id, aggregate._pending_events, traceparent)
        self._touched.clear()
        if not rows:
            return None
        for aggregate in changed:
            self._events += aggregate._pending_events
            aggregate._pending_events = []
        self.rows += rows
        return rows[-1]

    def keep(self) -> None:
        """After the commit: they are as the database has them."""
        self._history.cache.put(aggregate for aggregate in self._known.values() if aggregate is not None)

    def refold(self, aggregate: Aggregate) -> None:
        """Its state anew, in place, from all its events without those that were voided."""
        self._rebuild(aggregate, aggregate._version)

    def events(self, aggregate: Aggregate) -> list[Any]:
        """All events of its stream, those of this batch included."""
        replayed = self._of_this_batch(aggregate, aggregate._version)
        base = replayed[0].originator_version - 1 if replayed else aggregate._version
        return [*self._history.events(type(aggregate), aggregate.id, base), *replayed]

    def _of_this_batch(self, aggregate: Aggregate, version: int) -> list[Any]:
        mine = [happened for happened in self._events if happened.originator_id == aggregate.id]
        return [*mine, *_until(aggregate._pending_events, version)]

    def _rebuild(self, aggregate: Aggregate, version: int) -> None:
        """In place, so that whoever holds it sees it as it was."""
        replayed = self._of_this_batch(aggregate, version)
        base = replayed[0].originator_version - 1 if replayed else version
        if any(happened.voids is not None for happened in replayed):
            fresh = fold([*self._history.events(type(aggregate), aggregate.id, base), *replayed])
        else:
            fresh = self._history.read_at(type(aggregate), aggregate.id, base) if base else None
            for happened in replayed:
                fresh = happened.mutate(fresh)
        assert fresh is not None
        fresh._pending_events = _until(aggregate._pending_events, version)
        aggregate.__dict__.clear()
        aggregate.__dict__.update(fresh.__dict__)


def _until(events: Iterable[Any], version: int) -> list[Any]:
    return [happened for happened in events if happened.originator_version <= version]


def _each(touched: list[tuple[Aggregate, int]]) -> list[Aggregate]:
    if len(touched) == 1:
        return [touched[0][0]]
    return list({id(aggregate): aggregate for aggregate, _ in touched}.values())
