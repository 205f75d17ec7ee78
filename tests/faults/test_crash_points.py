"""Killed at any point and started again, a service comes to what it would have come to."""

from __future__ import annotations

import pytest

from tests.faults.system import SERVICES, System

WRITERS = SERVICES[:3]
OFTEN = ("intake", "referral")
"""Whose batches come one after the other while a company posts: each round waits for their answers."""

KILLED = [
    ("before_commit", SERVICES),
    ("relay_mid_page", WRITERS),
    ("projection_mid_page", ("reporting",)),
    ("after_poll", SERVICES),
    ("after_poll:4", OFTEN),
    ("before_commit:3", OFTEN),
    ("after_commit_before_offset", SERVICES),
    ("after_commit_before_offset:4", OFTEN),
    ("relay_mid_page:3", OFTEN),
    ("relay_between_pages", WRITERS),
    ("relay_between_pages:3", OFTEN),
]
"""Crash point, with the time at which it kills, and who is killed there. Each has a company of its own."""

SHORT = 3
"""How many of them `make test` runs."""


@pytest.mark.parametrize(
    ("number", "point", "services"),
    [
        pytest.param(number, *killed, id=killed[0], marks=[pytest.mark.long] * (number >= SHORT))
        for number, killed in enumerate(KILLED)
    ],
)
@pytest.mark.timeout(300)
def test_events_receipts_and_views_are_those_of_a_run_that_was_not_killed(
    system: System, undisturbed: System, number: int, point: str, services: tuple[str, ...]
) -> None:
    undisturbed.play(number)
    with system.dying(point, *services):
        system.play(number)
    system.check()
    system.must_equal(undisturbed, number)
