"""Periods of days in Asia/Ho_Chi_Minh, and the moments a report is asked as of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


class InvalidPeriod(ValueError):
    """The last day of a period is before its first."""


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included. 15 December to 14 June is one that offices use."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidPeriod(
                f"the last day, {self.last}, is before the first, {self.first}: exchange them"
            )

    @property
    def begins(self) -> datetime:
        """The first instant that belongs to the period."""
        return start_of(self.first)

    @property
    def ends(self) -> datetime:
        """The first instant that no longer belongs to it."""
        return start_of(self.last + timedelta(days=1))


def start_of(day: date) -> datetime:
    """Midnight of that day in Asia/Ho_Chi_Minh."""
    return datetime.combine(day, time.min, HANOI)
