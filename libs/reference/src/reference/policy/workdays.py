"""Working days of Vietnam: Monday to Friday without holidays, and the Saturdays worked in exchange.

Holidays are those of the `holidays` package (Labour Code, Article 112, with days in lieu of those that fall
on a weekend); the exchanges that the Government announces each year stand in the pack, because a package
learns of them later or never.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import holidays

if TYPE_CHECKING:
    from reference.policy.statements import Swap

ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_EXCHANGED = "Day off (substituted"
"""How the package names a day that it knows to be exchanged."""
_NAMES = holidays.country_holidays("VN", language="en_US")


def is_work(day: date) -> bool:
    """Whether a day is worked as long as nobody exchanges it: no weekend and no holiday."""
    return day.weekday() < _SATURDAY and _holiday(day) is None


def is_rest(day: date) -> bool:
    """Whether a day can be worked instead of another: a weekend without a holiday."""
    return day.weekday() >= _SATURDAY and _holiday(day) is None


def _holiday(day: date) -> str | None:
    name = _NAMES.get(day)
    return None if name is None or name.startswith(_EXCHANGED) else str(name)


class WorkingDays:
    """The calendar of one province. `swaps_on(day)` are the exchanges known to the pack in force on a day."""

    def __init__(self, swaps_on: Callable[[date], tuple[Swap, ...]]) -> None:
        self._swaps_on = swaps_on
        self._holidays = holidays.country_holidays("VN")
        self.is_working = lru_cache(maxsize=8192)(self._is_working)

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, which is not counted itself; with 0 the day itself or,
        where it is free, the next working day. Raises `ValueError` for a negative count."""
        if count < 0:
            raise ValueError("count of working days is negative: give 0 or more")
        found = day if count else day - ONE_DAY
        for _ in range(count or 1):
            found = self._next(found)
        return found

    def between(self, first: date, last: date) -> int:
        """How many working days there are after `first` up to `last`, which is counted; 0 where `last` is not
        later."""
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(self.is_working(day) for day in days)

    def _next(self, day: date) -> date:
        day += ONE_DAY
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def _is_working(self, day: date) -> bool:
        """Whether offices work on a day; an exchange of the pack goes before the calendar of the package."""
        swaps = self._swaps_on(day)
        if any(swap.free == day for swap in swaps):
            return False
        if any(swap.worked == day for swap in swaps):
            return True
        return bool(self._holidays.is_working_day(day))
