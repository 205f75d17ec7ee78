"""Days are those of Asia/Ho_Chi_Minh."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from reference.days import local_day, months_after, start_of


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2019, 3, 1, 16, 59, 59, tzinfo=UTC), date(2019, 3, 1)),
        (datetime(2019, 3, 1, 17, 0, tzinfo=UTC), date(2019, 3, 2)),
    ],
)
def test_a_day_begins_at_seventeen_hours_utc(instant: datetime, day: date) -> None:
    assert local_day(instant) == day


def test_the_start_of_a_day_falls_on_it_and_the_moment_before_does_not() -> None:
    assert start_of(date(2019, 3, 2)) == datetime(2019, 3, 1, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2019, 9, 1), 12, date(2020, 9, 1)),
        (date(2020, 2, 29), 12, date(2021, 2, 28)),
        (date(2019, 8, 31), 1, date(2019, 9, 30)),
        (date(2019, 12, 10), 1, date(2020, 1, 10)),
        (date(2019, 1, 15), 0, date(2019, 1, 15)),
    ],
)
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later
