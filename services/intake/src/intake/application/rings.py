"""What the clock makes due in cases: one place that knows who hears each kind of timer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from chassis.items import Command, Item
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import RING, Timer, take_away

from intake.domain.case import Case

Hears = Callable[[UnitOfWork, Timer], None]


def is_ring(item: Item) -> bool:
    """Whether the clock gives this command."""
    return isinstance(item, Command) and item.name == RING


class Rings:
    """Lets each timer be heard and takes it away; whoever hears it records nothing a second time."""

    def __init__(self, hears: Mapping[str, Hears]) -> None:
        self._hears = hears

    def load(self, uow: UnitOfWork, commands: Iterable[Command]) -> None:
        """Read the cases of all that rings, in one query."""
        cases = {_timer(command).stream for command in commands if command.name == RING}
        if cases:
            uow.load(Case, cases)

    def case_key(self, command: Command) -> str:
        """The case whose timer rings."""
        return str(_timer(command).stream)

    def ring(self, uow: UnitOfWork, command: Command) -> bytes:
        """Let it be heard, unless the clock was set back meanwhile: then it rings again."""
        timer = _timer(command)
        if timer.due_at <= uow.now:
            self._hears[timer.kind](uow, timer)
            take_away(uow, timer)
        return b""


def _timer(command: Command) -> Timer:
    return Timer.of(command.message)  # type: ignore[arg-type]
