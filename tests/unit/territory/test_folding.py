"""What events may not say of units, and how days, parents and levels hold together."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from territory import Territory, TerritoryInvalid, fold, load, load_events
from territory.events import (
    Event,
    Level,
    Name,
    OrgUnit,
    OrgUnitAbolished,
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
)
from territory.names import english, kind_of

FIRST, LATER, LAST = date(2010, 1, 1), date(2020, 1, 1), date(2030, 1, 1)
LEVELS: dict[int, Level] = {2: "province", 3: "district", 5: "commune"}
WORDS = {2: "Tỉnh", 3: "Huyện", 5: "Xã"}


def unit(code: str, parent: str | None = None, name: str | None = None) -> OrgUnit:
    level, called = LEVELS[len(code)], name or f"{WORDS[len(code)]} {code}"
    return OrgUnit(
        code=code,
        name=Name(vi=called, en=english(called, level)),
        level=level,
        kind=kind_of(called, level),
        parent=parent,
    )


def begun(**told: object) -> OrgUnitCreated:
    """A commune begins as an events file tells it, whatever it tells."""
    facts = {"code": "00001", "name": {"vi": "Xã A", "en": "A"}, "level": "commune", "kind": "commune"}
    whole = OrgUnit.model_validate_json(json.dumps({**facts, "parent": "01", **told}))
    return OrgUnitCreated(effective=FIRST, source="a test", unit=whole)


def created(code: str, parent: str | None = None, on: date = FIRST) -> OrgUnitCreated:
    return OrgUnitCreated(effective=on, source="a test", unit=unit(code, parent))


def listed(code: str, by: date) -> OrgUnitCreated:
    return OrgUnitCreated(effective=by, source="a list", dated="by", unit=unit(code))


def abolished(code: str, on: date = LATER) -> OrgUnitAbolished:
    return OrgUnitAbolished(effective=on, source="a test", code=code)


def split(code: str, *into: str, on: date = LATER) -> OrgUnitSplit:
    return OrgUnitSplit(effective=on, source="a test", code=code, into=into)


def merged(*codes: str, into: str, on: date = LATER) -> OrgUnitsMerged:
    return OrgUnitsMerged(effective=on, source="a test", units=codes, into=unit(into))


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([abolished("01")], "unit 01 is not alive on the day before"),
        ([created("01"), abolished("01"), abolished("01")], "ended twice on this day"),
        ([created("01"), created("01")], "begins twice on this day"),
        ([created("01"), created("01", on=LATER)], "is alive already: end it first"),
        ([created("01", on=LATER), abolished("01")], "is not alive on the day before"),
        ([created("01"), split("01", "02", "03")], "unit 02 does not begin on this day"),
        ([created("01"), created("02", on=LATER), split("01", "02", "02")], "names a part twice"),
        ([created("001")], "a province has no parent, every other unit has one"),
        ([created("01"), created("02", "01")], "a province has no parent"),
        ([created("00001", "01")], "lies in 01, which is not there on all days"),
        ([created("01"), created("00001", "01"), abolished("01")], "end or rename it when 01 ends"),
        ([created("01", on=LATER), created("00001", "01")], "not there on all days"),
        ([begun(parent="00001")], "cannot lie in 00001: name a unit of a level above it"),
        ([begun(parent="00002"), begun(code="00002", parent="00001")], "cannot lie in 00002"),
        ([created("01"), begun(code="98")], "unit 98 is a commune: give it a code of 5 digits"),
        ([created("01"), begun(name={"vi": "Khu A", "en": "A"})], "does not begin with a word for a commune"),
        ([created("01"), begun(kind="ward")], "is a commune by its name, not a ward"),
    ],
)
def test_events_that_contradict_each_other_are_refused_with_what_to_do(
    events: list[Event], problem: str
) -> None:
    with pytest.raises(TerritoryInvalid, match=problem):
        fold(events)


def test_a_code_may_end_and_begin_on_one_day_and_mean_two_units() -> None:
    folded = fold([created("01"), created("02"), merged("01", "02", into="01")])
    old, new = folded.lives("01")
    assert (old.until, new.since) == (date(2019, 12, 31), LATER)
    assert folded.follow(old, LATER).exact
    assert not folded.follow(new, FIRST).exact


def test_a_child_lives_on_when_its_parent_begins_anew_under_the_same_code() -> None:
    folded = fold([created("01"), created("02"), created("00001", "01"), merged("01", "02", into="01")])
    assert [above.since for above in folded.parents("00001", FIRST)] == [FIRST]
    assert [above.since for above in folded.parents("00001", LATER)] == [LATER]


def test_a_unit_that_a_list_merely_has_on_a_day_reaches_back_to_the_last_bearer_of_its_code() -> None:
    folded = fold([created("01"), abolished("01"), listed("01", by=LAST), listed("02", by=LAST)])
    assert folded.lives("01")[1].since == LATER
    assert folded.lives("02")[0].since == date.min
    resolved = folded.resolve("02", FIRST)
    assert resolved.outcome == "current"
    assert resolved.presumed


def test_parts_of_a_divided_unit_that_meet_again_hold_all_of_it() -> None:
    folded = fold(
        [
            created("01"),
            created("02", on=LATER),
            created("03", on=LATER),
            split("01", "02", "03"),
            merged("02", "03", into="04", on=LAST),
        ]
    )
    assert folded.carry("01", FIRST, LATER).certainty == "one_of"
    assert folded.carry("01", FIRST, LAST).unit is folded.unit("04", LAST)
    assert folded.carry("04", LAST, FIRST).unit is folded.unit("01", FIRST)


def test_a_part_whose_unit_ended_without_heir_is_lost_and_not_carried() -> None:
    folded = fold(
        [
            created("01"),
            created("02", on=LATER),
            created("03", on=LATER),
            split("01", "02", "03"),
            abolished("03", on=LAST),
        ]
    )
    carried = folded.carry("01", FIRST, LAST)
    assert (carried.certainty, carried.unit) == ("nowhere", None)
    assert [other.code for other in carried.units] == ["02"]
    assert folded.resolve("01", LAST).refusal == "unit_divided"
    assert folded.resolve("03", LAST).refusal == "unit_ended"


def test_a_code_of_later_that_came_from_several_is_refused_with_them() -> None:
    folded = fold([created("01"), created("02"), merged("01", "02", into="03")])
    resolved = folded.resolve("03", FIRST)
    assert resolved.refusal == "unit_not_yet"
    assert [other.code for other in resolved.candidates] == ["01", "02"]


def test_a_rename_may_change_code_level_and_parent_and_stays_exact_both_ways() -> None:
    island = OrgUnitRenamed(
        effective=LATER, source="a test", code="001", unit=unit("00001", "01", name="Đặc khu X")
    )
    folded = fold([created("01"), created("001", "01"), island])
    assert folded.resolve("001", LATER).unit is folded.unit("00001", LATER)
    assert folded.resolve("00001", FIRST).unit is folded.unit("001", FIRST)


def test_a_file_that_is_none_or_has_a_broken_line_is_refused_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"type": "x"}\n', encoding="utf-8")
    with pytest.raises(TerritoryInvalid, match=r"events\.jsonl:1: no header"):
        load_events(file)
    header = '{"format":"reftrack-territory-events-1","leading":"x","sources":[],"counts":{}}'
    wrong = '{"type":"org.reftrack.org-unit-abolished.v1","data":{"effective":"2020-01-01","source":"x"}}'
    file.write_text(f"{header}\n{wrong}\n", encoding="utf-8")
    with pytest.raises(TerritoryInvalid, match=r"events\.jsonl:2: .*code: Field required"):
        load_events(file)


@pytest.mark.parametrize("text", ["", "nonsense\n", "reftrack-territory-table-1\tx\nbroken\trow\n"])
def test_a_table_that_is_none_is_refused_with_the_command_that_makes_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "territory.tsv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TerritoryInvalid, match="make territory"):
        load(file)


def test_a_territory_of_no_events_is_empty_and_answers() -> None:
    empty = fold([])
    assert isinstance(empty, Territory)
    assert len(empty) == 0
    assert empty.resolve("01", FIRST).refusal == "unit_unknown"
    assert empty.units(FIRST, "commune") == ()
    assert empty.search("ha noi") == []
