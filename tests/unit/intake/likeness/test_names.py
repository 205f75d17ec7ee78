"""Vietnamese names, however they are written, come out as the same parts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake.likeness.names import MOST_SYLLABLES, Name, read_name


def read(text: str) -> Name:
    name = read_name(text)
    assert name is not None
    return name


def parts(text: str) -> tuple[str | None, list[str], str]:
    """Family, middle and given name of the main reading, letters only, an abbreviation with its dot."""
    main = read(text).main
    shown = [f"{one.letters}." if one.short else one.letters for one in main.syllables]
    return (shown[0] if main.family else None), shown[1 if main.family else 0 : -1], shown[-1]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Nguyễn Văn Hòa", "Nguyễn Văn Hoà"),  # old and new place of the tone
        ("Lý Thị Mỹ", "Lí Thị Mĩ"),
        ("Trần Thúy Quỳnh", "TRẦN THÚY QUỲNH"),
        ("Đặng Đình Đức", "đặng đình đức"),
        ("Nguyễn Văn Hùng", "Nguyeenx Vawn Hungf"),  # Telex left in
        ("Nguyễn Văn Hùng", "Nguye6n4 Va8n Hu2ng"),  # VNI left in
        ("Nguyễn Văn Hùng", "NguyễnVănHùng"),
        ("Nguyễn Văn Hùng", "  Nguyễn   Văn Hùng. "),
        ("Nguyễn Văn Hùng", "Ông Nguyễn Văn Hùng"),
        ("Nguyễn Văn Hùng", "Nguyễn, Văn Hùng"),
    ],
)
def test_a_name_written_in_another_way_is_the_same(text: str, same: str) -> None:
    assert [one.marked for one in read(text).main.syllables] == [
        one.marked for one in read(same).main.syllables
    ]


def test_composed_and_decomposed_unicode_are_the_same() -> None:
    name = "Đỗ Nguyễn Hồng Phượng"
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert parts(unicodedata.normalize(form, name)) == parts(name)


def test_without_marks_the_bare_letters_are_left() -> None:
    marked, plain = read("Đỗ Thị Phượng"), read("Do Thi Phuong")
    assert [one.bare for one in marked.main.syllables] == [one.bare for one in plain.main.syllables]
    assert marked.is_marked
    assert not plain.is_marked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nguyễn Văn Hùng", ("nguyên", ["văn"], "hung")),
        ("Hung Nguyen", ("nguyen", [], "hung")),
        ("Hung Van Nguyen", ("nguyen", ["van"], "hung")),
        ("Van Hung Nguyen", ("nguyen", ["van"], "hung")),
        ("Phạm Lê Mai", ("pham", ["lê"], "mai")),
        ("Mai Nguyễn", ("nguyên", [], "mai")),
        ("Nguyễn Thị Minh Châu", ("nguyên", ["thi", "minh"], "châu")),
        ("Nguyen V. A", ("nguyen", ["v."], "a.")),
        ("Ng. T. Hương", ("ng.", ["t."], "hương")),
        ("Đức Kiên L.", ("l.", ["đưc"], "kiên")),
        ("NVH", ("n.", ["v."], "h.")),
        ("N.V.H", ("n.", ["v."], "h.")),
        ("hungnv", ("n.", ["v."], "hung")),
        ("HungNV", ("n.", ["v."], "hung")),
        ("nguyenvanhung", ("nguyen", ["van"], "hung")),
        ("NGUYENTHANHAN", ("nguyen", ["thanh"], "an")),
        ("Lò Thị Ý", ("lo", ["thi"], "y")),
        ("Tý", (None, [], "ti")),
    ],
)
def test_the_parts_are_found_in_whatever_order(
    text: str, expected: tuple[str | None, list[str], str]
) -> None:
    assert parts(text) == expected


def test_an_order_that_cannot_be_told_keeps_both_readings() -> None:
    given = {reading.given.bare for reading in read("Hoàng Lê").readings}
    assert given == {"hoang", "le"}


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("Nguyễn Văn Hùng 'đen'", ["đen"]),
        ("Nguyễn Văn Hùng (Tý)", ["ti"]),
        ("Nguyễn Văn Hùng “Tý sẹo”", ["ti", "seo"]),
        ("Nguyễn Văn Hùng đen", ["đen"]),
        ("Nguyễn Văn Hùng tức Tý", ["ti"]),
        ("Nguyễn Văn Hùng, bí danh: Tý", ["ti"]),
        ("Nguyen Van Hung con goi la Ty", ["ti"]),
    ],
)
def test_what_somebody_is_called_besides_is_no_part_of_the_name(text: str, aliases: list[str]) -> None:
    name = read(text)
    assert [one.letters for one in name.aliases] == aliases
    assert [one.bare for one in name.main.syllables] == ["nguyen", "van", "hung"]


@pytest.mark.parametrize("text", ["", "  ", "123", "-- '", "()", "\u0301"])
def test_what_has_no_letters_is_no_name(text: str) -> None:
    assert read_name(text) is None


@given(st.text(max_size=300))
def test_any_text_is_read_and_bounded(text: str) -> None:
    name = read_name(text)
    if name is not None:
        assert name.readings
        assert all(len(reading.syllables) <= MOST_SYLLABLES for reading in name.readings)


def test_a_name_shows_nothing_of_itself() -> None:
    name = read("Nguyễn Văn Hùng (Tý)")
    shown = f"{name!r} {name.main!r} {name.main.given!r}".casefold()
    assert "hung" not in shown
    assert "hùng" not in shown
