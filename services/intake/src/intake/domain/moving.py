"""Somebody who moves to another commune: who takes the client up there, and who owes an answer by when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from chassis.refusal import Refusal
from contracts.envelope import Meta
from reference.days import local_day


class Move(NamedTuple):
    """One move. `version`: its event in the case. `to_org` None: nobody that we know of takes the client up,
    and nobody owes an answer."""

    version: int
    number: str | None
    to_org: str | None
    due_at: datetime | None
    by: str = ""
    """Who reported it, and waits for the answer."""
    since: date | None = None
    """The day on which we were told, from which the answer is due."""
    acknowledged: bool = False
    overdue: bool = False
    client: UUID | None = None
    """Who moves, where that is not the case's own client."""
    stands_for: tuple[int, ...] = ()
    """The versions of those that it puts right and that were sent to the same office."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes an answer."""
        return self.to_org is not None and not self.acknowledged

    def in_place_of(self, wrong: Move | None) -> Move:
        """As it counts in the place of one that was wrong: where the office is the same, that owes its answer
        since it was told first, and has answered if it has answered that one."""
        if wrong is None or wrong.to_org is None or wrong.to_org != self.to_org:
            return self
        return self._replace(since=wrong.since, stands_for=(wrong.version, *wrong.stands_for))


def notice_due(moved: Meta, hours: int | None) -> datetime | None:
    """By when the commune that somebody left had to be told, where a law asked for it within so many hours:
    counted from the last instant at which the person may have moved."""
    return None if hours is None else moved.latest_at + timedelta(hours=hours)


def is_late(notified_on: date, due_at: datetime | None) -> bool | None:
    """Whether a notice given on that day, in Viet Nam, came too late at whatever time; none where none was
    due."""
    return None if due_at is None else notified_on > local_day(due_at)


def answered(moves: Sequence[Move], number: str | None, is_theirs: Callable[[str], bool]) -> Move:
    """The move that is acknowledged: the one of the number, or else the latest to whoever answers.

    Raises `Refusal`: the number is not a move's, the move is another organisation's, or it was answered.
    """
    if number is not None and number not in {move.number for move in moves}:
        raise Refusal("not_a_number_of_a_move", field="/about/introduction")
    named = [move for move in moves if number in (None, move.number)]
    theirs = [move for move in named if move.to_org is not None and is_theirs(move.to_org)]
    if not theirs:
        raise Refusal("move_to_somebody_else", field="ce_source")
    waiting = [move for move in theirs if move.is_open]
    if not waiting:
        raise Refusal("already_recorded", detail={"step": "move_acknowledged"})
    return waiting[-1]


def put(
    moves: Sequence[Move], version: int, *, acknowledged: bool = False, overdue: bool = False
) -> tuple[Move, ...]:
    """The moves with something more known of one; as they are where that one is not there any more."""
    return tuple(
        one._replace(acknowledged=one.acknowledged or acknowledged, overdue=one.overdue or overdue)
        if version in (one.version, *one.stands_for)
        else one
        for one in moves
    )
