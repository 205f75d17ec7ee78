"""The form of WHO ASSIST as a clerk fills it in: a row a form, an answer a column; the band is computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from contracts.vocabulary import Substance
from openpyxl import load_workbook
from reftrack_cli.files.entries import Event, derived_id
from reftrack_cli.files.forms import form_named
from reftrack_cli.files.scoring import Scored, instruments, scored
from reftrack_cli.main import app
from typer.testing import CliRunner

from tests.unit.cli.files.office import checked, csv_file, found, noted, one, setting, table
from tests.unit.cli.files.test_lines import lines

ROW = {
    "Mã của cơ quan": "LB-1",
    "Ngày xảy ra": "02/03/2019",
    "Người thực hiện": "nv-07",
    "Công cụ": "WHO ASSIST",
}
NEVER = ["cocain", "chất hít", "chất kích thích dạng amphetamine", "thuốc an thần, thuốc ngủ", "thuốc lá",
         "chất gây ảo giác", "cần sa", "khác"]  # fmt: skip
FILLED = {
    **ROW,
    **{f"Câu 1: {substance}": "Chưa bao giờ" for substance in NEVER},
    "Câu 1: rượu bia": "Có",
    "Câu 2: rượu bia": "Hằng tuần",
    "Câu 3: rượu bia": "hang thang",
    "Câu 4: rượu bia": "không lần nào",
    "Câu 5: rượu bia": "Không",
    "Câu 6: rượu bia": "Có, trong ba tháng qua",
    "Câu 7: rượu bia": "Chưa bao giờ",
    "Câu 1: chất dạng thuốc phiện": "ever",
    "Câu 2: chất dạng thuốc phiện": "Không lần nào",
    "Câu 6: chất dạng thuốc phiện": "earlier",
    "Câu 7: chất dạng thuốc phiện": "Không",
    "Câu 8": "Chưa bao giờ",
}
ALCOHOL = 4 + 4 + 0 + 0 + 6 + 0
"""What the published form counts for the answers above: a score of 14, moderate from 11 on."""


def filled(path: Path, *rows: Mapping[str, Any], lang: str = "vi") -> Path:
    """The template's sheet of the form with these rows in it."""
    done = CliRunner().invoke(app, ["template", str(path), "--event", "client-screened", "--lang", lang])
    assert done.exit_code == 0, done.output
    book = load_workbook(path)
    sheet = next(sheet for sheet in book.worksheets if sheet.title.endswith(" ASSIST"))
    headings = [str(cell.value).removesuffix(" *") for cell in sheet[1]]
    for number, row in enumerate(rows, 2):
        for heading, value in row.items():
            sheet.cell(number, headings.index(heading) + 1, value)
    book.save(path)
    return path


def posted(event: Event | None) -> Mapping[str, Any]:
    assert event is not None
    data: Mapping[str, Any] = json.loads(event.data)["data"]
    return data


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("assist") / "mau.xlsx", FILLED)


def test_the_answers_of_a_row_are_those_of_the_event(sheet: Path) -> None:
    answers = posted(one(sheet).event)["answers"]
    assert len(answers) == len(FILLED) - len(ROW)
    assert {"question": "2", "substance": "alcohol", "answer": "weekly"} in answers
    assert {"question": "1", "substance": "opioids", "answer": "ever"} in answers
    assert {"question": "7", "substance": "alcohol", "answer": "never"} in answers
    assert {"question": "8", "answer": "never"} in answers


def test_scores_and_band_are_computed_where_the_row_leaves_them_out(sheet: Path) -> None:
    report = checked(sheet, org="ldtbxh-bo-de")
    assert found(report) == []
    assert set(noted(report)) == {"file_scored", "file_ref_unmet"}
    data = posted(one(sheet).event)
    scores = {each["substance"]: each["score"] for each in data["scores"]}
    assert scores["alcohol"] == ALCOHOL
    assert scores["opioids"] == 3
    assert scores["tobacco"] == 0
    assert data["risk"] == "moderate"


def test_what_an_office_claims_is_left_as_it_is(tmp_path: Path) -> None:
    row = {**FILLED, "Điểm: rượu bia": 9, "Mức nguy cơ cao nhất": "thấp"}
    data = posted(one(filled(tmp_path / "mau.xlsx", row)).event)
    assert data["scores"] == [{"substance": "alcohol", "score": 9}]
    assert data["risk"] == "low"


def test_the_id_of_a_row_hangs_on_what_it_says_not_on_what_is_computed(sheet: Path) -> None:
    event = one(sheet).event
    assert event is not None
    said = {name: value for name, value in event.posted["data"].items() if name not in {"scores", "risk"}}
    form = form_named("client-screened")
    assert form is not None
    assert event.id == derived_id(form, setting().source, event.time, {**event.posted, "data": said})


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"Câu 2: rượu bia": "đôi khi"}, "cell_not_in_list", "Câu 2: rượu bia"),
        ({"Câu 6: rượu bia": "Hằng tuần"}, "cell_not_in_list", "Câu 6: rượu bia"),
        ({"Câu 2: rượu bia": None}, "screening_answer_missing", "Câu 2: rượu bia"),
        ({"Câu 1: rượu bia": "Không"}, "screening_question_skipped", "Câu 2: rượu bia"),
        ({"Câu 8": None}, "screening_answer_missing", "Câu 8"),
    ],
)
def test_an_answer_that_does_not_fit_the_form_is_told_by_its_heading(
    change: Mapping[str, Any], code: str, column: str, tmp_path: Path
) -> None:
    errors = found(checked(filled(tmp_path / "mau.xlsx", {**FILLED, **change}), org="ldtbxh-bo-de"))
    assert any(each == code and row == 2 and f'"{column}"' in where for each, row, where in errors)


