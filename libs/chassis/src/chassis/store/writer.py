"""The only road to the database: batches of records and of commands alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar

from chassis.items import Item, Record
from chassis.store import failures
from chassis.store.batch import Batch
from chassis.store.decider import Decider, Foresees, Result
from chassis.store.failures import Failure
from chassis.store.isolation import Isolation
from chassis.store.patience import Patience, Stopped
from chassis.store.positions import Partition, StalePosition
from chassis.store.recorder import CommitUnknown
from chassis.store.store import Store
from chassis.telemetry.logs import get_logger

__all__ = ["Decider", "Result", "Stopped", "Writer"]

MOST_CONFLICTS = 8
"""So many times another writer may be faster than a batch; then its halves are tried."""
MOST_CONFLICTS_OF_ONE = 60
"""So many times than a single item, some seconds in all; then the conflict must be in the content itself."""

_log = get_logger("writer")
T = TypeVar("T")


class Writer:
    """Decides and commits, one batch at a time; a second caller waits its turn.

    `run` gives one result an item, in their order, and returns only when each is committed, refused, parked
    or dropped. While PostgreSQL is away it waits, for ever, until `stop` is set; then it raises `Stopped`.
    """

    def __init__(self, store: Store, decider: Decider, stop: threading.Event | None = None) -> None:
        self._store = store
        self._decider = decider
        self._patience = Patience(stop or threading.Event())
        self._turn = threading.Lock()
        self._coming: Iterable[Record] = ()

    def run(self, items: Sequence[Item]) -> list[Result]:
        """Records of one partition must come in their order, each with the position that stands before it.

        Raises `Stopped`, and what is a fault of the software or the schema: then nothing of the rest is
        written.
        """
        with self._turn:
            return self._run(items) if items else []

    def foresee(self, records: Iterable[Record]) -> None:
        """Say which records will probably come next; from any thread, also while a batch runs.

        They are iterated, and the decider is told of them if it cares, while PostgreSQL works at a commit:
        then this thread has nothing else to do.
        """
        self._coming = records

    def once(self, work: Callable[[], Batch]) -> None:
        """Commit a batch that `work` decides, again from the start when another writer was faster."""
        with self._turn:
            self._commit(lambda: (work(), None))

    def _run(self, items: Sequence[Item]) -> list[Result]:
        def decide() -> tuple[Batch, tuple[Batch, list[Result]]]:
            batch = Batch(self._store, self._decider, items)
            return batch, (batch, batch.decide())

        try:
            done, results = self._commit(decide, MOST_CONFLICTS if len(items) > 1 else MOST_CONFLICTS_OF_ONE)
            return done.placed(results)
        except StalePosition as stale:
            return self._without(items, stale.partitions)
        except Exception as error:
            if failures.classify(error) in (Failure.CONTENT, Failure.CONFLICT):
                return self._isolate(items, error)
            raise

    def _commit(
        self,
        decide: Callable[[], tuple[Batch, T]],
        most_conflicts: int = MOST_CONFLICTS_OF_ONE,
        settle: Callable[[Batch], None] | None = None,
    ) -> T:
        """Decide and commit (or `settle`) until it is done or it is clear that trying again does not help."""
        conflicts = 0
        patience = self._patience.anew()
        while True:
            try:
                batch, results = decide()
                (settle or self._settle)(batch)
            except Exception as error:
                failure = failures.classify(error)
                if failure is Failure.CONNECTION:
                    patience.wait(error)
                elif failure is Failure.CONFLICT and conflicts < most_conflicts:
                    conflicts += 1
                    _log.info("decided_again", reason=failures.conflict(error), attempt=conflicts)
                    patience.give_way(conflicts)
                else:
                    raise
            else:
                return results

    def _settle(self, batch: Batch) -> None:
        """Commit. If the connection is lost on the way, PostgreSQL is asked what became of it."""
        try:
            batch.commit(self._look_ahead)
        except CommitUnknown as unknown:
            if not self._was_committed(unknown.token):
                raise
            _log.info("commit_was_done", reason="connection lost during COMMIT")
            batch.uow.keep()

    def _look_ahead(self) -> None:
        """What fails here fails again in its turn, and is told then."""
        coming, self._coming = self._coming, ()
        if isinstance(self._decider, Foresees):
            with suppress(Exception):
                self._decider.foresee(list(coming), self._store.clock.now())

    def _was_committed(self, token: int) -> bool:
        patience = self._patience.anew()
        while True:
            try:
                return self._store.recorder.was_committed(token)
            except Exception as error:
                if failures.classify(error) is not Failure.CONNECTION:
                    raise
                patience.wait(error)

    def _without(self, items: Sequence[Item], stale: frozenset[Partition]) -> list[Result]:
        """Drop what belongs to partitions that another instance moved; go on with the rest."""
        kept = [item for item in items if not _of(item, stale)]
        rest = iter(self._run(kept) if kept else [])
        return [Result(item, dropped=True) if _of(item, stale) else next(rest) for item in items]

    def _isolate(self, items: Sequence[Item], error: BaseException) -> list[Result]:
        """Halve down to the item whose content cannot be committed; park it, and only it."""
        if len(items) > 1:
            middle = len(items) // 2
            return [*self._run(items[:middle]), *self._run(items[middle:])]
        try:
            return Isolation(self._store, self._decider, items[0], self._commit).set_aside(error)
        except StalePosition as stale:
            return self._without(items, stale.partitions)


def _of(item: Item, partitions: frozenset[Partition]) -> bool:
    return type(item) is Record and (item.topic, item.partition) in partitions
