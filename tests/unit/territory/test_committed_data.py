"""The committed events are what the lists gave: the issue's numbers, and where reality differs from them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date

import pytest
import territory
from territory import Territory
from territory.events import EVENTS, OrgUnitCreated, OrgUnitSplit
from territory.fold import fold
from territory.loading import EVENTS_FILE, load_events, load_header
from territory.table import TABLE_FILE, load, made_of, table

LAST_OF_JUNE, FIRST_OF_JULY = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture(scope="module")
def folded() -> Territory:
    return fold(load_events())


def test_the_lists_have_the_numbers_of_the_issue() -> None:
    counts = load_header().counts
    assert counts["provinces_after"] == counts["provinces_of_other"] == 34
    assert counts["communes_after"] == counts["communes_of_other"] == 3_321
    assert counts["rows_before"] == 10_040
    assert counts["provinces_before"] == 63
    assert counts["codes_of_one_list_only"] == 114


def test_five_of_the_ten_thousand_and_forty_rows_are_island_districts_without_communes() -> None:
    counts = load_header().counts
    assert counts["communes_before"] == 10_035
    assert counts["districts_before"] == 696
    assert counts["whole"] + counts["divided"] == 10_040


def test_besides_the_114_codes_of_one_list_nine_codes_mean_two_units() -> None:
    counts = load_header().counts
    assert counts["codes_of_two_units"] == 9
    assert counts["units_with_two_codes"] == 114 + 9


def test_the_table_is_the_fold_of_the_events(folded: Territory) -> None:
    digest = hashlib.sha256(EVENTS_FILE.read_bytes()).hexdigest()
    assert made_of() == digest
    assert table(folded, digest) == TABLE_FILE.read_bytes()


def test_what_the_table_is_loaded_into_is_what_the_events_fold_into(folded: Territory) -> None:
    loaded = load()
    assert table(loaded, made_of()) == TABLE_FILE.read_bytes()
    for one, other in zip(loaded, folded, strict=True):
        assert one.key == other.key
        before, after = loaded.came_from(one), folded.came_from(other)
        assert (before is None) == (after is None)
        if before and after:
            assert [unit.key for unit in before.units] == [unit.key for unit in after.units]
            assert (before.on, before.whole) == (after.on, after.whole)


def test_the_day_before_and_the_day_itself_have_the_units_of_the_lists(folded: Territory) -> None:
    assert len(folded.units(LAST_OF_JUNE, "province")) == 63
    assert len(folded.units(LAST_OF_JUNE, "district")) == 696
    assert len(folded.units(LAST_OF_JUNE, "commune")) == 10_035
    assert len(folded.units(FIRST_OF_JULY, "province")) == 34
    assert len(folded.units(FIRST_OF_JULY, "district")) == 0
    assert len(folded.units(FIRST_OF_JULY, "commune")) == 3_321


def test_every_old_commune_leads_to_a_new_one_and_every_new_one_came_from_an_old_one(
    folded: Territory,
) -> None:
    for unit in folded.units(LAST_OF_JUNE, "commune"):
        assert folded.follow(unit, FIRST_OF_JULY).units
    for unit in folded.units(FIRST_OF_JULY, "commune"):
        assert folded.follow(unit, LAST_OF_JUNE).units


def test_471_communes_were_divided_and_say_so(folded: Territory) -> None:
    reached = [folded.follow(unit, FIRST_OF_JULY) for unit in folded.units(LAST_OF_JUNE, "commune")]
    assert Counter(one.exact for one in reached) == {True: 9_564, False: 471}
    assert all(len(one.units) > 1 for one in reached if not one.exact)


def test_five_islands_that_were_districts_became_communes_whole(folded: Territory) -> None:
    became = {
        unit.vi: step.units[0]
        for unit in folded.units(LAST_OF_JUNE, "district")
        if (step := folded.became(unit)) is not None
    }
    assert {unit.vi for unit in became.values()} == {
        f"Đặc khu {name}" for name in ("Bạch Long Vĩ", "Cồn Cỏ", "Hoàng Sa", "Lý Sơn", "Côn Đảo")
    }
    assert {(unit.level, unit.kind) for unit in became.values()} == {("commune", "special_zone")}


def test_every_event_names_its_source_and_every_name_is_in_both_languages() -> None:
    for event in load_events():
        assert event.source
    for unit in territory.load():
        assert unit.en.isascii(), unit.vi
        assert "  " not in unit.vi, unit.vi


def test_the_file_is_sorted_and_no_line_stands_twice() -> None:
    _, *lines = EVENTS_FILE.read_text(encoding="utf-8").splitlines()
    assert len(set(lines)) == len(lines) == load_header().counts["events"]
    days = [json.loads(line)["data"]["effective"] for line in lines]
    assert days == sorted(days)


def test_units_whose_first_day_no_source_says_are_marked_so() -> None:
    dated = Counter(event.dated for event in load_events() if isinstance(event, OrgUnitCreated))
    assert dated["by"] > 10_000
    unit = territory.load().unit("00001", date(2019, 1, 1))
    assert unit is not None
    assert unit.presumed(date(2019, 1, 1))
    assert not unit.presumed(LAST_OF_JUNE)


def test_every_kind_of_event_occurs_but_no_split_names_shares() -> None:
    events = load_events()
    assert {type(event) for event in events} == set(EVENTS)
    assert set(OrgUnitSplit.model_fields) == {"effective", "source", "code", "into"}
