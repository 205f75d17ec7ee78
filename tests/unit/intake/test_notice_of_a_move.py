"""Whether the commune that somebody left was told in time, as far as a day tells."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest
from contracts.envelope import Meta
from intake.domain.moving import is_late, notice_due
from reference.days import start_of

FIRST = date(2026, 7, 1)
MORNING = timedelta(hours=9)


def moved(at: datetime, precision: Literal["instant", "day"]) -> Meta:
    return Meta(
        subject=UUID(int=1),
        occurred_at=at,
        precision=precision,
        received_at=at,
        actor="nv-07",
        org="ldtbxh-bo-de",
        policy_version="vn-law-2025@1",
        correlation_id="c",
    )


@pytest.mark.parametrize(
    ("at", "precision", "told_after_days", "late"),
    [
        (start_of(FIRST) + MORNING, "instant", 1, False),
        (start_of(FIRST) + MORNING, "instant", 2, True),
        (start_of(FIRST), "day", 1, False),
        (start_of(FIRST), "day", 2, True),
        (start_of(FIRST), "day", -3, False),
    ],
)
def test_a_notice_is_late_only_where_it_is_whenever_on_its_day_it_was_given(
    at: datetime, precision: Literal["instant", "day"], told_after_days: int, late: bool
) -> None:
    due = notice_due(moved(at, precision), 24)
    assert is_late(FIRST + timedelta(days=told_after_days), due) is late


@pytest.mark.parametrize(("told_on", "late"), [(date.min, False), (date.max, True)])
def test_a_day_that_was_mistyped_breaks_nothing(told_on: date, late: bool) -> None:
    assert is_late(told_on, notice_due(moved(start_of(FIRST), "instant"), 24)) is late


def test_where_no_law_asks_for_a_notice_none_is_late() -> None:
    assert notice_due(moved(start_of(FIRST), "day"), None) is None
    assert is_late(FIRST + timedelta(days=30), None) is None
