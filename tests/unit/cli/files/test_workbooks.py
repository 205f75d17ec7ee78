"""XLSX as Excel leaves it: whatever stands in a workbook is answered, never a traceback."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.unit.cli.files.office import CONTACT, checked, contacts, found, noted, one, table, workbook


def test_dates_of_excel_are_dates(tmp_path: Path) -> None:
    entry = one(contacts(tmp_path, {"Ngày xảy ra": date(2019, 3, 2)}))
    assert entry.event is not None
    assert entry.event.posted["occurred_on"] == "2019-03-02"
    entry = one(contacts(tmp_path, {"Ngày xảy ra": datetime(2019, 3, 2, 9, 15)}))  # noqa: DTZ001
    assert entry.event is not None
    assert (entry.event.time, "occurred_on" in entry.event.posted) == ("2019-03-02T09:15:00+07:00", False)


def test_a_workbook_that_counts_from_1904_has_the_same_dates(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.title = "Tiếp cận"
    for row in table({**CONTACT, "Ngày xảy ra": date(2019, 3, 2)}):
        sheet.append(row)
    book.save(tmp_path / "mac.xlsx")
    entry = one(tmp_path / "mac.xlsx")
    assert entry.event is not None
    assert entry.event.posted["occurred_on"] == "2019-03-02"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("=1+1", "cell_formula"),
        ("#REF!", "cell_error"),
        (139, "cell_zeros_lost"),
        (1.5, "cell_not_text"),
        (True, "cell_not_text"),
        (date(2019, 3, 2), "cell_not_text"),
        (10**16, "cell_digits_lost"),
    ],
)
def test_cells_that_hold_no_value_of_the_field_are_told_by_place(
    tmp_path: Path, cell: object, code: str
) -> None:
    path = contacts(tmp_path, {}, {"Mã của cơ quan": "LB-2", "Xã, phường": cell})
    assert found(checked(path)) == [(code, 3, 'E "Xã, phường"')]


def test_merged_cells_are_told(tmp_path: Path) -> None:
    path = contacts(tmp_path, {}, {"Mã của cơ quan": "LB-2"})
    book = load_workbook(path)
    book["Tiếp cận"].merge_cells("B2:B3")
    book.save(path)
    assert ("cells_merged", 2, "B2:B3") in found(checked(path))


def test_hidden_rows_are_read_and_noted(tmp_path: Path) -> None:
    path = contacts(tmp_path, {}, {"Mã của cơ quan": "LB-2"})
    book = load_workbook(path)
    book["Tiếp cận"].row_dimensions[3].hidden = True
    book.save(path)
    report = checked(path)
    assert (report.rows, found(report), noted(report)) == (2, [], ["rows_hidden"])


def test_a_sheet_that_nobody_knows_is_an_error_unless_it_is_empty(tmp_path: Path) -> None:
    known = table(CONTACT)
    path = workbook(tmp_path, {"Sheet1": [], "Tiếp cận": known, "Nháp": [["gì đó"]]})
    (error,) = checked(path).findings.errors
    assert (error.code, error.place.sheet) == ("sheet_unknown", "Nháp")


def test_a_hidden_sheet_is_not_read_and_noted(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Tiếp cận": table(CONTACT), "Cũ": [["gì đó"]]})
    book = load_workbook(path)
    book["Cũ"].sheet_state = "hidden"
    book.save(path)
    report = checked(path)
    assert (found(report), noted(report)) == ([], ["sheet_hidden"])


def test_empty_rows_between_and_behind_do_not_matter(tmp_path: Path) -> None:
    rows = table(CONTACT)
    path = workbook(tmp_path, {"Tiếp cận": [[], rows[0], [], rows[1], [" ", "\u00a0"], []]})
    report = checked(path)
    assert (report.rows, found(report)) == (1, [])


FIRST_CELL = '<c r="A2" t="inlineStr"><is><t>LB-1</t></is></c>'


def sheet_xml(path: Path, old: str, new: str, shared: str = "") -> None:
    """Change the XML of the first sheet, and the texts that its cells share."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before = parts["xl/worksheets/sheet1.xml"]
    assert old.encode() in before
    parts["xl/worksheets/sheet1.xml"] = before.replace(old.encode(), new.encode())
    if shared:
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
        types = parts["[Content_Types].xml"].replace(b"</Types>", part.encode())
        parts |= {"[Content_Types].xml": types, "xl/sharedStrings.xml": shared.encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.long
def test_a_million_empty_formatted_rows_do_not_matter(tmp_path: Path) -> None:
    path = contacts(tmp_path, {})
    rows = "".join(
        f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/></row>' for n in range(3, 1_048_577)
    )
    sheet_xml(path, "</sheetData>", f"{rows}</sheetData>")
    report = checked(path)
    assert (report.rows, found(report)) == (1, [])


def test_texts_that_cells_share_are_read_as_excel_saves_them(tmp_path: Path) -> None:
    path = contacts(tmp_path, {})
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    texts = f'<sst xmlns="{main}"><si><t>other</t></si><si><r><t>LB</t></r><r><t>-77</t></r></si></sst>'
    sheet_xml(path, FIRST_CELL, '<c r="A2" t="s"><v>1</v></c>', texts)
    entry = one(path)
    assert entry.event is not None
    assert entry.event.posted["about"] == {"agency_ref": "LB-77"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</sheetData>", ""),
        ("<sheetData>", '<sheetData><row r="99999999"><c r="ZZZZ1"><v>x</v></c>'),
        ('t="inlineStr"', 't="nonsense"'),
        (FIRST_CELL, '<c r="A2" t="s"><v>4711</v></c>'),
        (FIRST_CELL, '<c r="A2"><v>nan</v></c>'),
        (FIRST_CELL, '<c r="A2"><v>text</v></c>'),
        (FIRST_CELL, '<c r="A2" s="99"><v>1e400</v></c>'),
        ("<worksheet", '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'),
    ],
)
def test_a_damaged_sheet_is_answered(tmp_path: Path, old: str, new: str) -> None:
    path = contacts(tmp_path, {})
    sheet_xml(path, old, new)
    assert found(checked(path)) != []


