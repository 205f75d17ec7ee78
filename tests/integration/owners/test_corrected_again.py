"""What is corrected again and again, on real databases: of all that stands for one thing, one counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.common import EventVoided
from contracts.events.followup import HandoverNotified
from contracts.events.referral import ReferralRequested, ReferralRequestedPosted
from contracts.vocabulary import NumberKind, Service
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.integration.owners.test_corrections import (
    ADMITTED,
    FACILITY,
    SOCIAL,
    correction_of,
    opened,
    void_of,
)
from tests.integration.owners.world import World

UNKNOWN = "co-quan-moi"


class Step(Enum):
    """What comes next: something right, something that has to wait, something that is refused, a void; or all
    is read anew from the database."""

    RIGHT = "right"
    WAITS = "waits"
    REFUSED = "refused"
    VOID = "void"
    READ_ANEW = "read anew"


STEPS = st.lists(st.tuples(st.sampled_from(Step), st.integers(0, 3)), max_size=6)


@dataclass
class Owner:
    """How one service is told of something, and by which of its events that counts."""

    world: World
    counts: type[Payload]
    posts: dict[Step, tuple[Payload, dict[str, Any]]]
    org: str
    begins: Callable[[UUID], None] = lambda _case_id: None


def asks(world: World) -> Owner:
    """Referral: a request, to a provider that is known, to one that is not yet, to one that gives none."""

    def request(provider: str) -> tuple[Payload, dict[str, Any]]:
        return ReferralRequestedPosted(service=Service.LOAN, provider=provider), {}

    kinds = (Step.RIGHT, Step.WAITS, Step.REFUSED)
    posts = dict(zip(kinds, map(request, ("csxh-long-bien", UNKNOWN, "ubnd-bo-de")), strict=True))
    return Owner(world, ReferralRequested, posts, SOCIAL)


def tells(world: World) -> Owner:
    """Followup: the notice of a handover, to an office that is known, to one that is not yet, of no stay."""

    def notice(to_org: str, **about: Any) -> tuple[Payload, dict[str, Any]]:
        return HandoverNotified(to_org=to_org, to_commune="00139", due_on=date(2019, 9, 1)), about

    posts = {
        Step.RIGHT: notice("ubnd-bo-de"),
        Step.WAITS: notice(UNKNOWN),
        Step.REFUSED: notice("ubnd-bo-de", number="LT-0000-0000-0000-0", kind=NumberKind.STAY),
    }

    def admitted(case_id: UUID) -> None:
        world.feed(world.intake.routed(case_id, ADMITTED, FACILITY))

    return Owner(world, HandoverNotified, posts, FACILITY, admitted)


@dataclass
class Line:
    """One thing and its corrections, as they should stand: the routed event that counts, those that wait or
    were given up, and in whose place each was to stand."""

    owner: Owner
    case_id: UUID
    counts: Recorded[Payload] | None = None
    waits: Recorded[Payload] | None = None
    given_up: list[Recorded[Payload]] = field(default_factory=list)
    place: dict[str, str | None] = field(default_factory=dict)
    untold: list[Recorded[Payload]] = field(default_factory=list)

    def correctable(self) -> list[Recorded[Payload]]:
        """What waits, else what counts or was given up for something that was refused."""
        if self.waits is not None:
            return [self.waits]
        there = self.counts.id if self.counts is not None else ""
        return [*filter(None, [self.counts]), *(one for one in self.given_up if self.place[one.id] == there)]

    def take(self, step: Step, which: int) -> None:
        """Intake tells of it: what should come of that."""
        found = self.correctable()
        if step is Step.READ_ANEW:
            self.owner.world.parts.store.history.cache._kept.clear()
        elif step is Step.VOID:
            if voided := self.waits or self.counts:
                self._void(voided)
        elif not found:
            payload, about = self.owner.posts[step]
            first = self.owner.world.intake.routed(self.case_id, payload, self.owner.org, **about)
            self.untold.append(first)
            self._note(step, first, None)
        else:
            self._correct(step, found[which % len(found)])

    def _void(self, voided: Recorded[Payload]) -> None:
        self.untold.append(void_of(self.owner.world, voided))
        if voided is self.waits:
            self.waits = None
        else:
            self.counts = None

    def _correct(self, step: Step, wrong: Recorded[Payload]) -> None:
        payload, about = self.owner.posts[step]
        void, right = correction_of(self.owner.world, wrong, payload, **about)
        self.untold += (void, right)
        if wrong is self.waits:
            self.waits = None
            self.given_up.append(wrong)
        place = wrong.id if wrong is self.counts else self.place[wrong.id]
        self._note(step, right, place)

    def _note(self, step: Step, right: Recorded[Payload], place: str | None) -> None:
        if step is Step.RIGHT:
            self.counts = right
        elif step is Step.WAITS:
            self.waits, self.place[right.id] = right, place

    def check(self) -> None:
        """The service hears of all that it was not told yet, as one batch; what counts is what should."""
        self.owner.world.feed(*self.untold)
        self.untold.clear()
        assert self.standing() == ([self.counts.id] if self.counts is not None else [])

    def standing(self) -> list[str | None]:
        """The routed events that count by the service's own log."""
        log = self.owner.world.log(self.case_id)
        voided = {one.data.event_id for one in log if isinstance(one.data, EventVoided)}
        standing = (one for one in log if isinstance(one.data, self.owner.counts) and one.id not in voided)
        return [one.meta.causation_id for one in standing]


R, W, N, V, A = ((step, 0) for step in (Step.RIGHT, Step.WAITS, Step.REFUSED, Step.VOID, Step.READ_ANEW))
OF_WHAT_WAITED = (Step.RIGHT, 1)
"""Corrects what was given up."""


@pytest.mark.parametrize("service", ["referral", "followup"])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example([R, W, N, OF_WHAT_WAITED], False)
@example([R, W, N, OF_WHAT_WAITED], True)
@example([R, W, A, N, A, OF_WHAT_WAITED], False)
@example([R, W, A, N, A, OF_WHAT_WAITED], True)
@example([R, W, W, N, (Step.RIGHT, 2)], False)
@example([R, W, W, N, (Step.RIGHT, 2)], True)
@example([R, W, W, A, R], False)
@example([R, W, W, A, R], True)
@example([R, W, A, V, A, R], False)
@example([R, W, A, V, A, R], True)
@example([R, W, V, (Step.WAITS, 0), A, R], False)
@example([R, W, V, (Step.WAITS, 0), A, R], True)
@given(STEPS, st.booleans())
def test_of_all_that_corrects_one_thing_one_counts(
    service: str, request: pytest.FixtureRequest, steps: list[tuple[Step, int]], together: bool
) -> None:
    """Whatever waited, was given up, voided or refused between, whenever all is read anew, and also where it
    comes in one batch."""
    world = request.getfixturevalue(service)
    owner = asks(world) if service == "referral" else tells(world)
    line = Line(owner, opened(world))
    owner.begins(line.case_id)
    for step, which in steps:
        line.take(step, which)
        if not together:
            line.check()
    line.check()
