"""The only road to the database: batches of records and of commands alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from chassis.items import Item
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork


class Result(NamedTuple):
    """What became of one item. Exactly one of: answered (`answer` may be None), refused, parked, dropped, failed.

    `dropped`: nothing was written for it, its partition is no longer ours (the stored position is another
    one). `error`: a command that broke; records never have one, they are parked. `last_event`: the id of the
    last event that the item caused, None if none.
    """

    item: Item
    answer: bytes | None = None
    refusal: Refusal | None = None
    parked: bool = False
    dropped: bool = False
    error: BaseException | None = None
    last_event: str | None = None


class Decider(Protocol):
    """The service's use cases. Called on the writer's thread only; must not keep anything between batches."""

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        """Reads in bulk what `decide` will need (also called for what was woken).

        Must not raise for bad content.
        """

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        """What the item's order depends on; if something of that key is parked, the item waits behind it."""
        ...

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        """Decides one item, under an attempt. May raise `Refusal`; the answer of a command is its bytes."""
        ...


class Writer:
    """Decides and commits. One thread at a time; callers queue.

    `run` gives one result an item, in their order. It returns only when everything is committed, parked,
    dropped or answered; while PostgreSQL is away it waits, for ever, until `stop` is set (then raises
    `Stopped`).
    """

    def __init__(self, store: Any, decider: Decider) -> None:
        self._store = store
        self._decider = decider

    def run(self, items: Sequence[Item]) -> list[Result]:
        raise NotImplementedError
