"""One try at a batch: look up, prepare, decide each item on its own, commit all of them together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from chassis import crash
from chassis.items import Command, Item, Record, Woken
from chassis.refusal import Refusal
from chassis.store import failures
from chassis.store.decider import Decider, Result
from chassis.store.outcomes import Name, answer_again, digest
from chassis.store.rows import Outcome, PositionMove
from chassis.store.store import Store

BEHIND = "behind"
"""The reason of an item that waits behind a parked one."""

_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context, version 00. Anything else in that header is somebody's text: it goes no further."""


class DeadlinePassed(TimeoutError):
    """The caller's deadline passed before its command was decided: nothing was done."""


WokenName = tuple[str, str]
"""(source, event id) of what was woken: the same in every try, also of what no table has seen yet."""
NO_POISON: Mapping[WokenName, BaseException] = MappingProxyType({})


class Batch:
    """Decides items in their order and writes what came of them. Used once; a second try takes a new one.

    `poison` is what is known not to be fit for a commit when it is woken, and why: it is parked unseen.
    `most_woken` is for a rehearsal only: what is woken after so many is not decided. `followed` tells which
    were, in their order.
    """

    def __init__(
        self,
        store: Store,
        decider: Decider,
        items: Sequence[Item],
        *,
        poison: Mapping[WokenName, BaseException] = NO_POISON,
        most_woken: int | None = None,
    ) -> None:
        self.followed: list[WokenName] = []
        self.uow = store.unit_of_work()
        self._store = store
        self._decider = decider
        self._items = items
        self._poison = poison
        self._most_woken = most_woken
        self._parked: set[str] = set()
        self._outcomes: dict[Name, Outcome] = {}
        self._first_id: int | None = None

    def decide(self) -> list[Result]:
        """One result an item. Raises what is no item's own fault."""
        commands = [item for item in self._items if type(item) is Command]
        parked = self._store.parked.asks_open_keys(self._parked)
        self.uow.ask([parked], self._store.outcomes.asks(commands, self._outcomes))
        self._decider.prepare(self.uow, self._items)
        results = [
            self._answer(item) if type(item) is Command else self._decide(item) for item in self._items
        ]
        self.uow.commit.positions += moves(self._items)
        return results

    def park_all(self, error: BaseException) -> list[Result]:
        """Instead of deciding: each item is set aside because its content cannot be committed."""
        results = [self._fail(item, error) for item in self._items]
        self.uow.commit.positions += moves(self._items)
        return results

    def follow_woken(self) -> None:
        """Decide what was woken, oldest first, and at once what that wakes in turn."""
        uow = self.uow
        while uow.woken:
            woken = uow.woken[:]
            uow.woken.clear()
            self._decider.prepare(uow, woken)
            for item in woken:
                self._follow(item)

    def commit(self, meanwhile: Callable[[], None]) -> None:
        """Write all of it, unless there is nothing. Raises `CommitUnknown` when nobody knows.

        `meanwhile` is called while PostgreSQL works, if there is something to write.
        """
        rows, commit = self.uow.seal()
        if rows or not commit.is_empty():
            crash.point("before_commit")
            self._first_id = self._store.recorder.write(rows, commit, meanwhile=meanwhile).first_id
        self.uow.keep()

    def placed(self, results: list[Result]) -> list[Result]:
        """The results after the commit: those of commands with the position of their last event."""
        if self._first_id is None or type(self._items[0]) is not Command:
            return results
        places = {id(row): place for place, row in enumerate(self.uow.rows, self._first_id)}
        return [result._replace(position=places.get(id(result.last))) for result in results]

    def rehearse(self) -> None:
        """Write all of it and undo it. Raises what a commit would raise."""
        self._store.recorder.rehearse(*self.uow.seal())

    def _follow(self, item: Woken) -> None:
        if len(self.followed) == self._most_woken:
            return
        name = (item.source, item.event_id)
        self.followed.append(name)
        if (error := self._poison.get(name)) is not None:
            self._fail(item, error)
        else:
            self._decide(item)

    def _answer(self, command: Command) -> Result:
        """A command: its first answer again, or a decision whose answer is kept."""
        name = (command.caller, command.request_id)
        try:
            if (known := self._outcomes.get(name)) is not None:
                return Result(command, answer_again(known, command))
        except Refusal as refusal:
            return Result(command, refusal=refusal)
        if command.deadline is not None and command.deadline <= datetime.now(UTC):
            return Result(command, error=DeadlinePassed("decided too late: ask again with more time"))
        result = self._decide(command)
        if command.request_id and result.refusal is None and result.error is None:
            outcome = Outcome(command.request_id, command.caller, digest(command), result.answer)
            self._outcomes[name] = outcome
            self.uow.commit.outcomes.append(outcome)
        return result

    def _decide(self, item: Item) -> Result:
        uow = self.uow
        if self._parked and (key := self._key(item)) in self._parked:
            return self._behind(item, key)
        mark = uow.mark()
        uow.traceparent = _traceparent(item)
        try:
            answer = self._decider.decide(uow, item)
            last = uow.collect()
        except Refusal as refusal:
            uow.roll_back(mark, refused=True)
            return self._refuse(item, refusal)
        except Exception as error:
            if failures.is_nobodys(error):
                raise
            uow.roll_back(mark, refused=False)
            return self._fail(item, error)
        if uow.woken:
            self.follow_woken()
        return Result(item, answer, last=last)

    def _behind(self, item: Item, key: str) -> Result:
        if type(item) is Command:
            return Result(item, refusal=Refusal("case_parked"))
        return self._park(item, key, BEHIND, behind=True)

    def _refuse(self, item: Item, refusal: Refusal) -> Result:
        if type(item) is Command:
            return Result(item, refusal=refusal)
        return self._park(item, self._key(item), f"refused: {refusal.code}", behind=False)

    def _fail(self, item: Item, error: BaseException) -> Result:
        if type(item) is Command:
            return Result(item, error=error)
        return self._park(item, self._key(item), failures.reason(error), behind=False)

    def _park(self, item: Item, key: str, reason: str, *, behind: bool) -> Result:
        assert not isinstance(item, Command)
        row = self._store.parked.row(item, key, reason, behind=behind, now=self.uow.now)
        if isinstance(item, Woken):
            self.uow.stop_waiting(item)
        self.uow.commit.parked.append(row)
        self._parked.add(key)
        return Result(item, parked=True)

    def _key(self, item: Item) -> str:
        """The item's case, or its place on Kafka if its content does not even say that."""
        key = ""
        try:
            key = self._decider.case_key(self.uow, item)
        except Exception as error:
            if failures.is_nobodys(error) or isinstance(item, Command):
                raise
        return key if key or isinstance(item, Command) else f"{item.topic}/{item.partition}/{item.offset}"


def moves(items: Iterable[Item]) -> list[PositionMove]:
    """How far the records of a batch move each partition: from what the first expects to after the last."""
    last: dict[tuple[str, int], Record] = {}
    first: dict[tuple[str, int], int | None] = {}
    for item in items:
        if type(item) is Record:
            partition = (item.topic, item.partition)
            first.setdefault(partition, item.after)
            last[partition] = item
    return [
        PositionMove(*partition, first[partition], record.offset + 1, record.source_position)
        for partition, record in last.items()
    ]


def _traceparent(item: Item) -> str | None:
    if type(item) is not Record:
        return None
    found = item.headers.get("traceparent")
    return found.decode("ascii") if found and _TRACEPARENT.fullmatch(found) else None
