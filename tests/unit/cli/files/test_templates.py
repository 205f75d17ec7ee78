"""An empty file that an office can fill in: lists, formats, headings, nothing that checking refuses."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from reftrack_cli.files.forms import form_named, forms
from reftrack_cli.main import app
from typer.testing import CliRunner

from tests.unit.cli.files.office import checked, found


def made(path: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["template", str(path), *words])
    assert done.exit_code == code, f"{done.output} {done.exception!r}"
    return done.output


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "intake.xlsx"
    made(path, "--lang", "vi", "--on", "2019-03-02")
    return path


def test_every_event_has_a_sheet_and_the_lists_are_hidden(template: Path) -> None:
    book = load_workbook(template)
    shown = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    assert shown[0] == "Hướng dẫn"
    assert [form_named(title) for title in shown[1:] if "ASSIST" not in title] == list(forms().values())
    assert form_named("Sàng lọc ASSIST") == form_named("Sàng lọc")
    assert "Sàng lọc ASSIST" in shown
    assert book["_lists"].sheet_state == "hidden"


def test_closed_lists_offices_and_communes_drop_down(template: Path) -> None:
    book = load_workbook(template)
    sheet, lists = book["Tiếp cận"], book["_lists"]
    offered = {}
    for one in sheet.data_validations.dataValidation:
        if one.type == "list":
            cells = lists[one.formula1.removeprefix("'_lists'!").replace("$", "")]
            for area in one.sqref.ranges:
                offered[str(sheet.cell(1, area.min_col).value)] = [cell.value for (cell,) in cells]
    assert offered["Hình thức tiếp cận *"][0] == "tại cộng đồng"
    assert "00139 – Phường Bồ Đề, Quận Long Biên, Thành phố Hà Nội" in offered["Xã, phường *"]
    assert len(offered["Xã, phường *"]) > 9_000
    introduced = book["Giới thiệu tham gia mô hình"].data_validations.dataValidation
    assert any("_lists" in (one.formula1 or "") for one in introduced)


def test_columns_keep_what_is_typed(template: Path) -> None:
    sheet = load_workbook(template)["Lập hồ sơ tiếp nhận"]
    formats = {
        str(cell.value): sheet.column_dimensions[str(cell.coordinate)[:-1]].number_format for cell in sheet[1]
    }
    assert formats["Số CMND, CCCD"] == formats["Mã của cơ quan"] == formats["Nơi cư trú"] == "@"
    assert formats["Ngày sinh"] == formats["Ngày xảy ra *"] == "dd/mm/yyyy"


def test_an_empty_template_has_nothing_to_send_and_nothing_wrong(template: Path) -> None:
    assert found(checked(template)) == [("file_empty", None, "")]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_csv_template_has_headings_that_are_understood(tmp_path: Path, lang: str) -> None:
    path = tmp_path / "intake.csv"
    made(path, "--lang", lang)
    assert found(checked(path)) == [("file_empty", None, "")]
    path.write_bytes(path.read_bytes() + b"nonsense\r\n")
    assert [code for code, *_ in found(checked(path))] == ["event_unknown"]


def test_json_lines_have_an_outline_of_each_event(tmp_path: Path) -> None:
    made(tmp_path / "intake.jsonl")
    report = checked(tmp_path / "intake.jsonl")
    assert report.rows == len(forms())
    assert "not_json" not in {code for code, *_ in found(report)}


def test_an_office_gets_what_it_may_post(tmp_path: Path) -> None:
    made(tmp_path / "police.xlsx", "--org", "cap-bo-de", "--lang", "vi")
    titles = load_workbook(tmp_path / "police.xlsx").sheetnames
    assert "Tiếp cận" in titles
    assert "Sàng lọc" not in titles


def test_single_events_can_be_asked_for(tmp_path: Path) -> None:
    made(tmp_path / "one.xlsx", "--event", "plan-agreed", "--lang", "en")
    assert load_workbook(tmp_path / "one.xlsx").sheetnames == ["Instructions", "_lists", "Plan agreed"]


def test_a_file_that_is_there_stays_unless_it_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "intake.csv"
    path.write_text("mine")
    made(path, code=1)
    assert path.read_text() == "mine"
    made(path, "--force")
    assert path.read_text() != "mine"


@pytest.mark.parametrize(
    "words",
    [["a.docx"], ["a.xlsx", "--event", "nonsense"], ["a.xlsx", "--org", "nobody"], ["a.xlsx", "--on", "x"]],
)
def test_what_cannot_be_made_is_said(tmp_path: Path, words: list[str]) -> None:
    assert made(tmp_path / words[0], *words[1:], code=2)


def test_the_day_decides_which_communes_are_offered(tmp_path: Path) -> None:
    made(tmp_path / "new.xlsx", "--event", "client-contacted", "--on", str(date(2026, 1, 1)), "--lang", "vi")
    values = {cell.value for row in load_workbook(tmp_path / "new.xlsx")["_lists"] for cell in row}
    assert "00118 – Phường Bồ Đề, Thành phố Hà Nội" in values
