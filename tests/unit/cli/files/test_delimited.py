"""CSV as Excel, LibreOffice and people save it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.files.office import CONTACT, checked, csv_file, found, noted, one, table


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encoding_and_separator_are_found_out(tmp_path: Path, encoding: str, separator: str) -> None:
    rows = table({key.replace(",", ""): value for key, value in CONTACT.items()})
    entry = one(csv_file(tmp_path, rows, separator=separator, encoding=encoding), "client-contacted")
    assert entry.errors == ()
    assert entry.event is not None
    assert entry.event.posted["data"] == {
        "channel": "street",
        "commune": "00139",
        "client_group": "drug_user",
    }
    assert entry.event.posted["occurred_on"] == "2019-03-02"
    assert entry.event.time == "2019-03-02T00:00:00+07:00"


def test_windows_1258_is_read_and_said(tmp_path: Path) -> None:
    heads = {
        "Ma cua co quan": "LB-1",
        "Ngay xay ra": "02/03/2019",
        "Nguoi thuc hien": "nv-1",
        "Ly do": "other",
    }
    path = csv_file(tmp_path, table({**heads, "Ghi chu": "d\u00fa\u01a1ng"}), encoding="cp1258")
    report = checked(path, event="case-closed")
    assert found(report) == []
    assert noted(report)[0] == "file_encoding"


def test_bytes_of_no_encoding_are_answered(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"Ma cua co quan;\xd2\x90\xff\xfe\n\xd2")
    assert [code for code, *_ in found(checked(path))] == ["file_encoding_unknown"]


def test_utf_16_that_is_cut_off_is_answered(tmp_path: Path) -> None:
    path = csv_file(tmp_path, table(CONTACT), encoding="utf-16")
    path.write_bytes(path.read_bytes()[:-1])
    assert "file_encoding_broken" in [code for code, *_ in found(checked(path, event="client-contacted"))]


def test_a_quote_that_is_never_closed_is_answered_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        'agency_ref;when;by;note\nLB-1;02/03/2019;nv-1;"never closed\n' + "x;y\n" * 50_000, "utf-8"
    )
    assert ("file_quote_open", None, "") in found(checked(path, event="referral-received"))


def test_rows_are_numbered_as_an_editor_numbers_them(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        'agency_ref;when;by;reason;note\n\nLB-1;02/03/2019;nv-1;other;"two\nlines"\nLB-2;;nv-1;other;x\n',
        "utf-8",
    )
    report = checked(path, event="case-closed")
    assert found(report) == [("field_missing", 5, 'B "when"')]


def test_a_column_says_which_event_each_row_is(tmp_path: Path) -> None:
    counselled = {
        "Mã của cơ quan": "LB-1",
        "Ngày xảy ra": "03/03/2019",
        "Người thực hiện": "nv-07",
        "Nội dung": "drug_use",
        "Hình thức": "office",
    }
    rows = table({"Loại sự kiện": "Tiếp cận", **CONTACT}, {"Loại sự kiện": "tu van", **counselled})
    report = checked(csv_file(tmp_path, rows, separator="\t"))
    assert found(report) == []
    assert sorted(report.by_event) == [
        "org.reftrack.client-contacted.v1",
        "org.reftrack.counselling-provided.v1",
    ]


def test_a_cell_under_a_heading_of_another_event_is_not_lost_silently(tmp_path: Path) -> None:
    rows = table({"Loại sự kiện": "Tiếp cận", **CONTACT, "Số phút": "30"})
    assert found(checked(csv_file(tmp_path, rows, separator="\t"))) == [
        ("cell_not_of_event", 2, 'H "Số phút"')
    ]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_line_that_tells_excel_the_separator_is_no_heading(tmp_path: Path, first: str) -> None:
    rows = [[first], ["agency_ref", "when", "by", "reason"], ["LB-1", "02/03/2019", "nv-1", "goals_met"]]
    report = checked(csv_file(tmp_path, rows), event="case-closed")
    assert (found(report), report.rows) == ([], 1)


@pytest.mark.parametrize(
    ("heads", "code"),
    [
        ("agency_ref;when;by;reason;gibberish", "heading_unknown"),
        ("agency_ref;when;by;reason;Lý do", "heading_twice"),
        ("agency_ref;when;by;note", "column_missing"),
        ("agency_ref;when;by;reason;", "column_without_heading"),
    ],
)
def test_headings_that_do_not_fit_are_told(tmp_path: Path, heads: str, code: str) -> None:
    path = csv_file(tmp_path, [heads.split(";"), ["LB-1", "02/03/2019", "nv-1", "other", "x"]])
    assert code in [each for each, *_ in found(checked(path, event="case-closed"))]


def test_a_column_that_lacks_is_told_once_and_not_for_every_row(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path, [["agency_ref", "when", "by"], *([f"LB-{n}", "02/03/2019", "nv-1"] for n in range(50))]
    )
    report = checked(path, event="case-closed")
    assert found(report) == [("column_missing", 1, '"Lý do"')]


def test_rows_that_do_not_say_what_they_are_are_told_how_to(tmp_path: Path) -> None:
    assert found(checked(csv_file(tmp_path, table(CONTACT), separator="\t"))) == [
        ("event_column_missing", 1, "")
    ]


def test_an_empty_file_is_answered(tmp_path: Path) -> None:
    for content in (b"", b"\n\n", b"\xef\xbb\xbf"):
        (tmp_path / "rows.csv").write_bytes(content)
        assert found(checked(tmp_path / "rows.csv")) == [("file_empty", None, "")]
