"""Reads aggregates: many in one query, kept between batches and brought up to date with what is new."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from contracts.envelope import UnknownType
from psycopg import Cursor
from psycopg.rows import tuple_row

from chassis.aggregate import Aggregate, fold
from chassis.mapper import Mapper
from chassis.store.datastore import Datastore
from chassis.store.unnest import Unnest

# LATERAL with ORDER BY is not flattened: always one index range a stream, whatever the planner thinks of
# unnest.
_SINCE = Unnest(
    """
    SELECT e.originator_id, e.originator_version, e.state
    FROM {rows} AS known (stream, above, upto), LATERAL (
        SELECT originator_id, originator_version, state FROM stored_events
        WHERE originator_id = known.stream
          AND originator_version > known.above AND originator_version <= known.upto
        ORDER BY originator_version
    ) AS e
    """,
    *("uuid", "bigint", "bigint"),
)
_NEWEST = 2**62

Mappers = Mapping[type[Aggregate], Mapper[Any]]


class AggregateCache:
    """The aggregates used last, as they are in the database. Taking one out removes it until it is put back.

    So an aggregate that a batch is working on, or that a failed commit left changed, is never found here. For
    the writer's thread only.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[int, Aggregate] = OrderedDict()  # a UUID is hashed and compared in Python

    def take(self, id: UUID) -> Aggregate | None:
        return self._kept.pop(id.int, None)

    def put(self, aggregates: Iterable[Aggregate]) -> None:
        for aggregate in aggregates:
            self._kept[aggregate.id.int] = aggregate
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)


class History:
    """The aggregates of a service's database; `mappers` names every aggregate class it records."""

    def __init__(self, datastore: Datastore, mappers: Mappers, cache: AggregateCache) -> None:
        self._datastore = datastore
        self._mappers = mappers
        self.cache = cache

    def mapper(self, cls: type[Aggregate]) -> Mapper[Any]:
        """Raises RuntimeError for a class without a mapper."""
        try:
            return self._mappers[cls]
        except KeyError:
            raise RuntimeError(f"{cls.__name__} has no Mapper: give the Store one") from None

    def read(self, cls: type[Aggregate], ids: Sequence[UUID]) -> dict[UUID, Aggregate | None]:
        """The newest state of each, None for one without events, or whose events are another class's. They
        are out of the cache until put back."""
        known = {id: self._kept(cls, id) for id in ids}
        above = [0 if aggregate is None else aggregate.version for aggregate in known.values()]
        return self._mutate(cls, known, above, [_NEWEST] * len(known))

    def _kept(self, cls: type[Aggregate], id: UUID) -> Aggregate | None:
        kept = self.cache.take(id)
        return kept if isinstance(kept, cls) else None

    def read_at(self, cls: type[Aggregate], id: UUID, version: int) -> Aggregate | None:
        """The state after `version` events, from the database alone."""
        return self._mutate(cls, {id: None}, [0], [version])[id]

    def events(self, cls: type[Aggregate], id: UUID, version: int) -> list[Any]:
        """The first `version` events of a stream, those voided among them."""
        return self._events(cls, [id], [0], [version])[0].get(id, [])

    def _mutate(
        self, cls: type[Aggregate], known: dict[UUID, Aggregate | None], above: list[int], upto: list[int]
    ) -> dict[UUID, Aggregate | None]:
        """What voids something is rare: the streams with such an event are read from their beginning."""
        new, voided = self._events(cls, list(known), above, upto)
        for stream, events in new.items():
            if stream not in voided:
                aggregate = known[stream]
                for happened in events:
                    aggregate = happened.mutate(aggregate)
                known[stream] = aggregate
        if voided:
            ends = [end for stream, end in zip(known, upto, strict=True) if stream in voided]
            whole, _ = self._events(cls, voided, [0] * len(voided), ends)
            known.update((stream, fold(events)) for stream, events in whole.items())
        return known

    def _events(
        self, cls: type[Aggregate], streams: list[UUID], above: list[int], upto: list[int]
    ) -> tuple[dict[UUID, list[Any]], list[UUID]]:
        """New events by stream, and the streams in which one of them voids another, in the order given."""
        event = self.mapper(cls).event
        found: dict[UUID, list[Any]] = {}
        voided, others = set(), set()
        with self._datastore.get_connection() as connection:
            cursor: Cursor[Any] = connection.cursor(row_factory=tuple_row, binary=True)
            _SINCE.send(cursor, [streams, above, upto])
            for stream, version, state in cursor:
                try:
                    happened: Any = event(stream, version, state)
                except UnknownType:
                    if version == cls.INITIAL_VERSION and self._is_of_another(cls, stream, version, state):
                        others.add(stream)
                    elif stream not in others:
                        raise
                    continue
                found.setdefault(stream, []).append(happened)
                if happened.voids is not None:
                    voided.add(stream)
        for stream in others:
            found.pop(stream, None)
        return found, [stream for stream in streams if stream in voided and stream not in others]

    def _is_of_another(self, cls: type[Aggregate], stream: UUID, version: int, state: bytes) -> bool:
        """Whether another class began this stream: whoever asked for it by an id was given a wrong one."""
        for other, mapper in self._mappers.items():
            with suppress(UnknownType):
                if other is not cls and mapper.event(stream, version, state) is not None:
                    return True
        return False