def test_a_row_of_the_form_without_answers_says_what_is_missing(tmp_path: Path) -> None:
    errors = found(checked(filled(tmp_path / "mau.xlsx", ROW), org="ldtbxh-bo-de"))
    assert {code for code, *_ in errors} == {"field_missing"}


def test_the_form_has_a_column_for_every_question_and_lists_of_its_answers(sheet: Path) -> None:
    book = load_workbook(sheet)
    page, lists = book["Sàng lọc ASSIST"], book["_lists"]
    headings = [str(cell.value).removesuffix(" *") for cell in page[1]]
    assert sum(heading.startswith("Câu ") for heading in headings) == 7 * 10 - 1 + 1
    assert sum(heading.startswith("Điểm: ") for heading in headings) == 10
    at = headings.index("Câu 6: rượu bia") + 1
    (rule,) = [
        each
        for each in page.data_validations.dataValidation
        if any(area.min_col <= at <= area.max_col for area in each.sqref.ranges)
    ]
    offered = [cell.value for (cell,) in lists[rule.formula1.removeprefix("'_lists'!").replace("$", "")]]
    assert offered[:2] == ["Chưa bao giờ", "Có, trong ba tháng qua"]
    assert offered[-1] == "không muốn trả lời"
    assert rule.prompt.startswith("Không bắt buộc. Đã bao giờ bạn bè, người thân")


def test_english_headings_and_codes_are_understood_in_a_csv(tmp_path: Path) -> None:
    row = {
        "agency_ref": "LB-1", "when": "2019-03-02", "by": "nv-07", "instrument": "who_assist",
        **{f"answers.1.{each}": "never" for each in Substance if each not in ("alcohol", "stimulants")},
        "Question 1: alcohol": "Yes", "Question 2: alcohol": "Never", "Question 6: alcohol": "no",
        "Question 7: alcohol": "No, never", "Question 8": "declined",
    }  # fmt: skip
    path = csv_file(tmp_path, table(row))
    assert found(checked(path, event="client-screened")) == []
    data = posted(one(path, "client-screened").event)
    assert data["risk"] == "low"
    assert {"question": "8", "answer": "declined"} in data["answers"]


def test_json_lines_have_an_outline_of_the_form(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    done = CliRunner().invoke(app, ["template", str(path), "--event", "client-screened"])
    assert done.exit_code == 0
    data = json.loads(path.read_text("utf-8"))["data"]
    assert len(data["answers"]) == 70
    assert data["answers"][0] == {"question": "1", "substance": "tobacco", "answer": None}
    assert {"substance": "opioids", "score": None} in data["scores"]


def unscored(sheet: Path, **changes: Any) -> dict[str, Any]:
    """The row of the sheet as a line of JSON, without scores and band."""
    event = one(sheet).event
    assert event is not None
    said = {name: value for name, value in event.posted["data"].items() if name not in {"scores", "risk"}}
    return {"type": "client-screened", **event.posted, "data": {**said, **changes}}


def test_a_line_of_json_is_scored_as_the_row_of_a_sheet_is(sheet: Path, tmp_path: Path) -> None:
    path = lines(tmp_path, unscored(sheet))
    report = checked(path, org="ldtbxh-bo-de")
    assert found(report) == []
    assert set(noted(report)) == {"file_scored", "file_ref_unmet"}
    told, event = one(path).event, one(sheet).event
    assert told == event, "the same row is the same event, under the same id"


@pytest.mark.parametrize(
    ("time", "version"),
    [
        ("2009-12-31T16:59:59Z", "3.0"),
        ("2009-12-31T17:00:00Z", "3.1"),
        ("2010-01-01T02:00:00+10:00", "3.0"),
        ("2010-01-01T02:00:00", "3.1"),
    ],
)
def test_the_form_of_a_row_or_line_is_that_of_its_day_in_viet_nam(
    sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: str, version: str
) -> None:
    forms: list[str] = []

    def seen(data: Mapping[str, Any], day: date) -> Scored:
        known = instruments()
        form = known.on(day, data["instrument"]) if known is not None else None
        assert form is not None
        forms.append(form.version)
        return scored(data, day)

    row = filled(tmp_path / "rows.xlsx", {**FILLED, "Ngày xảy ra": time})
    line = lines(tmp_path, {**unscored(sheet), "occurred_on": None, "time": time})
    for path, reader in ((row, "entries"), (line, "lines")):
        monkeypatch.setattr(f"reftrack_cli.files.{reader}.scored", seen)
        assert one(path).event is not None
    assert forms == [version, version]


@pytest.mark.parametrize(
    ("changes", "code", "column"),
    [
        ({"answers": [{"question": "99", "answer": "never"}]}, "screening_question_unknown", "/data/answers"),
        ({"answers": [{"question": "8", "answer": "nonsense"}]}, "screening_option_unknown", "/data/answers"),
        ({"answers": [7]}, "wrong_type", "/data/answers/0"),
        ({"answers": [{"question": ["8"], "answer": {}}]}, "wrong_type", "/data/answers/0/question"),
        ({"answers": 7}, "wrong_type", "/data/answers"),
        ({"answers": []}, "field_missing", "/data/risk"),
        ({"instrument": ["who_assist"]}, "not_in_list", "/data/instrument"),
        ({"instrument_version": {}}, "wrong_type", "/data/instrument_version"),
    ],
)
def test_answers_of_a_line_that_do_not_fit_the_form_are_told(
    sheet: Path, tmp_path: Path, changes: dict[str, Any], code: str, column: str
) -> None:
    told = found(checked(lines(tmp_path, unscored(sheet, **changes)), org="ldtbxh-bo-de"))
    assert any(code in str(each) and column in str(each) for each in told), told
