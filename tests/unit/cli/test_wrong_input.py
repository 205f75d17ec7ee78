"""Whatever is typed: the answer is a sentence and a status, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from reftrack_cli import main, usage
from reftrack_local.keys import Keys

WRONG = [
    "up --postgres-port 99999",
    "up --kafka-port -5",
    "up --instances intake=²",
    "up --state ~nobody-has-this-name/x",
    "up --clock simulated:0001-01-01T00:00:00+07:00",
    "clock set 0001-01-01T00:00:00+07:00",
    "token issue --role operator --org a --subject b --ttl 99999999999999d",
    "token issue --role operator --org a --subject b --ttl 99999999d",
    "token issue --role operator --org a --subject b --ttl ²d",
    "token issue --role operator --org a --subject b --state FILE",
    "demo --state FILE",
    "demo --state /proc/nothing-can-be-made-here",
    "receipts --org a --after 99999999999999999999",
    "referrals watch CG-4F7K-92QX-T6WE-M --after 99999999999999999999",
    "report run --from 2019-01-01 --to 2019-02-01 --seq 99999999999999999999",
    "case history x --recorded-by 0001-01-01T00:00:00+07:00",
    "case history x --recorded-by 9999-12-31T23:59:59-07:00",
    "case show x\udcff",
    "report run --from \udcff --to 2019-02-01",
]


def status(arguments: list[str]) -> int:
    return usage.run(main.app, "reftrack", arguments)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    Keys(tmp_path / "keys").make(["intake"])
    (tmp_path / "runtime.json").write_text('{"clock": "simulated"}')
    return tmp_path


@pytest.mark.parametrize("lang", ["vi_VN.UTF-8", "C.UTF-8"])
@pytest.mark.parametrize("line", WRONG)
def test_wrong_input_is_told_and_ends_with_a_status(
    line: str, lang: str, state: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", lang)
    monkeypatch.setenv("REFTRACK_STATE", str(state))
    file = state / "a-file"
    file.write_text("")
    assert status([str(file) if word == "FILE" else word for word in line.split()]) in {1, 2}
    assert any(capfd.readouterr())


@pytest.mark.parametrize(("org", "subject"), [("", "an.nv"), ("ldtbxh-bo-de", ""), (" ", " ")])
def test_no_token_is_issued_that_every_service_would_refuse(
    org: str, subject: str, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "token",
        "issue",
        "--role",
        "operator",
        "--org",
        org,
        "--subject",
        subject,
        "--state",
        str(state),
    ]
    assert status(words) == 1
    assert capsys.readouterr().out == ""


def test_a_record_of_the_runtime_that_is_broken_is_as_none(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state / "runtime.json").write_text("{")
    assert status(["case", "show", "x", "--state", str(state)]) == 1
    assert "Nothing says where reporting listens" in capsys.readouterr().err
