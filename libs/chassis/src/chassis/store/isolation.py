"""Of one item and all that it wakes, finds what cannot be committed, and parks that alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from chassis.items import Item
from chassis.store import failures
from chassis.store.batch import Batch, WokenName
from chassis.store.decider import Decider, Result
from chassis.store.failures import Failure
from chassis.store.store import Store
from chassis.telemetry.logs import get_logger

CONFLICTS_OF_A_REHEARSAL = 8
"""So many times another writer may be faster than a rehearsal; then the conflict counts as the content's."""

_log = get_logger("writer")
T = TypeVar("T")
Decide = Callable[[], tuple[Batch, T]]


class Commits(Protocol):
    """Decides and settles, again and again while the database is away or another writer was faster."""

    def __call__(
        self, decide: Decide[T], most_conflicts: int = ..., settle: Callable[[Batch], None] | None = ...
    ) -> T: ...


class Isolation:
    """For one item whose commit fails for what it contains, or for what something woken by it contains.

    Which of them it is shows a rehearsal: the transaction with fewer of the woken, undone at its end.
    """

    def __init__(self, store: Store, decider: Decider, item: Item, commit: Commits) -> None:
        self._store = store
        self._decider = decider
        self._item = item
        self._commit = commit
        self._poison: dict[WokenName, BaseException] = {}

    def set_aside(self, error: BaseException) -> list[Result]:
        """Commit the item with what it woke, but for what is poison. Raises `StalePosition`, and what is no
        content's fault.
        """
        while (name := self._poisonous()) is not None and name not in self._poison:
            self._poison[name] = error
            _log.warning("woken_set_aside", reason=failures.reason(error))
            try:
                return self._commit(self._decided)
            except Exception as another:
                if not _is_contents(another):
                    raise
                error = another
        _log.warning("item_set_aside", reason=failures.reason(error))
        return self._commit(lambda: self._parked(error))

    def _poisonous(self) -> WokenName | None:
        """The first of the woken that no commit takes; None if it is the item itself."""
        if not self._passes(0)[0]:
            return None
        passes, followed = self._passes(None)
        good, bad = 0, len(followed)
        if passes or not bad:
            return None
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if self._passes(middle)[0] else (good, middle)
        return followed[good]

    def _passes(self, most_woken: int | None) -> tuple[bool, list[WokenName]]:
        """Whether a commit of the item and so many of the woken would succeed, and which these were."""
        followed: list[WokenName] = []

        def decide() -> tuple[Batch, None]:
            batch = Batch(
                self._store, self._decider, [self._item], poison=self._poison, most_woken=most_woken
            )
            batch.decide()
            followed[:] = batch.followed
            return batch, None

        try:
            self._commit(decide, CONFLICTS_OF_A_REHEARSAL, Batch.rehearse)
        except Exception as error:
            if not _is_contents(error):
                raise
            return False, followed
        return True, followed

    def _decided(self) -> tuple[Batch, list[Result]]:
        batch = Batch(self._store, self._decider, [self._item], poison=self._poison)
        return batch, batch.decide()

    def _parked(self, error: BaseException) -> tuple[Batch, list[Result]]:
        batch = Batch(self._store, self._decider, [self._item])
        return batch, batch.park_all(error)


def _is_contents(error: BaseException) -> bool:
    return failures.classify(error) in (Failure.CONTENT, Failure.CONFLICT)
