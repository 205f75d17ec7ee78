"""What is told in Vietnamese of wrong use, and that every heading of a table has both languages."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import typer
from contracts import catalogue
from reftrack_cli import helping, main, operators, session, usage
from reftrack_cli.operators import parked, quarantine, referrals, views

WRONG = {
    "frobnicate": "Không có lệnh 'frobnicate'.",
    "report run": "Thiếu tùy chọn '--from'.",
    "report run --from": "Tùy chọn '--from' cần một giá trị.",
    "report run --frm x": "Không có tùy chọn --frm (có thể là: --from, --map)",
    "report run --from 2019-01-01 --to 2019-02-01 --by village": (
        "Giá trị của --by không hợp lệ: chọn province, district hoặc commune"
    ),
    "report run --from 2019-01-01 --to 2019-02-01 --seq 7 --known-at 2019-12-10": (
        "Giá trị của --seq không hợp lệ: chỉ chọn một trong hai, --seq hoặc --known-at"
    ),
    "receipts --org x --most 0": "Giá trị của '--most' không hợp lệ: phải từ 1 trở lên",
    "receipts --org x --most abc": "Giá trị của '--most' không hợp lệ: phải là số nguyên",
    "receipts --org x --watch=1": "Tùy chọn '--watch' không nhận giá trị.",
    "case show": "Thiếu tham số 'case'.",
    "case show a b": "Thừa tham số: b",
    "events post /nope --org x": "Giá trị của 'file' không hợp lệ: không có tệp '/nope'.",
    "events post / --org x": "Giá trị của 'file' không hợp lệ: '/' là thư mục, không phải tệp.",
    "parked list foo": (
        "Giá trị của 'service' không hợp lệ: 'foo' không có trong danh sách: 'intake', 'referral', "
        "'followup', 'reporting'."
    ),
    "case history x --recorded-by yesterday": (
        "Giá trị của --recorded-by không hợp lệ: ghi như 2019-12-10 hoặc 2019-12-10T09:00:00+07:00"
    ),
    "views list --lang fr": "Giá trị của --lang không hợp lệ: chọn vi hoặc en",
}


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)


@pytest.mark.parametrize("line", WRONG)
def test_wrong_use_is_told_in_vietnamese(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert usage.run(main.app, "reftrack", line.split()) == 2
    told = capsys.readouterr().err
    assert f"│ {WRONG[line]} " in told
    assert "Lỗi" in told
    assert "Error" not in told


def test_the_usage_stands_above_it(capsys: pytest.CaptureFixture[str]) -> None:
    usage.run(main.app, "reftrack", ["case", "show"])
    above = capsys.readouterr().err.splitlines()[:2]
    assert above[0].startswith("Cách dùng: reftrack case show ")
    assert above[1] == "Gõ 'reftrack case show --help' để xem hướng dẫn."


@pytest.mark.parametrize(
    ("line", "lacks"),
    [("clients merge a b", "Thiếu tùy chọn '--ground'."), ("parked skip", "Thiếu tham số 'service'.")],
)
def test_what_lacks_is_told_in_vietnamese_with_all_it_can_be(
    line: str, lacks: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage.run(main.app, "reftrack", line.split()) == 2
    told = capsys.readouterr().err
    assert f"│ {lacks} Chọn một trong: " in told
    assert not {"Missing", "Choose", "argument", "option"} & set(told.split())


@pytest.mark.parametrize("line", ["case show --lang en", "case show --lang=en"])
def test_who_asks_for_english_gets_it(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert usage.run(main.app, "reftrack", line.split()) == 2
    told = capsys.readouterr().err
    assert "Missing argument 'case'." in told
    assert told.startswith("Usage: reftrack case show ")


OURS = {"vi": ["Giá trị của", "Thiếu"], "en": ["Invalid value for", "Missing"]}
THEIRS = ["Input should", "Value error", "input string"]
WRONG_VALUES = ["abc", "1.5.5", "9" * 5000, "nan", "-999999999999999999999999", ""]


def options_with_values() -> list[tuple[str, str]]:
    """Every option of every command whose value is a number or of a closed list."""
    commands = helping.walk(typer.main.get_command(main.app))
    return [
        (path, each.opts[0])
        for path, made in commands
        for each in made.params
        if each.opts[0].startswith("--") and _is_read(each)
    ]


def _is_read(option: Any) -> bool:
    kind = option.type_descriptor.annotation
    return kind in (int, float) or option.type_descriptor.is_choice


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize(("path", "option"), options_with_values())
def test_nobody_is_told_a_wrong_value_in_the_words_of_a_library(
    path: str, option: str, lang: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for value in WRONG_VALUES:
        words = ["--lang", lang, *path.split(), f"{option}={value}"]
        assert usage.run(main.app, "reftrack", words) == 2
        told = capsys.readouterr().err
        assert [words for words in THEIRS if words in told] == []
        assert any(words in told for words in OURS[lang])


def test_there_are_options_with_values_at_all() -> None:
    assert {("matches decide", "--ground"), ("receipts", "--most"), ("files send", "--wait")} <= set(
        options_with_values()
    )


def test_vietnamese_can_be_asked_for_where_english_is_spoken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    usage.run(main.app, "reftrack", ["case", "show", "--lang", "vi"])
    assert "Thiếu tham số" in capsys.readouterr().err


def test_a_command_that_ends_with_a_status_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage.run(main.app, "reftrack", ["views", "list", "--state", str(tmp_path)]) == 1
    assert capsys.readouterr().err


@pytest.mark.parametrize("module", [parked, quarantine, referrals, views])
def test_headings_are_in_the_language_asked_for(module: object) -> None:
    headings = module.HEADINGS  # type: ignore[attr-defined]
    screen = catalogue.lists()["Screen"]
    assert [code for code in headings if code not in screen] == []
    assert session.words(headings, "vi") != session.words(headings, "en")


def test_no_table_of_the_operators_has_headings_of_its_own() -> None:
    own: list[str] = []
    for source in Path(operators.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(source.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "session.table":
                own += [ast.unparse(each) for each in call.args if isinstance(each, ast.Constant)]
    assert set(own) <= {"''", "'%'"}
