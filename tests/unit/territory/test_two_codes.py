"""The codes on which the two lists disagree: all of them by name, both kept, one leads, nothing is lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import territory
from territory import Territory

TODAY = date(2026, 8, 1)
FILE = Path(__file__).parent / "two_codes.tsv"
LISTED = [line.split("\t") for line in FILE.read_text("utf-8").splitlines()]
"""Leading code, the code of the other list, name."""


@pytest.fixture(scope="module")
def vietnam() -> Territory:
    return territory.load()


def test_they_are_these_123_communes_and_no_others(vietnam: Territory) -> None:
    found = [[unit.code, code, unit.vi] for unit in vietnam.units(TODAY, "commune") for code, _ in unit.also]
    assert sorted(found) == LISTED
    assert len(LISTED) == 123


def test_114_codes_stand_in_one_list_only_and_nine_mean_another_commune_in_the_other(
    vietnam: Territory,
) -> None:
    both = [other for _, other, _ in LISTED if vietnam.leading_code(other, TODAY) == other]
    assert len(both) == 9
    assert len({other for _, other, _ in LISTED} - set(both)) == 114


@pytest.mark.parametrize(("lead", "other", "name"), LISTED)
def test_both_codes_are_known_one_leads_and_neither_is_taken_for_a_third_commune(
    vietnam: Territory, lead: str, other: str, name: str
) -> None:
    assert vietnam.knows(other)
    assert vietnam.resolve(lead, TODAY).unit is vietnam.unit(lead, TODAY)
    assert getattr(vietnam.unit(lead, TODAY), "vi", None) == name
    read = vietnam.resolve(other, TODAY)
    if read.outcome == "current":
        assert name in {unit.vi for unit in read.disputed}
    elif read.unit is None:
        assert (read.refusal, name in {unit.vi for unit in read.candidates}) == ("unit_ambiguous", True)
    else:
        assert (read.outcome, read.unit.code, read.unit.vi) == ("other_list", lead, name)
