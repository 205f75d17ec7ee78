"""A service's database.

One pool, one recorder, one cache; what everything else of the write side stands on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from chassis.box import Box
from chassis.clock import Clock
from chassis.mapper import Mapper
from chassis.store.datastore import Datastore
from chassis.store.history import AggregateCache, History
from chassis.store.outcomes import Outcomes
from chassis.store.parked import ParkedItems
from chassis.store.positions import Positions
from chassis.store.recorder import Recorder
from chassis.store.unit_of_work import UnitOfWork


class Store:
    """Opened by a DSN after `migrate`; `mappers` names every aggregate class that the service records.

    Asks nothing of the server until it is used. `close` when done, or use it as a context.
    """

    def __init__(
        self,
        dsn: str,
        *,
        clock: Clock,
        box: Box,
        mappers: Iterable[Mapper[Any]] = (),
        pool_size: int = 4,
        cached_aggregates: int = 10_000,
    ) -> None:
        self.clock = clock
        self.datastore = Datastore(dsn, size=pool_size)
        self.recorder = Recorder(self.datastore, clock)
        self.positions = Positions(self.datastore)
        self.outcomes = Outcomes(self.datastore)
        self.parked = ParkedItems(self.datastore, box)
        self.history = History(
            self.datastore,
            {mapper.aggregate_class: mapper for mapper in mappers},
            AggregateCache(cached_aggregates),
        )

    def unit_of_work(self) -> UnitOfWork:
        """A new batch, with the clock read once."""
        return UnitOfWork(self.datastore, self.history, self.clock.now())

    def close(self) -> None:
        self.datastore.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