def test_cells_far_to_the_right_are_refused(tmp_path: Path) -> None:
    path = contacts(tmp_path, {})
    sheet_xml(path, "</row>", '<c r="XFD1"><v>1</v></c></row>')
    assert [code for code, *_ in found(checked(path))] == ["file_too_wide"]


def test_a_zip_bomb_is_refused_without_unpacking_it(tmp_path: Path) -> None:
    path = contacts(tmp_path, {})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/x.bin", "w") as big,
    ):
        for _ in range(420):
            big.write(bytes(1_000_000))
    assert path.stat().st_size < 1_000_000
    assert found(checked(path)) == [("file_unpacks_too_big", None, "")]


def test_macros_are_not_run_and_noted(tmp_path: Path) -> None:
    path = contacts(tmp_path, {})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    report = checked(path.rename(path.with_suffix(".xlsm")))
    assert (found(report), noted(report)) == ([], ["file_macros"])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_not_xlsx"),
        (b"no workbook at all", "file_not_xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old or with a password", "file_old_excel"),
        (b"PK\x05\x06" + bytes(18), "file_not_xlsx"),
    ],
)
def test_what_is_no_workbook_is_answered(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "rows.xlsx").write_bytes(content)
    assert found(checked(tmp_path / "rows.xlsx")) == [(code, None, "")]


def test_a_workbook_that_is_cut_off_is_answered(tmp_path: Path) -> None:
    path = contacts(tmp_path, {})
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert found(checked(path)) != []


def test_other_endings_are_told_which_there_are(tmp_path: Path) -> None:
    for name, code in (("rows.xls", "file_old_excel"), ("rows.docx", "file_ending_unknown")):
        (tmp_path / name).write_bytes(b"x")
        assert found(checked(tmp_path / name)) == [(code, None, "")]


def test_lists_keep_the_order_of_their_numbers_and_leave_out_what_is_empty(tmp_path: Path) -> None:
    rows = table(
        {
            "agency_ref": "LB-1",
            "when": "02/03/2019",
            "by": "nv-1",
            "Dịch vụ 3": "hiv_test",
            "Mục tiêu 3": "biết kết quả",
            "Dịch vụ 1": "methadone",
            "Thời hạn 1": "01/04/2019",
            "Dịch vụ 2": "",
        }
    )
    entry = one(workbook(tmp_path, {"plan-agreed": rows}))
    assert entry.event is not None
    assert entry.event.posted["data"]["items"] == [
        {"service": "methadone", "due_on": "2019-04-01"},
        {"service": "hiv_test", "goal": "biết kết quả"},
    ]


def test_what_lacks_in_a_list_is_told_by_its_own_number(tmp_path: Path) -> None:
    rows = table(
        {
            "agency_ref": "LB-1",
            "when": "02/03/2019",
            "by": "nv-1",
            "Dịch vụ 1": "hiv_test",
            "Mục tiêu 4": "khỏe",
        }
    )
    assert found(checked(workbook(tmp_path, {"plan-agreed": rows}))) == [
        ("field_missing", 2, '"Mục 4: Dịch vụ"'),
    ]
