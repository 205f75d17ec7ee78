"""Days in requests."""

from __future__ import annotations

from datetime import date

from chassis.rpc.errors import InvalidInput, Violation

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
"""Beyond them the arithmetic of days would overflow."""


def day_asked(text: str, field: str) -> date | None:
    """A day, YYYY-MM-DD; none where none is given. Raises `InvalidInput`."""
    if not text:
        return None
    try:
        read = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput([Violation(field, "wrong_type", {"expected": "date"})]) from None
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise InvalidInput([Violation(field, "out_of_range")])
    return read
