"""The whole file: all errors at once, rows compared with each other, and no value of a person repeated."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from chassis.ids import number
from contracts import catalogue
from reference import Organisations
from reftrack_cli.files import telling
from reftrack_cli.files.checking import check
from reftrack_cli.files.directory import Directory
from reftrack_cli.files.findings import MOST
from reftrack_cli.files.rules import Rules
from reftrack_local import paths

from tests.unit.cli.files.office import (
    CONTACT,
    checked,
    contacts,
    found,
    noted,
    one,
    setting,
    table,
    workbook,
)

REGISTERED = {
    "Mã của cơ quan": "LB-1",
    "Ngày xảy ra": "02/03/2019",
    "Người thực hiện": "nv-07",
    "Nhóm khách hàng": "drug_user",
    "Nơi cư trú": "00139",
    "Họ và tên": "Nguyễn Văn Thử",
    "Số CMND, CCCD": "001090001234",
}


def test_all_errors_of_a_row_are_told_at_once(tmp_path: Path) -> None:
    path = contacts(
        tmp_path,
        {"Ngày xảy ra": "x", "Xã, phường": "139", "Người thực hiện": "ông Bảy", "Nhóm khách hàng": ""},
    )
    assert {column for _, _, column in found(checked(path))} == {
        'B "Ngày xảy ra"',
        'C "Người thực hiện"',
        'E "Xã, phường"',
        'F "Nhóm khách hàng"',
    }


def test_many_errors_are_counted_and_the_first_are_told(tmp_path: Path) -> None:
    report = checked(
        contacts(tmp_path, *({"Mã của cơ quan": f"LB-{n}", "Xã, phường": "x x"} for n in range(MOST + 50)))
    )
    assert len(report.findings.errors) == MOST
    assert (report.findings.error_count, report.findings.untold) == (MOST + 50, 50)
    assert report.findings.rows_with_errors == MOST + 50


def test_every_text_has_both_languages_and_its_places_filled(tmp_path: Path) -> None:
    path = contacts(
        tmp_path, {"Ngày xảy ra": "x", "Xã, phường": "139", "Nhóm khách hàng": "x", "Hình thức tiếp cận": "x"}
    )
    for finding in checked(path).findings.errors:
        texts = [finding.text(lang) for lang in catalogue.LANGS]
        assert texts[0] != texts[1]
        assert not any("…" in text or "{" in text for text in texts)


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("Họ và tên", "Canary\u0000Name" * 40),
        ("Số CMND, CCCD", "canary 001090001234"),
        ("Số điện thoại", "canary 0912345678"),
        ("Ngày sinh", "canary 01/02/1990"),
        ("Địa chỉ", "canary " * 90),
        ("Nơi cư trú", "canary street"),
        ("Mã của cơ quan", "001090001234"),
        ("Mã dòng", "001090001234"),
        ("Nhóm khách hàng", "canary"),
    ],
)
def test_errors_never_repeat_what_stands_in_a_cell(tmp_path: Path, heading: str, value: str) -> None:
    report = checked(
        workbook(tmp_path, {"client-registered": table({**REGISTERED, heading: value.replace("\0", "")})})
    )
    told = " ".join(f"{one.text('vi')} {one.text('en')} {one.place}" for one in report.findings.errors)
    assert told
    assert "canary" not in told.lower()
    assert "001090001234" not in told


def test_a_file_without_headings_is_told_by_letters_and_not_by_what_stands_there(tmp_path: Path) -> None:
    rows = [["Canary Văn Thử", "001090001234", "02/03/2019"], ["Canary Hai", "001090001235", "02/03/2019"]]
    report = checked(workbook(tmp_path, {"client-registered": rows}))
    told = " ".join(f"{one.text('vi')} {one.text('en')} {one.place}" for one in report.findings.errors)
    assert ("heading_unknown", 1, "A") in found(report)
    assert "Canary" not in told
    assert "0010900" not in told


def test_two_rows_that_say_the_same_are_one_too_many(tmp_path: Path) -> None:
    path = contacts(tmp_path, {}, {})
    assert found(checked(path)) == [("file_row_twice", 3, "")]
    assert "Tiếp cận 2" in checked(path).findings.errors[0].text("vi")


def test_ids_of_their_own_make_two_rows_of_the_same_content_two_events(tmp_path: Path) -> None:
    report = checked(contacts(tmp_path, {"Mã dòng": "a"}, {"Mã dòng": "b"}))
    assert (found(report), report.rows) == ([], 2)


def test_an_id_that_is_used_again_for_something_else_is_an_error_for_the_same_a_note(tmp_path: Path) -> None:
    other = contacts(tmp_path, {"Mã dòng": "a"}, {"Mã dòng": "a", "Hình thức tiếp cận": "office"})
    assert found(checked(other)) == [("file_id_twice", 3, "")]
    same = contacts(tmp_path, {"Mã dòng": "a"}, {"Mã dòng": "a"})
    assert (found(checked(same)), noted(checked(same))) == ([], ["file_row_again"])


def test_an_id_follows_from_what_the_row_says_and_not_from_its_place_or_the_kind_of_file(
    tmp_path: Path,
) -> None:
    first = one(contacts(tmp_path, {})).event
    moved = one(
        workbook(tmp_path, {"Client contacted": [[], [], *table(dict(reversed(list(CONTACT.items()))))]})
    ).event
    other = one(contacts(tmp_path, {"Mã của cơ quan": "LB-2"})).event
    assert first is not None
    assert moved is not None
    assert other is not None
    assert first.id == moved.id != other.id


def test_nobody_can_guess_a_name_by_an_id(tmp_path: Path) -> None:
    rows = [
        {**REGISTERED, "Họ và tên": name, "Số CMND, CCCD": number}
        for name, number in (("An", ""), ("Bình", "001090001234"))
    ]
    ids = {one(workbook(tmp_path, {"client-registered": table(row)})).event.id for row in rows}  # type: ignore[union-attr]
    assert len(ids) == 1


def test_a_reference_used_before_any_contact_of_it_is_allowed_and_noted(tmp_path: Path) -> None:
    given = {"Ngày xảy ra": "03/03/2019", "Người thực hiện": "nv-1", "Số phút": 30}
    interventions = table(*({"Mã của cơ quan": ref, **given} for ref in ("LB-1", "LB-8", "LB-9", "LB-9x")))
    path = workbook(tmp_path, {"Can thiệp ngắn": interventions, "Tiếp cận": table(CONTACT)})
    report = checked(path, "ldtbxh-bo-de")
    (note,) = [each for each, _ in report.findings.notes]
    assert (found(report), note.code, note.detail) == ([], "file_ref_unmet", {"count": "3"})


def test_an_office_that_may_not_post_an_event_is_told_once(tmp_path: Path) -> None:
    path = contacts(tmp_path, {}, {"Mã của cơ quan": "LB-2"})
    assert found(checked(path, "methadone-long-bien")) == [("not_yours_to_report", 2, "")]


def test_a_place_outside_of_the_office_s_territory_is_noted_as_the_list_here_may_be_out_of_date(
    tmp_path: Path,
) -> None:
    report = checked(contacts(tmp_path, {"Xã, phường": "00133"}, {"Mã của cơ quan": "LB-2"}), "cap-bo-de")
    assert (found(report), noted(report)) == ([], ["outside_territory"])
    (note, count), *_ = report.findings.notes
    assert (count, note.place.row, note.place.column) == (1, 2, '"Xã, phường"')
    assert "Bồ Đề (00139)" in note.text("en")


@pytest.mark.parametrize(
    ("commune", "day", "code"),
    [
        ("99999", "2019-03-02", "unit_unknown"),
        ("00139", "2026-03-02", "unit_divided"),
        ("00004", "2019-03-02", None),
        ("004", "2019-03-02", "unit_not_a_commune"),
    ],
)
@pytest.mark.parametrize("org", ["", "pctnxh-ha-noi"])
def test_a_code_that_means_no_commune_is_noted_in_lines_of_json_too(
    org: str, commune: str, day: str, code: str | None, tmp_path: Path
) -> None:
    data = {"channel": "street", "commune": commune, "client_group": "drug_user"}
    said = {"type": "client-contacted", "about": {"agency_ref": "A-1"}, "by": "nv-1", "data": data}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({**said, "occurred_on": day}) + "\n", "utf-8")
    report = checked(path, org)
    told = {*noted(report), *(one for one, _, _ in found(report))} - {"not_yours_to_report"}
    assert told == ({code} if code else set())


def test_whom_an_office_registers_from_elsewhere_was_met_here_or_sent_here(tmp_path: Path) -> None:
    here, elsewhere = {"Nơi cư trú": "00139"}, {"Nơi cư trú": "00133"}
    met = {"client-contacted": table(CONTACT)}
    for row, sheets, expected in (
        (here, {}, []),
        (elsewhere, {}, ["lives_outside_territory"]),
        (elsewhere, met, []),
        ({**elsewhere, "Số giấy giới thiệu": number(bytes(32), "GT", "one")}, {}, []),
    ):
        path = workbook(tmp_path, {**sheets, "client-registered": table({**REGISTERED, **row})})
        report = checked(path, "ldtbxh-bo-de")
        assert (found(report), [code for code in noted(report) if "outside" in code]) == ([], expected), row


def test_an_office_that_had_not_begun_is_noted(tmp_path: Path) -> None:
    directory = Directory(paths.default_reference())
    offices = directory.organisations
    assert isinstance(offices, Organisations)
    offices.learn([offices["cap-bo-de"].model_copy(update={"since": date(2020, 1, 1)})])
    report = check(contacts(tmp_path, {}), setting(), rules=Rules(directory, "cap-bo-de"))
    assert (found(report), noted(report)) == ([], ["agency_not_in_force"])


def test_headings_are_not_counted_as_a_row_with_errors(tmp_path: Path) -> None:
    report = checked(contacts(tmp_path, {"Nhóm": "x", "Hình thức tiếp cận": "ở đâu đó"}))
    assert [row for _, row, _ in found(report)] == [1, 2]
    assert report.findings.rows_with_errors == 1


def test_a_remedy_speaks_of_the_file_and_not_of_ids(tmp_path: Path) -> None:
    (error,) = checked(contacts(tmp_path, {"Người thực hiện": ""})).findings.errors
    assert error.text("vi") == "Thiếu trường bắt buộc. Bổ sung rồi gửi lại tệp."
    assert error.text("en") == "A required field is missing. Add it and send the file again."


def test_what_lies_in_the_future_is_noted(tmp_path: Path) -> None:
    assert noted(checked(contacts(tmp_path, {"Ngày xảy ra": "02/03/2091"}))) == ["file_in_future"]


def test_a_worker_named_for_the_whole_file_stands_in_for_the_column(tmp_path: Path) -> None:
    path = contacts(tmp_path, {}, without="Người thực hiện")
    assert found(checked(path)) == [("column_missing", 1, '"Người thực hiện"')]
    assert found(check(path, setting("cap-bo-de", by="nv-9"))) == []


@pytest.mark.parametrize(
    ("rows", "lang", "told"),
    [
        (1, "en", "1 error in 1 row. Nothing was sent."),
        (2, "en", "2 errors in 2 rows. Nothing was sent."),
        (1, "vi", "1 lỗi ở 1 dòng. Chưa gửi gì."),
        (2, "vi", "2 lỗi ở 2 dòng. Chưa gửi gì."),
    ],
)
def test_how_many_errors_there_are_is_told_in_good_grammar(
    rows: int, lang: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [{"Mã của cơ quan": f"LB-{n}", "Xã, phường": "99999"} for n in range(rows)]
    telling.tell_report(checked(contacts(tmp_path, *wrong)), lang, json=False)
    assert told in capsys.readouterr().err
