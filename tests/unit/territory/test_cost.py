"""The territory is cheap: four processes load it, and every event that names a place asks it."""

from __future__ import annotations

import pytest
import territory

from tests.bench.territory import AT_MOST_US, loading, questions


def test_a_process_has_the_territory_in_little_time_and_memory() -> None:
    best = min((loading() for _ in range(3)), key=lambda cost: cost.seconds)
    assert best.seconds < 0.3
    assert best.megabytes < 30


@pytest.mark.timeout(60)
def test_every_question_is_answered_within_50_microseconds_in_99_of_100_cases() -> None:
    slow = [asked for asked in questions(territory.load(), asked=1_000, times=3) if asked.p99 >= AT_MOST_US]
    assert not slow
