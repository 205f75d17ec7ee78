"""Which screening came before which, and what becomes of those whose claim differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from chassis.refusal import Refusal
from intake.domain.screened import Screenings

DAY = datetime(2019, 3, 4, 17, tzinfo=UTC)
"""The beginning of 5 March in Hanoi."""
END_OF_DAY = DAY + timedelta(days=1) - timedelta(microseconds=1)
AT_NINE = DAY + timedelta(hours=9)


def taken(*times: datetime) -> Screenings:
    screenings = Screenings()
    for n, at in enumerate(times):
        screenings = screenings.with_one(f"s{n}", at, "ldtbxh-bo-de", differs=False)
    return screenings


@pytest.mark.parametrize(
    ("earlier", "latest_at", "before"),
    [
        ((), AT_NINE, None),
        ((AT_NINE - timedelta(days=3), AT_NINE - timedelta(days=1)), AT_NINE, "s1"),
        ((AT_NINE - timedelta(days=1), AT_NINE - timedelta(days=3)), AT_NINE, "s0"),
        ((AT_NINE,), AT_NINE - timedelta(hours=1), None),
        ((AT_NINE,), AT_NINE, "s0"),
        ((AT_NINE,), END_OF_DAY, "s0"),
        ((DAY,), AT_NINE, "s0"),
        ((DAY, DAY), END_OF_DAY, "s1"),
    ],
    ids=[
        "none",
        "the last of several",
        "the last in time whatever came last",
        "none of a screening reported late",
        "the same instant: what came first",
        "a day without its hour: what came first",
        "an hour on a day without one: what came first",
        "a day twice: what came last",
    ],
)
def test_the_screening_before_is_the_last_made_no_later_and_on_one_day_the_order_of_coming_decides(
    earlier: tuple[datetime, ...], latest_at: datetime, before: str | None
) -> None:
    assert taken(*earlier).before(latest_at) == before


def test_only_what_differs_is_looked_into_and_once() -> None:
    screenings = taken(AT_NINE).with_one("differs", AT_NINE, "ldtbxh-bo-de", differs=True)
    screenings.check_open("differs", "screened")
    with pytest.raises(Refusal) as caught:
        screenings.check_open("s0", "screened")
    assert caught.value.code == "screening_conflict_unknown"
    with pytest.raises(Refusal) as caught:
        screenings.looked_into("differs").check_open("differs", "screened")
    assert (caught.value.code, caught.value.state) == ("screening_reviewed_before", "screened")
