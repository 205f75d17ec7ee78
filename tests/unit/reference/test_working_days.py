"""Working days: Monday to Friday without Vietnam's holidays, with the Saturdays worked in exchange."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import Policy
from reference.policy.statements import Swap
from reference.policy.workdays import WorkingDays

POLICY = Policy.load(Path(__file__).parents[3] / "deploy" / "reference" / "policy")
HANOI = POLICY.working_days("01")
ONE = timedelta(days=1)
DAYS = st.dates(date(2018, 1, 1), date(2027, 12, 31))
SWAPPED = {
    date(2018, 12, 31): date(2019, 1, 5),
    date(2019, 4, 29): date(2019, 5, 4),
    date(2024, 4, 29): date(2024, 5, 4),
    date(2025, 5, 2): date(2025, 4, 26),
    date(2026, 1, 2): date(2026, 1, 10),
    date(2026, 8, 31): date(2026, 8, 22),
}

FREE_IN_2019 = [
    *("01-01", "02-04", "02-05", "02-06", "02-07", "02-08", "04-15", "04-29", "04-30", "05-01", "09-02"),
]
"""Weekdays off in 2019, off the calendar that the Government published (Dispatch 6519/VPCP-KGVX)."""


def test_the_year_2019_has_the_working_days_that_were_published() -> None:
    days = [date(2019, 1, 1) + timedelta(days=n) for n in range(365)]
    free = [day for day in days if day.weekday() < 5 and not HANOI.is_working(day)]
    assert [f"{day:%m-%d}" for day in free] == FREE_IN_2019
    assert [day for day in days if day.weekday() >= 5 and HANOI.is_working(day)] == [
        date(2019, 1, 5),
        date(2019, 5, 4),
    ]


@pytest.mark.parametrize(("free", "worked"), SWAPPED.items())
def test_an_exchanged_day_is_free_and_its_saturday_is_worked(free: date, worked: date) -> None:
    assert free.weekday() < 5
    assert worked.weekday() == 5
    assert not HANOI.is_working(free)
    assert HANOI.is_working(worked)


def test_the_pack_knows_every_exchange_that_the_package_knows_and_one_that_it_does_not() -> None:
    known = set(holidays.country_holidays("VN", years=range(2018, 2028)).weekend_workdays)
    ours = set(SWAPPED.values())
    assert {day for day in known if day.year >= 2018} <= ours
    assert ours - known == {date(2026, 1, 10)}


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        (date(2019, 2, 1), 2, date(2019, 2, 12)),  # over Tết: 4 to 8 February free
        (date(2018, 12, 28), 2, date(2019, 1, 3)),  # 31 December exchanged, 1 January free
        (date(2019, 1, 4), 1, date(2019, 1, 5)),  # the Saturday worked for it
        (date(2025, 12, 31), 1, date(2026, 1, 5)),  # 1 January, and the Friday exchanged
        (date(2026, 1, 9), 1, date(2026, 1, 10)),  # for this Saturday
        (date(2024, 8, 30), 1, date(2024, 9, 4)),  # National Day, two days
        (date(2019, 3, 8), 3, date(2019, 3, 13)),  # nothing but a weekend
        (date(2019, 3, 9), 0, date(2019, 3, 11)),
        (date(2019, 3, 11), 0, date(2019, 3, 11)),
    ],
)
def test_a_deadline_in_working_days_falls_where_an_office_would_count_it(
    day: date, count: int, due: date
) -> None:
    assert POLICY.working_days_after(day, count) == due


@given(DAYS, st.integers(1, 60))
def test_it_falls_on_a_working_day_with_as_many_up_to_it_as_were_asked(day: date, count: int) -> None:
    due = HANOI.after(day, count)
    assert due > day
    assert HANOI.is_working(due)
    assert HANOI.between(day, due) == count


@given(DAYS, st.integers(1, 30), st.integers(1, 30))
def test_counting_on_from_a_deadline_is_counting_both_at_once(day: date, first: int, then: int) -> None:
    assert HANOI.after(HANOI.after(day, first), then) == HANOI.after(day, first + then)


@given(DAYS, DAYS, st.integers(0, 30))
def test_who_begins_later_is_never_due_earlier(one: date, other: date, count: int) -> None:
    earlier, later = sorted((one, other))
    assert HANOI.after(earlier, count) <= HANOI.after(later, count)


@given(DAYS)
def test_a_weekday_is_free_only_for_a_holiday_and_a_weekend_is_worked_only_in_exchange(day: date) -> None:
    package = holidays.country_holidays("VN", years=day.year)
    if day.weekday() >= 5:
        assert HANOI.is_working(day) is (day in SWAPPED.values())
    else:
        assert HANOI.is_working(day) is not (day in package or day in SWAPPED)


@given(DAYS, DAYS)
def test_between_two_days_nothing_is_lost(one: date, other: date) -> None:
    first, last = sorted((one, other))
    middle = first + (last - first) // 2
    assert HANOI.between(first, last) == HANOI.between(first, middle) + HANOI.between(middle, last)


def test_a_negative_count_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match="give 0 or more"):
        HANOI.after(date(2019, 1, 1), -1)


def test_an_exchange_of_one_province_is_its_own() -> None:
    swap = Swap(free=date(2019, 3, 11), worked=date(2019, 3, 16), source="a resolution", confirmed=True)
    own = WorkingDays(lambda _: (swap,))
    assert not own.is_working(date(2019, 3, 11))
    assert own.is_working(date(2019, 3, 16))
    assert HANOI.is_working(date(2019, 3, 11))
