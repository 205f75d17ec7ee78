"""What holds of every code and every day of the real country: reading, following, parents, exactness."""

from __future__ import annotations

from datetime import date

import territory
from hypothesis import given, settings
from hypothesis import strategies as st
from territory import Unit

VIETNAM = territory.load()
CODES = sorted({unit.code for unit in VIETNAM})
SPECIAL = [date(2008, 8, 1), date(2018, 1, 1), date(2025, 1, 1), date(2025, 6, 30), date(2025, 7, 1)]
DAYS = st.one_of(st.sampled_from(SPECIAL), st.dates(date(2000, 1, 1), date(2030, 12, 31)))
ANY_CODE = st.one_of(st.sampled_from(CODES), st.from_regex(r"[0-9]{2,5}", fullmatch=True))
HEIGHT = {"commune": 0, "district": 1, "province": 2}
UNITS = st.sampled_from(list(VIETNAM))
MANY = settings(max_examples=200, deadline=None)


def holding(unit: Unit, day: date) -> date:
    """The day of the unit's life that is nearest to a day."""
    return max(unit.since, min(day, unit.until or date.max))


@MANY
@given(ANY_CODE, DAYS)
def test_a_code_means_a_unit_of_that_day_or_is_refused_and_never_both(code: str, day: date) -> None:
    read = VIETNAM.resolve(code, day)
    assert (read.unit is None) == (read.refusal is not None)
    assert read.unit is None or read.unit.holds(day)
    assert (read.refusal == "unit_unknown") == (not VIETNAM.knows(code))
    assert read.presumed == (read.unit is not None and read.unit.presumed(day))


@MANY
@given(UNITS, DAYS, DAYS)
def test_an_old_code_is_read_as_what_all_of_its_unit_became(unit: Unit, day: date, later: date) -> None:
    """Reading a code on a later day and following its unit to that day come to the same."""
    day, read = holding(unit, day), VIETNAM.resolve(unit.code, later)
    was_its_code = later > day and VIETNAM.unit(unit.code, day) is unit
    if not was_its_code or read.outcome not in ("carried_forward", "divided", "ended"):
        return
    last = [one for one in VIETNAM.lives(unit.code) if one.since <= later][-1]
    reached = VIETNAM.follow(last, later)
    assert (read.unit is not None) == reached.exact
    assert read.unit is None or reached.units == (read.unit,)
    assert read.unit is not None or set(read.candidates) == set(reached.units)


@MANY
@given(UNITS, DAYS)
def test_parents_are_of_that_day_and_each_is_larger_than_the_one_before(unit: Unit, day: date) -> None:
    day = holding(unit, day)
    parents = VIETNAM.parents_of(unit, day)
    heights = [HEIGHT[one.level] for one in (unit, *parents)]
    assert heights == sorted(set(heights))
    assert all(one.holds(day) for one in parents)
    assert bool(parents) == (unit.level != "province")
    assert all(parent in VIETNAM.units(day, parent.level) for parent in parents)


@MANY
@given(UNITS, DAYS)
def test_successors_and_predecessors_are_each_others_inverse(unit: Unit, day: date) -> None:
    for other in VIETNAM.follow(unit, day).units:
        back = VIETNAM.follow(other, holding(unit, day))
        assert unit in back.units
        if not back.exact:
            continue
        assert back.units == (unit,)


@MANY
@given(UNITS, DAYS, DAYS)
def test_exact_means_one_unit_and_nothing_lost_and_exact_steps_stay_exact_together(
    unit: Unit, day: date, later: date
) -> None:
    first, last = sorted((day, later))
    reached = VIETNAM.follow(unit, first)
    assert reached.exact == (len(reached.units) == 1 and not reached.lost)
    if not reached.exact or unit.since > first:
        return
    onward = VIETNAM.follow(reached.units[0], last)
    if onward.exact:
        assert VIETNAM.follow(unit, last) == onward


@MANY
@given(UNITS, DAYS)
def test_a_fact_is_carried_to_where_its_unit_is_followed(unit: Unit, day: date) -> None:
    told = holding(unit, day)
    if VIETNAM.unit(unit.code, told) is not unit:
        return
    reached, carried = VIETNAM.follow(unit, day), VIETNAM.carry(unit.code, told, day)
    certain = "exactly" if reached.exact else "nowhere" if reached.lost else "one_of"
    assert (carried.certainty, carried.units) == (certain, reached.units)
