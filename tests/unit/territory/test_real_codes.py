"""The rules of docs/territory.md on codes of real units."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
import territory
from territory import Territory

IN_2019, IN_2024, TODAY = date(2019, 5, 1), date(2024, 6, 1), date(2026, 11, 22)


@pytest.fixture(scope="module")
def vietnam() -> Territory:
    return territory.load()


def test_rule_1_a_code_means_the_unit_that_bears_it_on_that_day(vietnam: Territory) -> None:
    old, new = vietnam.resolve("00118", IN_2019), vietnam.resolve("00118", TODAY)
    assert (old.outcome, old.unit and old.unit.vi) == ("current", "Phường Ngọc Thụy")
    assert (new.outcome, new.unit and new.unit.vi) == ("current", "Phường Bồ Đề")
    assert old.refusal is new.refusal is None


def test_rule_1_a_code_that_the_lists_give_to_two_units_is_read_by_the_leading_one_and_marked(
    vietnam: Territory,
) -> None:
    resolved = vietnam.resolve("00226", TODAY)
    assert resolved.unit is not None
    assert resolved.unit.vi == "Phường Văn Miếu - Quốc Tử Giám"
    assert [unit.vi for unit in resolved.disputed] == ["Phường Kim Liên"]
    assert vietnam.resolve("00118", TODAY).disputed == ()


def test_rule_1_a_unit_of_which_nobody_says_since_when_is_presumed_before_the_first_list(
    vietnam: Territory,
) -> None:
    assert vietnam.resolve("00001", IN_2019).presumed
    assert not vietnam.resolve("00133", IN_2019).presumed  # Ngọc Lâm: founded by a decree of 2003


def test_rule_2_a_code_of_the_other_list_means_its_unit_whose_leading_code_is_told(
    vietnam: Territory,
) -> None:
    resolved = vietnam.resolve(
        "00187", TODAY
    )  # also the old code of Láng Thượng, which became this one whole
    assert resolved.outcome == "other_list"
    assert resolved.unit is not None
    assert (resolved.unit.code, resolved.unit.vi) == ("00199", "Phường Láng")
    assert resolved.unit.also == (("00187", "vietnam-provinces"),)
    assert vietnam.leading_code("00187", TODAY) == "00199"


def test_rule_2_a_code_of_the_other_list_that_as_an_old_code_leads_elsewhere_is_refused(
    vietnam: Territory,
) -> None:
    resolved = vietnam.resolve("06214", TODAY)  # Na Sầm on the other list; once Phú Xá, now of Đồng Đăng
    assert (resolved.unit, resolved.refusal) == (None, "unit_ambiguous")
    assert {unit.vi for unit in resolved.candidates} == {"Xã Na Sầm", "Xã Đồng Đăng"}
    assert vietnam.resolve("00130", TODAY).refusal == "unit_ambiguous"  # Bồ Đề; once Gia Thụy, now divided


def test_of_the_114_codes_of_the_other_list_92_are_answered_and_22_refused(vietnam: Territory) -> None:
    others = [code for unit in vietnam.units(TODAY, "commune") for code, _ in unit.also]
    outcomes = Counter(vietnam.resolve(code, TODAY).outcome for code in others)
    assert outcomes == {"other_list": 92, "ambiguous": 22, "current": 9}


def test_no_code_ever_resolves_to_a_unit_of_another_day_or_to_none_without_a_refusal(
    vietnam: Territory,
) -> None:
    for code in sorted({unit.code for unit in vietnam}):
        for day in (date(2005, 1, 1), IN_2019, date(2025, 6, 30), TODAY):
            resolved = vietnam.resolve(code, day)
            assert (resolved.unit is None) == (resolved.refusal is not None)
            assert resolved.unit is None or resolved.unit.holds(day)
            assert all(unit.holds(day) for unit in resolved.candidates)


def test_rule_3_an_old_code_in_an_event_of_today_means_what_the_whole_unit_became(vietnam: Territory) -> None:
    resolved = vietnam.resolve("00133", TODAY)
    assert resolved.outcome == "carried_forward"
    assert resolved.unit is not None
    assert resolved.unit.vi == "Phường Bồ Đề"


def test_rule_3_the_code_of_a_divided_ward_is_refused_with_the_wards_it_may_lie_in(
    vietnam: Territory,
) -> None:
    resolved = vietnam.resolve("00625", TODAY)  # Mỹ Đình 1 of the pilot
    assert resolved.unit is None
    assert resolved.refusal == "unit_divided"
    assert [unit.vi for unit in resolved.candidates] == ["Phường Cầu Giấy", "Phường Từ Liêm"]


def test_rule_3_the_code_of_a_district_is_refused_after_districts_ended(vietnam: Territory) -> None:
    resolved = vietnam.resolve("004", TODAY)
    assert (resolved.refusal, resolved.candidates) == ("unit_ended", ())


def test_rule_4_a_new_code_in_an_event_of_2019_means_the_one_unit_that_all_of_it_lay_in(
    vietnam: Territory,
) -> None:
    resolved = vietnam.resolve("20333", IN_2019)  # Hoàng Sa, an island district then
    assert resolved.outcome == "carried_back"
    assert resolved.unit is not None
    assert resolved.unit.vi == "Huyện Hoàng Sa"


def test_rule_4_a_code_of_a_unit_that_was_not_there_yet_and_has_no_known_past_is_refused(
    vietnam: Territory,
) -> None:
    resolved = vietnam.resolve("00633", date(2012, 1, 1))
    assert resolved.refusal == "unit_unknown"
    resolved = vietnam.resolve("00625", date(2012, 1, 1))  # founded on 27 December 2013
    assert (resolved.refusal, resolved.candidates) == ("unit_not_yet", ())


def test_rule_5_a_code_that_nobody_knows_is_refused(vietnam: Territory) -> None:
    for code in ("99999", "00143", "", "abc", "28001"):
        assert vietnam.resolve(code, TODAY).refusal == "unit_unknown"


def test_sai_dong_of_the_pilot_is_there_until_the_end_of_2024_and_then_divided(vietnam: Territory) -> None:
    assert vietnam.resolve("00142", date(2024, 12, 31)).outcome == "current"
    resolved = vietnam.resolve("00142", date(2025, 3, 1))
    assert resolved.refusal == "unit_divided"
    assert [unit.vi for unit in resolved.candidates] == ["Phường Phúc Lợi", "Phường Phúc Đồng"]


def test_ha_tay_is_carried_into_ha_noi_but_not_back(vietnam: Territory) -> None:
    carried = vietnam.carry("28", date(2007, 1, 1), TODAY)
    assert carried.unit is not None
    assert carried.unit.en == "Hanoi"
    back = vietnam.carry("01", TODAY, date(2007, 1, 1))
    assert back.certainty == "one_of"
    assert [unit.code for unit in back.units] == ["01", "17", "26", "28"]


def test_one_province_code_means_two_provinces_before_and_after_the_mergers(vietnam: Territory) -> None:
    before, after = vietnam.unit("24", IN_2024), vietnam.unit("24", TODAY)
    assert before is not None
    assert after is not None
    assert (before.vi, after.vi) == ("Tỉnh Bắc Giang", "Tỉnh Bắc Ninh")
    old = vietnam.resolve("27", TODAY).unit
    assert old is after


def test_thua_thien_hue_became_the_city_of_hue_under_the_same_code(vietnam: Territory) -> None:
    old, new = vietnam.unit("46", IN_2024), vietnam.unit("46", date(2025, 1, 1))
    assert old is not None
    assert new is not None
    assert (old.vi, new.vi) == ("Tỉnh Thừa Thiên Huế", "Thành phố Huế")
    assert vietnam.carry("46", TODAY, IN_2024).unit is old


def test_a_unit_lies_in_district_and_province_until_districts_end(vietnam: Territory) -> None:
    assert [unit.vi for unit in vietnam.parents("00133", IN_2019)] == ["Quận Long Biên", "Thành phố Hà Nội"]
    assert [unit.vi for unit in vietnam.parents("00118", TODAY)] == ["Thành phố Hà Nội"]
    assert vietnam.parents("01", TODAY) == ()


def test_the_ward_of_the_pilot_is_followed_forward_exactly_and_back_only_to_candidates(
    vietnam: Territory,
) -> None:
    forward = vietnam.successors("00133", IN_2019, TODAY)
    assert forward is not None
    assert forward.exact
    assert [unit.code for unit in forward.units] == ["00118"]
    back = vietnam.predecessors("00118", TODAY, IN_2019)
    assert back is not None
    assert not back.exact
    assert "00133" in [unit.code for unit in back.units]
    assert vietnam.successors("99999", IN_2019, TODAY) is None


def test_asking_for_successors_on_an_earlier_day_is_an_error_of_the_caller(vietnam: Territory) -> None:
    with pytest.raises(ValueError, match="the other way round"):
        vietnam.successors("00133", TODAY, IN_2019)


def test_a_fact_is_carried_to_one_unit_to_several_or_nowhere(vietnam: Territory) -> None:
    assert vietnam.carry("00133", IN_2019, IN_2024).unit is vietnam.unit("00133", IN_2024)
    assert vietnam.carry("00133", IN_2019, TODAY).certainty == "exactly"
    assert vietnam.carry("00625", IN_2019, TODAY).certainty == "one_of"
    assert vietnam.carry("004", IN_2019, TODAY).certainty == "nowhere"
    assert vietnam.carry("99999", IN_2019, TODAY).certainty == "nowhere"


def test_units_are_listed_by_level_place_and_day(vietnam: Territory) -> None:
    wards = vietnam.units(IN_2019, "commune", within="004")
    assert len(wards) == 14
    assert "Phường Sài Đồng" in [unit.vi for unit in wards]
    assert len(vietnam.units(date(2025, 6, 30), "commune", within="004")) == 13
    assert len(vietnam.units(TODAY, "commune", within="01")) == 126
    assert vietnam.units(TODAY, "commune", within="004") == ()


def test_the_lists_of_a_day_stay_right_when_many_other_days_are_asked_for(vietnam: Territory) -> None:
    days = sorted({day for unit in vietnam for day in (unit.since, unit.until or TODAY)})
    for day in days * 2:
        listed = vietnam.units(day, "district", within="01")
        assert all(unit.holds(day) and unit.parent == "01" for unit in listed)
        assert len(listed) == sum(
            u.level == "district" and u.parent == "01" and u.holds(day) for u in vietnam
        )
