"""Everybody is in exactly one cell of a map, and a unit above is told whenever the data tell it."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from reference.territory import Living, whole_country
from reporting.access import Reader
from reporting.indicators.definitions import Definitions
from reporting.maps import NOWHERE, Level, Map, Spot, Told, map_figures
from reporting.reports import Reports

COUNTRY = whole_country()
CODES = sorted({unit.code for unit in COUNTRY if unit.level == "commune"})
FIRST, LAST = date(2004, 1, 1), date(2027, 12, 31)

days = st.dates(FIRST, LAST)
levels: st.SearchStrategy[Level] = st.sampled_from(["province", "district", "commune"])
told = st.builds(Told, st.sampled_from([*CODES, "99999", ""]), st.one_of(days, st.none()), st.just(""))
counts = st.dictionaries(told, st.integers(1, 9), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(counts, days, levels)
def test_the_cells_of_a_map_add_up_to_the_whole(people: dict[Told, int], on: date, level: Level) -> None:
    whole, *cells = map_figures(people, None, Map(COUNTRY, on), level, ("",))
    assert whole.spot is None
    assert whole.count == sum(people.values()) == sum(cell.count for cell in cells)
    assert len({cell.spot for cell in cells}) == len(cells)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CODES), days, days)
def test_what_is_exact_in_a_commune_is_exact_in_what_it_lies_in(code: str, told_on: date, on: date) -> None:
    map_ = Map(COUNTRY, on)
    commune = map_.spot(code, told_on, "commune")
    province = map_.spot(code, told_on, "province")
    if commune.certainty == "exactly":
        assert province.certainty == "exactly"
    if commune.certainty == "nowhere":
        assert province == NOWHERE
    if commune.certainty == "one_of":
        assert len(province.codes) <= len(commune.codes)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CODES), days)
def test_on_the_map_of_its_own_day_every_commune_is_where_it_is(code: str, on: date) -> None:
    if not COUNTRY.commune_exists(code, on) or COUNTRY.leading_code(code, on) != code:
        return
    assert Map(COUNTRY, on).spot(code, on, "commune") == Spot("exactly", (code,))


def test_a_map_without_districts_says_so() -> None:
    last = date(2025, 6, 30)
    assert Map(COUNTRY, last).has("district")
    assert not Map(COUNTRY, last + timedelta(days=1)).has("district")
    assert Map(COUNTRY, last + timedelta(days=1)).spot("00139", date(2019, 3, 5), "district") == NOWHERE


def test_a_place_that_was_never_told_is_nowhere() -> None:
    assert Map(COUNTRY, LAST).spot("", None, "province") == NOWHERE


def test_a_map_is_narrowed_by_the_code_of_either_list_where_it_is_clear_which_unit_it_means() -> None:
    today = Map(COUNTRY, date(2026, 11, 20))
    lang, lang_elsewhere, two_places = "00199", "00187", "00130"
    assert today.leading_code(lang, "commune") == today.leading_code(lang_elsewhere, "commune") == lang
    assert today.leading_code(two_places, "commune") is None
    assert today.leading_code("004", "district") is None
    assert Map(COUNTRY, date(2019, 3, 5)).leading_code("004", "district") == "004"
    reports, reader = Reports(Definitions(indicators=()), Living()), Reader("office", area=None)
    assert reports.map_of(reader, today.on, "commune", communes=[lang_elsewhere]).communes == (lang,)
