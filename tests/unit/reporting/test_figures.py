from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reporting.indicators.figures import Place, figures, percent, rolled_up

DISTRICTS = {"c1": "d1", "c2": "d1", "c3": "d2"}


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (61, 170, "35.9"),
        (1, 8, "12.5"),
        (49, 400, "12.3"),
        (1, 2000, "0.1"),
        (1, 2001, "0.0"),
        (809, 1200, "67.4"),
    ],
)
def test_a_percentage_has_one_decimal_and_rounds_half_up(part: int, whole: int, expected: str) -> None:
    assert str(percent(part, whole)) == expected


def test_there_is_no_percentage_of_nothing() -> None:
    assert percent(0, 0) is None


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_percentage_is_never_further_than_half_a_tenth_from_the_exact_share(part: int, whole: int) -> None:
    rounded = percent(part, whole)
    assert rounded is not None
    exact = Decimal(part) * 100 / Decimal(whole)
    assert Decimal("-0.05000001") <= exact - rounded <= Decimal("0.05000001")


def test_people_of_communes_add_up_to_their_district_and_to_the_whole() -> None:
    totals = rolled_up({("c1", ""): 2, ("c2", ""): 3, ("c3", ""): 4}, DISTRICTS)
    assert totals[Place("d1"), ""] == 5
    assert totals[Place("d2"), ""] == 4
    assert totals[Place(), ""] == 9


def test_a_commune_without_a_district_counts_once_in_the_whole_and_once_by_itself() -> None:
    totals = rolled_up({("c9", ""): 1}, DISTRICTS)
    assert totals == {(Place(), ""): 1, (Place("", "c9"), ""): 1}


def test_a_place_where_people_were_reached_but_none_counted_shows_a_zero() -> None:
    cells = figures({("c1", ""): 1}, {("c1", ""): 2, ("c3", ""): 4}, DISTRICTS)
    by_place = {cell.place: cell for cell in cells}
    assert (by_place[Place("d2", "c3")].count, by_place[Place("d2", "c3")].of) == (0, 4)
    assert by_place[Place()].percent == Decimal("16.7")


def test_without_a_denominator_there_is_no_share() -> None:
    assert [cell.percent for cell in figures({("c1", ""): 1}, None, DISTRICTS)] == [None] * 3


def test_rows_stand_under_each_place_in_order() -> None:
    cells = figures({("c1", "methadone"): 1, ("c1", "hiv_test"): 2}, {("c1", ""): 2}, DISTRICTS, rows=())
    assert [(cell.row, cell.count) for cell in cells if cell.place == Place()] == [
        ("hiv_test", 2),
        ("methadone", 1),
    ]
