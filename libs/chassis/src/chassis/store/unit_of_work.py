"""The aggregates and rows that one batch works on: loaded in bulk, shared, rolled back attempt by attempt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from chassis.aggregate import Aggregate
from chassis.items import Woken
from chassis.store.commit import Commit
from chassis.store.rows import InboxRow

A = TypeVar("A", bound=Aggregate)


class UnitOfWork:
    """One batch. `now` is read once from the clock; `commit` is what will be written beside events.

    Load in bulk in `Decider.prepare`, then `get` in `decide`. What is asked for without having been loaded is
    read by a query of its own: right, but slow.
    """

    now: datetime
    commit: Commit

    # aggregates
    def load(self, cls: type[A], ids: Iterable[UUID]) -> None:
        """Read aggregates of one class with one query for those that changed.

        Missing ones are remembered as such.
        """
        raise NotImplementedError

    def get(self, cls: type[A], id: UUID) -> A | None:
        """The aggregate as earlier items of the batch left it, or None if there is none. The same object each time.

        Ask again in each `decide`; never keep one from an earlier item.
        """
        raise NotImplementedError

    def add(self, aggregate: A) -> A:
        """Takes in an aggregate made by this batch; later items find it."""
        raise NotImplementedError

    # claims
    def load_claims(self, kind: str, keys: Iterable[str]) -> None:
        raise NotImplementedError

    def holder(self, kind: str, key: str) -> str | None:
        """Who holds the claim, with what this batch claimed and released."""
        raise NotImplementedError

    def claim(self, kind: str, key: str, holder: str) -> None:
        """Claims (kind, key). If another writer was faster the whole batch is decided again."""
        raise NotImplementedError

    def release(self, kind: str, key: str) -> None:
        raise NotImplementedError

    # inbox
    def load_inbox(self, ids: Iterable[tuple[str, str]]) -> None:
        """Read inbox rows by (source, event_id)."""
        raise NotImplementedError

    def load_routed(self, routed_ids: Iterable[str]) -> None:
        """Read inbox rows by the id of the event that routed them."""
        raise NotImplementedError

    def received(self, source: str, event_id: str) -> InboxRow | None:
        """The inbox row of an event, with what this batch added and settled."""
        raise NotImplementedError

    def routed(self, routed_id: str) -> InboxRow | None:
        raise NotImplementedError

    def receive(self, row: InboxRow) -> None:
        """Adds a new inbox row."""
        raise NotImplementedError

    def settle(self, row: InboxRow) -> None:
        """Replaces the verdict of a row that exists (code, field, detail, routed_id, case_key with it)."""
        raise NotImplementedError

    # waits
    def load_waits(self, keys: Iterable[str]) -> None:
        """Read what waits for these keys, so that `wake` costs no query."""
        raise NotImplementedError

    def wake(self, key: str) -> int:
        """Wakes all that waits for `key`, oldest first: the writer decides them right after this item."""
        raise NotImplementedError

    def waiting(self, key: str) -> Sequence[Woken]:
        raise NotImplementedError

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Whatever is raised inside leaves no trace on aggregates, rows or lists."""
        yield
