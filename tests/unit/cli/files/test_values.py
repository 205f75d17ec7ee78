"""A cell becomes what the contract says, or an error that says how to mend it; nothing is guessed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from reftrack_cli.files.choices import Choice, Commune, Number, Organisation
from reftrack_cli.files.values import Context, Day, Instant, Odd, Text, Unfit, Whole, YesNo, tidy

from tests.unit.cli.files.office import directory

ON = Context(directory(), date(2019, 3, 2))


def why(reading: Any, value: Any) -> str:
    with pytest.raises(Unfit) as unfit:
        reading.read(value, ON)
    return unfit.value.code


@pytest.mark.parametrize(
    "written",
    [
        "02/03/2019",
        "2/3/2019",
        "02-03-2019",
        "02.03.2019",
        "2019-03-02",
        date(2019, 3, 2),
        datetime(2019, 3, 2),  # noqa: DTZ001  # as Excel has it
    ],
)
def test_a_day_is_read_day_first_or_as_iso_or_from_excel(written: object) -> None:
    assert Day().read(written, ON) == "2019-03-02"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("30/02/2019", "cell_not_date"),
        ("03/13/2019", "cell_not_date"),
        ("02/03/19", "cell_not_date"),
        ("2019", "cell_not_date"),
        ("hôm qua", "cell_not_date"),
        (43526, "cell_date_number"),
        (True, "cell_not_date"),
        (datetime(2019, 3, 2, 9, 15), "cell_day_with_time"),  # noqa: DTZ001
        ("02/03/2019 09:15", "cell_day_with_time"),
    ],
)
def test_what_is_no_day_is_not_taken_for_one(written: object, code: str) -> None:
    assert why(Day(), written) == code


@pytest.mark.parametrize("written", ["02/03/2019 09:15", "2019-03-02T09:15:00+07:00", "2/3/2019 9h15"])
def test_a_moment_is_read_in_the_time_of_viet_nam(written: str) -> None:
    assert Instant().read(written, ON) == "2019-03-02T09:15:00+07:00"


def test_a_moment_needs_its_time() -> None:
    assert why(Instant(), "02/03/2019") == "cell_time_missing"


@pytest.mark.parametrize(
    ("form", "value", "code"),
    [
        ("id_number", 1090001234, "cell_zeros_lost"),
        ("id_number", "1090001234", "cell_zeros_lost"),
        ("id_number", 12345678, "cell_zeros_lost"),
        ("phone", 912345678, "cell_zeros_lost"),
        ("phone", "912345678", "cell_zeros_lost"),
        ("id_number", "1.09E+11", "cell_digits_lost"),
        ("id_number", "1,09E+11", "cell_digits_lost"),
        ("agency_ref", 1234567890123456, "cell_digits_lost"),
        ("agency_ref", 1.5, "cell_not_text"),
        ("agency_ref", True, "cell_not_text"),
        ("agency_ref", date(2019, 3, 2), "cell_not_text"),
    ],
)
def test_what_excel_has_damaged_is_said_and_never_mended_silently(
    form: str, value: object, code: str
) -> None:
    assert why(Text(form), value) == code


def test_whole_numbers_keep_their_digits_as_text() -> None:
    assert Text("id_number").read(123456789, ON) == "123456789"
    assert Text("agency_ref").read(42.0, ON) == "42"


def test_a_commune_that_lost_its_zeros_is_not_guessed() -> None:
    assert why(Commune(), 139) == "cell_zeros_lost"
    assert why(Commune(), "139") == "cell_zeros_lost"


@pytest.mark.parametrize("value", [1500000, "1500000", "1.500.000", "1,500,000", "1 500 000", 1500000.0])
def test_whole_numbers_may_be_set_apart(value: object) -> None:
    assert Whole().read(value, ON) == 1500000  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["1.5", 1.5, "30 phút", "1.50.000", True, float("inf"), 10.0**20])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    assert why(Whole(), value) == "cell_not_whole"


@pytest.mark.parametrize(
    ("value", "meant"), [("Có", True), ("khong", False), ("x", True), (1, True), (False, False)]
)
def test_yes_and_no_in_both_languages(value: object, meant: bool) -> None:
    assert YesNo().read(value, ON) is meant  # type: ignore[arg-type]


def test_yes_or_no_is_no_third_thing() -> None:
    assert why(YesNo(), "có lẽ") == "cell_not_yes_no"


@pytest.mark.parametrize(
    "value", ["methadone", "điều trị Methadone", "DIEU TRI METHADONE", "Methadone treatment"]
)
def test_a_code_of_a_list_is_found_by_its_names(value: str) -> None:
    assert Choice("Service", ("hiv_test", "methadone")).read(value, ON) == "methadone"


def test_an_organisation_is_found_by_id_name_or_both() -> None:
    for text in (
        "cap-bo-de",
        "Công an phường Bồ Đề",
        "cong an phuong bo de",
        "cap-bo-de – Công an phường Bồ Đề",
    ):
        assert Organisation().read(text, ON) == "cap-bo-de"
    assert why(Organisation(), "Công an phường Nào Đó") == "cell_org_unknown"


def test_an_office_that_was_registered_since_is_left_to_intake() -> None:
    assert Organisation().read("cap-phuong-moi", ON) == "cap-phuong-moi"


def test_a_commune_is_found_by_code_or_name_on_the_day() -> None:
    for text in ("00139", "00139 – Phường Bồ Đề", "Bồ Đề, Long Biên", "phuong bo de, quan long bien"):
        assert Commune().read(text, ON) == "00139"
    assert why(Commune(), "Phường 1") == "cell_commune_ambiguous"
    assert why(Commune(), "Không Có Xã Này") == "cell_commune_unknown"
    assert why(Commune(), "99999") == "unit_unknown"


def test_a_number_is_checked_by_its_last_character() -> None:
    assert why(Number("GT"), "GT-0000-0000-0000-1") == "number_check"
    assert why(Number("GT"), "CG-0000-0000-0000-0").startswith("number_")


@pytest.mark.parametrize(
    ("odd", "code"), [(Odd.FORMULA, "cell_formula"), (Odd.ERROR, "cell_error"), (Odd.LONG, "cell_long")]
)
def test_formulas_and_errors_are_no_values(odd: Odd, code: str) -> None:
    with pytest.raises(Unfit) as unfit:
        tidy(odd)
    assert unfit.value.code == code


def test_blanks_of_every_kind_are_nothing() -> None:
    assert tidy(" \t\u00a0\u200b\n") is None
    assert tidy("Nguyễn".encode().decode()) == "Nguyễn"
