"""The aggregates and rows that one batch works on: loaded in bulk, shared, rolled back attempt by attempt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from chassis.aggregate import Aggregate
from chassis.items import Woken
from chassis.refusal import Refusal
from chassis.store.aggregates import Aggregates
from chassis.store.claims import Claims
from chassis.store.commit import Commit
from chassis.store.datastore import Datastore
from chassis.store.history import History
from chassis.store.inbox import Inbox
from chassis.store.overlay import Journal
from chassis.store.recorder import Row
from chassis.store.rows import InboxRow, Wait
from chassis.store.together import Ask, together
from chassis.store.waits import Waits

A = TypeVar("A", bound=Aggregate)
Mark = tuple[int, ...]


class UnitOfWork:
    """One batch. `now` is read once from the clock; `commit` is what will be written beside events.

    Load in bulk in `Decider.prepare`, then look up in `decide`. What is asked for without having been loaded
    is read by a query of its own: right, but slow. All that is looked up shows what earlier items of the
    batch did.
    """

    def __init__(self, datastore: Datastore, history: History, now: datetime) -> None:
        self.now = now
        self.commit = Commit()
        self.woken: list[Woken] = []
        self.traceparent: str | None = None
        self._datastore = datastore
        self._journal = Journal()
        self._aggregates = Aggregates(history, self._journal)
        self._claims = Claims(datastore, self._journal)
        self._holders = self._claims.now
        self._inbox = Inbox(datastore, self._journal)
        self._waits = Waits(datastore, self._journal)
        commit = self.commit
        self._lists: tuple[list[Any], ...] = (
            *(commit.releases, commit.claims, commit.waits_gone, commit.waits, commit.inbox),
            *(commit.verdicts, commit.other_contents, commit.receipts, commit.outcomes),
            *(commit.parked, commit.extra, self.woken),
        )

    # Queries of one's own

    def ask(self, *asks: Sequence[Ask]) -> None:
        """Send queries that need nothing of each other in one round trip, and hand each its rows."""
        together(self._datastore.get_connection, [one for each in asks for one in each])

    # Aggregates

    def load(self, cls: type[Aggregate], ids: Iterable[UUID]) -> None:
        """Read aggregates of one class with one query for what is new.

        Missing ones are remembered as such.
        """
        self._aggregates.load(cls, ids)

    def get(self, cls: type[A], id: UUID) -> A | None:
        """The aggregate as earlier items left it, None if there is none. Always the same object.

        Ask again in each `decide`; never keep one from an earlier item.
        """
        return self._aggregates.get(cls, id)

    def look(self, cls: type[A], ids: Iterable[UUID]) -> list[A]:
        """Those that there are, to look at while preparing: whoever changes one asks `get` for it."""
        return self._aggregates.look(cls, ids)

    def add(self, aggregate: A) -> A:
        """Takes in an aggregate made by this item.

        Later items find it. Raises ValueError if its id exists.
        """
        self._aggregates.add(aggregate)
        return aggregate

    def refold(self, aggregate: Aggregate) -> None:
        """Gives an aggregate, in place, the state that it has without the events voided just now.

        Asked for before it decides again; otherwise done when the item is decided. Reads its whole stream.
        """
        self._aggregates.refold(aggregate)

    def events(self, aggregate: Aggregate) -> list[Any]:
        """All events of an aggregate from its first, this item's included. Reads its whole stream."""
        return self._aggregates.events(aggregate)

    # Claims: unique (kind, key) for what no aggregate's version protects

    def load_claims(self, kind: str, keys: Iterable[str]) -> None:
        """Read who holds these keys, in one query."""
        self._claims.load((kind, key) for key in keys)

    def asks_claims(self, kind: str, keys: Iterable[str]) -> list[Ask]:
        """The query of `load_claims`, for `ask`; none where nothing is left to be read."""
        return self._claims.asks((kind, key) for key in keys)

    def load_claims_of(self, names: Iterable[tuple[str, str]]) -> None:
        """Read who holds these (kind, key), of whatever kinds, in one query."""
        self._claims.load(names)

    def asks_claims_of(self, names: Iterable[tuple[str, str]]) -> list[Ask]:
        """The query of `load_claims_of`, for `ask`."""
        return self._claims.asks(names)

    def holder(self, kind: str, key: str) -> str | None:
        """Who holds the key, None if nobody."""
        name = (kind, key)
        try:
            return self._holders[name]
        except KeyError:
            return self._claims.holder(name)

    def claim(self, kind: str, key: str, holder: str) -> None:
        """Claims the key. If another writer is faster, the whole batch is decided again."""
        self._claims.put((kind, key), holder)

    def release(self, kind: str, key: str) -> None:
        """Gives the key up; of a key that nobody holds, nothing."""
        self._claims.put((kind, key), None)

    # Inbox: one row for each (source, event_id)

    def load_inbox(self, names: Iterable[tuple[str, str]]) -> None:
        """Read inbox rows by (source, event_id), in one query."""
        self._inbox.load(names)

    def asks_inbox(self, names: Iterable[tuple[str, str]]) -> list[Ask]:
        """The query of `load_inbox`, for `ask`."""
        return self._inbox.asks(names)

    def load_routed(self, routed_ids: Iterable[str]) -> None:
        """Read inbox rows by the id of the event that routed them, in one query."""
        self._inbox.load_routed(routed_ids)

    def received(self, source: str, event_id: str) -> InboxRow | None:
        """The inbox row of an event; None if it was never received."""
        return self._inbox.received((source, event_id))

    def routed(self, routed_id: str) -> InboxRow | None:
        """The inbox row that was routed by this event."""
        return self._inbox.routed(routed_id)

    def receive(self, row: InboxRow) -> None:
        """Adds an inbox row. If another writer is faster, the whole batch is decided again."""
        self._inbox.put(row)

    def settle(self, row: InboxRow) -> None:
        """Replaces the row of an event that was received.

        Verdict, code, field, detail, routed_id, case_key.
        """
        self._inbox.put(row)

    # Waits: for a key, until it is woken

    def load_waits(self, keys: Iterable[str]) -> None:
        """Read what waits for these keys in one query, so that `wake` costs none."""
        self._waits.load(keys)

    def asks_waits(self, keys: Iterable[str]) -> list[Ask]:
        """The query of `load_waits`, for `ask`."""
        return self._waits.asks(keys)

    def wait(self, wait: Wait) -> None:
        """Lets an event wait for `wait.key`."""
        self._waits.add(wait)

    def waiting(self, key: str) -> Sequence[Woken]:
        """What waits for the key, oldest first."""
        return self._waits.of(key)

    def wake(self, key: str) -> int:
        """Wakes all that waits for the key: decided right after this item, oldest first; how many.

        What is woken waits no longer; if it must go on waiting, it is decided to `wait` again.
        """
        taken = self._waits.take(key)
        self.woken += taken
        return len(taken)

    def wake_one(self, wait: Woken) -> None:
        """Wakes this one only, and leaves what else waits for its key."""
        self._waits.remove(wait)
        self.woken.append(wait)

    def overdue(self, limit: int = 500) -> Sequence[Woken]:
        """Waits whose term is over by `now`, longest first.

        They go on waiting until `stop_waiting` or `wake`.
        """
        return self._waits.overdue(self.now, limit)

    def stop_waiting(self, wait: Woken) -> None:
        """Takes away one wait without deciding it."""
        self._waits.remove(wait)

    # Attempts

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Whatever is raised inside leaves no trace on aggregates, rows or lists; it is raised on."""
        mark = self.mark()
        try:
            yield
        except BaseException as error:
            self.roll_back(mark, refused=isinstance(error, Refusal))
            raise

    def mark(self) -> Mark:
        """Where an attempt begins; `attempt()` without the cost of a context."""
        return (self._aggregates.mark(), len(self._journal), *map(len, self._lists))

    def roll_back(self, mark: Mark, *, refused: bool) -> None:
        """Undo all since the mark. `refused`: no `@event` method has broken off half way."""
        touched, changes, *lengths = mark
        for rows, length in zip(self._lists, lengths, strict=True):
            del rows[length:]
        self._aggregates.restore(touched, all_of_them=not refused)
        self._journal.undo(changes)

    def collect(self) -> Row | None:
        """The item is decided: its events will be recorded. The last of them, None if it caused none."""
        return self._aggregates.collect(self.traceparent)

    # Commit

    @property
    def rows(self) -> Sequence[Row]:
        """The events that are to be recorded, in the order of the log."""
        return self._aggregates.rows

    def seal(self) -> tuple[list[Row], Commit]:
        """The events and everything else, as they are to be written. Once."""
        self._claims.write_to(self.commit)
        self._inbox.write_to(self.commit)
        self._waits.write_to(self.commit)
        return self._aggregates.rows, self.commit

    def keep(self) -> None:
        """The commit succeeded: the aggregates are kept for the next batch."""
        self._aggregates.keep()
