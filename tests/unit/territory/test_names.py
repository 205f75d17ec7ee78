"""Names in English, and finding units by what people type."""

from __future__ import annotations

from datetime import date

import pytest
import territory
from territory import Territory
from territory.events import Kind, Level
from territory.names import NoLevelWord, english, folded, kind_of, plain, tidy

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def vietnam() -> Territory:
    return territory.load()


@pytest.mark.parametrize(
    ("name", "level", "kind", "expected"),
    [
        ("Phường Ngọc Lâm", "commune", "ward", "Ngoc Lam ward"),
        ("Phường 12", "commune", "ward", "Ward 12"),
        ("Xã Đăk Blà", "commune", "commune", "Dak Bla commune"),
        ("Thị trấn Chũ", "commune", "township", "Chu township"),
        ("Đặc khu Phú Quốc", "commune", "special_zone", "Phu Quoc special zone"),
        ("Quận 1", "district", "urban_district", "District 1"),
        ("Huyện Đông Anh", "district", "rural_district", "Dong Anh district"),
        ("Thị xã Sơn Tây", "district", "town", "Son Tay town"),
        ("Thành phố Thủ Đức", "district", "city", "Thu Duc city"),
        ("Thành phố Huế", "province", "central_city", "Hue city"),
        ("Thành phố Hà Nội", "province", "central_city", "Hanoi"),
        ("Tỉnh Đắk Lắk", "province", "province", "Dak Lak province"),
    ],
)
def test_kind_and_english_name_follow_from_the_vietnamese_one(
    name: str, level: Level, kind: Kind, expected: str
) -> None:
    assert kind_of(name, level) == kind
    assert english(name, level) == expected


def test_a_name_without_a_word_for_its_level_is_an_error_that_says_so() -> None:
    with pytest.raises(NoLevelWord, match="does not begin with a word for a commune"):
        kind_of("Quận 1", "commune")


def test_spelling_is_made_even_and_letters_are_kept() -> None:
    assert tidy("Thị Trấn  Ái Tử", "commune") == "Thị trấn Ái Tử"
    assert plain("Đường Lê Đức Thọ") == "Duong Le Duc Tho"
    assert folded("  Ea H’leo ") == folded("EA H'LEO") == "ea h leo"


def test_a_name_is_found_with_and_without_diacritics_and_level_word(vietnam: Territory) -> None:
    for typed in ("Phường Bồ Đề", "phuong bo de", "bồ đề", "BO DE"):
        assert {"00139", "00118"} <= {unit.code for unit in vietnam.search(typed)}, typed


def test_the_day_the_level_and_the_place_narrow_what_is_found(vietnam: Territory) -> None:
    everywhere = vietnam.search("ngoc lam")
    assert len(everywhere) == 4
    assert [unit.code for unit in vietnam.search("ngoc lam, ha noi")] == ["00133"]
    for place in ("long bien, ha noi", "Quận Long Biên", "thanh pho ha noi", "h, long b"):
        assert [unit.code for unit in vietnam.search(f"ngoc lam, {place}")] == ["00133"], place
    assert vietnam.search("ngoc lam, ha noi", on=TODAY) == []
    assert [unit.code for unit in vietnam.search("tu liem", level="district", on=date(2020, 1, 1))] == [
        "019",
        "021",
    ]


def test_diacritics_that_were_typed_come_before_others(vietnam: Territory) -> None:
    names = [unit.vi for unit in vietnam.search("Phú Lộc", on=date(2024, 1, 1), limit=50)]
    right = ["phú lộc" in name.lower() for name in names]
    assert right == sorted(right, reverse=True)
    assert any(right)


def test_the_living_come_before_those_that_ended_and_whole_names_before_beginnings(
    vietnam: Territory,
) -> None:
    found = vietnam.search("long bien")
    assert found[0].code == "00145"
    assert found[0].until is None
    own = [unit.vi.split(" ", 1)[1] for unit in vietnam.search("lam", on=TODAY, limit=100)]
    begins = [folded(name).startswith("lam") for name in own]
    assert begins == sorted(begins, reverse=True)
    assert {True, False} == set(begins)


def test_a_name_is_found_from_any_of_its_words_on(vietnam: Territory) -> None:
    assert "Phường Từ Liêm" in [unit.vi for unit in vietnam.search("liem, ha noi")]
    assert "Phường Văn Miếu - Quốc Tử Giám" in [unit.vi for unit in vietnam.search("quoc tu giam")]


@pytest.mark.parametrize("typed", ["", "   ", ",", ", ha noi", "qqqq", "%", "ngoc lam, nowhere"])
def test_what_names_nothing_finds_nothing(vietnam: Territory, typed: str) -> None:
    assert vietnam.search(typed) == []


def test_no_more_is_given_than_was_asked_for(vietnam: Territory) -> None:
    assert len(vietnam.search("tan", limit=7)) == 7
    assert len(vietnam.search("tân", limit=7)) == 7
