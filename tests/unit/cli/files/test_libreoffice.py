"""A template that LibreOffice Calc 7.4 opened, filled in as typed, and saved as XLSX and CSV again.

`libreoffice.xlsx`: three sheets of the template with days typed as days, a telephone and references with
zeros in front, Vietnamese in decomposed letters, rows at the end that were emptied again.
`libreoffice-1258.csv`: its first sheet in Windows-1258, as which LibreOffice cannot write all of Vietnamese.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from reftrack_cli.files import telling
from reftrack_cli.files.opening import entries

from tests.unit.cli.files.office import checked, contacts, found, noted, setting

FILE = Path(__file__).with_name("libreoffice.xlsx")
CSV = Path(__file__).with_name("libreoffice-1258.csv")


def events() -> Mapping[tuple[str, int | None], Mapping[str, Any]]:
    """What each row says, by sheet and row."""
    read: dict[tuple[str, int | None], Mapping[str, Any]] = {}
    for one in entries(FILE, setting("ldtbxh-bo-de"), lambda _: None):
        assert one.event is not None
        read[one.place.sheet, one.place.row] = json.loads(one.event.data)
    return read


def test_it_checks_well_and_emptied_rows_are_no_rows() -> None:
    report = checked(FILE, org="ldtbxh-bo-de")
    assert found(report) == []
    assert report.rows == 4
    assert noted(report) == ["file_scored"]


def test_days_are_days_and_digits_keep_their_zeros() -> None:
    told = events()
    contact, registered = told["Tiếp cận", 2], told["Lập hồ sơ tiếp nhận", 2]
    assert contact["about"]["agency_ref"] == "00123"
    assert contact["data"]["commune"] == "00139"
    assert registered["occurred_on"] == "2019-03-14"
    assert registered["data"]["birth_year"] == 1990
    assert registered["data"]["identity"]["phone"] == "0912345678"
    assert registered["data"]["identity"]["id_number"] == "001090001234"


def test_decomposed_letters_mean_what_composed_ones_mean() -> None:
    told = events()
    assert told["Tiếp cận", 2]["data"]["client_group"] == "drug_user"
    assert told["Lập hồ sơ tiếp nhận", 2]["data"]["identity"]["full_name"] == "Nguyễn Văn Thử"


def test_the_form_is_scored() -> None:
    assert events()["Sàng lọc ASSIST", 2]["data"]["risk"] == "moderate"


def test_drop_downs_and_the_hidden_lists_survive() -> None:
    book = load_workbook(FILE)
    assert book["_lists"].sheet_state == "hidden"
    rules = book["Tiếp cận"].data_validations.dataValidation
    assert sum(each.type == "list" and "_lists" in str(each.formula1) for each in rules) >= 3


def test_a_csv_whose_letters_were_lost_says_so_once() -> None:
    assert found(checked(CSV, event="client-contacted")) == [("heading_letters_lost", 1, "A")]


@pytest.mark.parametrize(("typed", "told"), [("14/03/2019", True), (date(2019, 3, 14), False)])
def test_days_of_excel_beside_days_left_as_text_are_noted(
    typed: str | date, told: bool, tmp_path: Path
) -> None:
    path = contacts(
        tmp_path,
        {"Ngày xảy ra": date(2019, 2, 3)},
        {"Ngày xảy ra": typed, "Mã của cơ quan": "LB-2"},
    )
    report = checked(path)
    assert found(report) == []
    assert ("file_days_mixed" in noted(report)) is told


def test_a_note_about_the_file_is_not_called_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Mã của cơ quan;Ngày xảy ra\r\nLB-1;02/03/2019\r\n", "utf-16")
    telling.tell_notes(checked(path, event="client-contacted"), "vi")
    assert "cả tệp: Tệp được đọc theo mã UTF-16" in capsys.readouterr().err
