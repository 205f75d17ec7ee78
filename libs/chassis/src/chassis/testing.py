"""Tests of aggregates as sentences: `given(...).when(...).then(...)`, without store, clock or sockets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, Generic, Self, TypeVar, overload

from contracts.base import Payload

from chassis.aggregate import Aggregate, fold
from chassis.refusal import Refusal

A = TypeVar("A", bound=Aggregate)


class Story(Generic[A]):
    """An aggregate, what is done to it, and what must come of it."""

    def __init__(self, aggregate: A | None) -> None:
        self._aggregate = aggregate
        self._before: list[Any] = []
        self._refusal: Refusal | None = None
        self._state_before: dict[str, Any] = {}

    def when(self, act: Callable[[A], A | None]) -> Self:
        """Does one thing: calls `act(aggregate)`.

        A second `when` adds to the first; only what the last one caused is looked at by `then`.
        """
        self._fail_if_refused_before()
        if self._aggregate is not None:
            self._before += self._aggregate.collect_events()
            refold(self._aggregate, self._before)
            self._state_before = _state(self._aggregate)
        try:
            made = act(self._aggregate)  # type: ignore[arg-type]
        except Refusal as refusal:
            self._refusal = refusal
        else:
            self._aggregate = made if isinstance(made, Aggregate) else self._aggregate
        return self

    def then(self, *payloads: Payload) -> A:
        """Exactly these payloads were recorded, in this order; gives the aggregate to look at."""
        assert self._refusal is None, f"refused: {self._refusal!r}"
        assert self._aggregate is not None, "nothing was created"
        recorded = [happened.data for happened in self._aggregate.pending_events]  # type: ignore[attr-defined]
        assert recorded == list(payloads), f"recorded {recorded!r}"
        return self._aggregate

    def then_recorded(self, *kinds: type[Payload]) -> A:
        """Payloads of exactly these kinds were recorded, in this order."""
        assert self._refusal is None, f"refused: {self._refusal!r}"
        assert self._aggregate is not None, "nothing was created"
        recorded = [happened.data for happened in self._aggregate.pending_events]  # type: ignore[attr-defined]
        assert [type(data) for data in recorded] == list(kinds), f"recorded {recorded!r}"
        return self._aggregate

    def then_nothing(self) -> A:
        """It was allowed, and nothing was recorded."""
        return self.then()

    def then_refused(
        self,
        code: str,
        *,
        state: str | None = None,
        moves: Sequence[str] | None = None,
        field: str | None = None,
        later: bool | None = None,
    ) -> Refusal:
        """It was refused with this code (and state, moves, field, later where given) and left no trace."""
        refusal = self._refusal
        assert refusal is not None, "it was not refused"
        assert refusal.code == code, f"refused with {refusal!r}"
        for name, expected in {"state": state, "field": field, "later": later}.items():
            assert expected is None or getattr(refusal, name) == expected, (
                f"{name}: {getattr(refusal, name)!r}"
            )
        assert moves is None or sorted(refusal.moves) == sorted(moves), f"moves: {refusal.moves!r}"
        if self._aggregate is not None:
            assert _state(self._aggregate) == self._state_before, "the refusal left a trace"
        return refusal

    def _fail_if_refused_before(self) -> None:
        assert self._refusal is None, f"an earlier step was refused: {self._refusal!r}"


class Beginning:
    """Nothing yet: what is done first must make the aggregate."""

    def when(self, act: Callable[[None], A]) -> Story[A]:
        """Calls `act(None)`, which gives the new aggregate or is refused."""
        story: Story[A] = Story(None)
        return story.when(act)  # type: ignore[arg-type]


@overload
def given() -> Beginning: ...
@overload
def given(aggregate: A, *steps: Callable[[A], object]) -> Story[A]: ...
def given(aggregate: Any = None, *steps: Callable[[Any], object]) -> Any:
    """An aggregate as it is after `steps` (each called with it, none refused), or nothing at all."""
    if aggregate is None:
        return Beginning()
    for step in steps:
        step(aggregate)
    return Story(aggregate)


def refold(aggregate: Aggregate, before: Sequence[Any] = ()) -> None:
    """What `uow.refold` does, for an aggregate whose events are `before` and those pending."""
    if aggregate.stale:
        pending = list(aggregate.pending_events)
        fresh = fold([*before, *pending])
        fresh._pending_events = pending
        aggregate.__dict__.clear()
        aggregate.__dict__.update(fresh.__dict__)


def _state(aggregate: Aggregate) -> dict[str, Any]:
    return deepcopy(aggregate.__dict__)
