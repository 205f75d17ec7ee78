"""Killed at any point and started again, a service comes to what it would have come to."""

from __future__ import annotations

import pytest

from tests.faults.system import System

KILLED = [
    ("before_commit", ("intake", "referral", "followup", "reporting")),
]


@pytest.mark.parametrize(("number", "point", "services"), [(n, *each) for n, each in enumerate(KILLED)])
@pytest.mark.timeout(300)
def test_events_receipts_and_views_are_those_of_a_run_that_was_not_killed(
    system: System, undisturbed: System, number: int, point: str, services: tuple[str, ...]
) -> None:
    undisturbed.play(number)
    with system.dying(point, *services):
        system.play(number)
    system.check()
    found = list(undisturbed.content(number).differences(system.content(number)))
    assert not found, "\n".join(found)
