"""Days of Asia/Ho_Chi_Minh: periods and terms are counted in them; instants are UTC."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@lru_cache(maxsize=8192)
def local_day(at: datetime) -> date:
    """The day on which an instant falls."""
    return at.astimezone(VIETNAM).date()


def local_time(at: datetime) -> str:
    """An instant as people there read it: RFC 3339 to the second, with +07:00."""
    return at.astimezone(VIETNAM).isoformat(timespec="seconds")


@lru_cache(maxsize=2048)
def start_of(day: date) -> datetime:
    """The first instant of a day, in UTC."""
    return datetime.combine(day, time(), VIETNAM).astimezone(UTC)


def months_after(day: date, months: int) -> date:
    """The same day of the month `months` later; the last of the month where there is no such day (29
    February)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
