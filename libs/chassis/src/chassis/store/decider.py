"""What a service tells the writer: how to decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from chassis.items import Item, Record
from chassis.refusal import Refusal
from chassis.store.recorder import Row
from chassis.store.unit_of_work import UnitOfWork


class Decider(Protocol):
    """The service's use cases. Called on the writer's thread only; keeps nothing between batches.

    A batch may be decided more than once (another writer was faster, the connection was lost), so nothing may
    have an effect but through the unit of work.
    """

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        """Read in bulk what `decide` will need.

        Also called for what was woken. Does not raise for bad content.
        """

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        """What the item's order depends on: if something of that key is parked, the item waits behind it."""
        ...

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        """Decide one item; the answer of a command is its bytes.

        A command may raise `Refusal`. A record or what was woken must not: refusing it silently would lose
        it, so it is parked. It answers by a verdict, a receipt or an event instead. Anything else raised
        parks it too.
        """
        ...


@runtime_checkable
class Foresees(Protocol):
    """A decider that can read records before their batch begins: pure work, done while PostgreSQL works."""

    def foresee(self, records: Sequence[Record], now: datetime) -> None:
        """Called on the writer's thread at a commit, for records that will probably come next.

        Nothing may depend on it.
        """


class Result(NamedTuple):
    """What became of one item. Exactly one of: answered, refused, parked, dropped, failed.

    Answered: `answer`, which may be None; `last` is the row of the last event that it caused, None if none;
    for a command `position` is where the commit put that row in the log, None where nobody was told.
    Dropped: nothing was written for it, the stored position of its partition is another one than it expects.
    Failed: a command that broke, with its `error`; records never fail, they are parked.
    """

    item: Item
    answer: bytes | None = None
    refusal: Refusal | None = None
    parked: bool = False
    dropped: bool = False
    error: BaseException | None = None
    last: Row | None = None
    position: int | None = None

    @property
    def last_event(self) -> str | None:
        """The id of the last event that the item caused: for read-your-writes."""
        return f"{self.last.originator_id}:{self.last.originator_version}" if self.last else None
