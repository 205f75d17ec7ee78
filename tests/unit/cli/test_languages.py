"""Nothing that a command says lacks either language: help, headings, messages, wrong use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
import reftrack_cli
import reftrack_demo
import reftrack_local
import typer
from contracts import catalogue, phrases
from contracts.states import ReferralState
from contracts.vocabulary import (
    CloseReason,
    Deadline,
    DeclineReason,
    Instrument,
    MergeGround,
    PurposeOfUse,
    ReopenReason,
    Service,
    Verdict,
    VoidReason,
)
from reftrack_cli import helping, main, usage
from reftrack_local import speaking
from reftrack_local.speaking import Speaking

COMMANDS = dict(helping.walk(typer.main.get_command(main.app)))
SAYS = {
    "Trouble",
    "AlreadyRunning",
    "FeedError",
    "say",
    "step",
    "print",
    "told",
    "Table",
    "add_column",
    "_title",
}
"""What makes a text be read: its first argument, or all of them for those below."""

EVERY_ARGUMENT = {"Trouble", "AlreadyRunning", "Table"}
NO_WORDS = {"postgres", "kafka"}


@pytest.fixture(autouse=True)
def no_locale(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    speaking.choose(None)
    yield
    speaking.choose(None)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path or "reftrack")
def test_the_help_of_every_command_has_both_languages(path: str) -> None:
    lacking = [text for text in helping.texts(COMMANDS[path]) if not phrases.help_in_vietnamese(text)]
    assert lacking == [], "add them to proto/src/contracts/texts/help.yaml"


def test_every_command_says_what_it_does_and_what_each_of_its_parameters_is() -> None:
    assert [path for path, made in COMMANDS.items() if not made.help] == []
    lacking = [(path, each.name) for path, made in COMMANDS.items() for each in made.params if not each.help]
    assert lacking == []


TAKES_CODES = [
    ("case void", "--reason", VoidReason, ()),
    ("case close", "--reason", CloseReason, (CloseReason.MERGED,)),
    ("case reopen", "--reason", ReopenReason, (ReopenReason.UNMERGED,)),
    ("case decline", "--reason", DeclineReason, ()),
    ("case decline", "--instrument", Instrument, ()),
    ("case revise", "--item", Service, ()),
    ("identity show", "--purpose", PurposeOfUse, (PurposeOfUse.STATISTICS,)),
    ("matches decide", "--ground", MergeGround, ()),
    ("clients merge", "--ground", MergeGround, ()),
    ("clients unmerge", "--ground", MergeGround, ()),
    ("receipts", "--verdict", Verdict, ()),
    ("due", "--which", Deadline, ()),
    ("referrals list", "--service", Service, ()),
    ("referrals list", "--in-state", ReferralState, ()),
]


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize(("path", "option", "codes", "but"), TAKES_CODES)
def test_help_lists_the_codes_that_an_option_takes_with_their_names(
    path: str, option: str, codes: type[StrEnum], but: tuple[StrEnum, ...], lang: str
) -> None:
    made = dict(helping.walk(helping.command(main.app, lang)))[path]
    said = next(each.help for each in made.params if option in each.opts)
    for code in codes:
        assert (f"{code} ({catalogue.name(code, lang)})" in said) is (code not in but)
    assert "{" not in said


def test_no_vietnamese_help_is_left_over_of_what_is_gone() -> None:
    said = {" ".join(text.split()) for made in COMMANDS.values() for text in helping.texts(made)}
    frame = {title.en for title in catalogue.helps()["frame"].values()}
    old = [t.en for t in catalogue.helps()["help"].values() if " ".join(t.en.split()) not in said]
    assert [text for text in old if text not in frame] == [], "take them out of help.yaml"


@pytest.mark.parametrize("file", ["help.yaml", "messages.yaml"])
def test_vietnamese_stands_beside_every_english_with_the_same_places(file: str) -> None:
    groups = catalogue.helps() if file == "help.yaml" else catalogue.messages()
    for title in (title for group in groups.values() for title in group.values()):
        assert title.vi
        assert sorted(set(places(title.vi))) == sorted(set(places(title.en)))


def places(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("{")[1:]]


def sources() -> list[Path]:
    folders = [Path(str(module.__file__)).parent for module in (reftrack_local, reftrack_demo)]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


@pytest.mark.parametrize("source", sources(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_message_of_runtime_and_demo_has_both_languages(source: Path) -> None:
    lacking = [text for text in said(source) if phrases.messages().instead_of(text) is None]
    assert lacking == [], "add them to proto/src/contracts/texts/messages.yaml"


def test_messages_are_found_at_all() -> None:
    found = [text for source in sources() for text in said(source)]
    assert len(found) > 90
    assert "Nothing is running on 7." in found


def said(source: Path) -> Iterator[str]:
    """Texts that are told, with 7 in the places that are filled."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in SAYS:
            for argument in node.args if name in EVERY_ARGUMENT else node.args[:1]:
                yield from (text for text in texts(argument) if words(text))


def texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "7" for part in node.values]
        yield "".join(map(str, parts))
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))


def words(text: str) -> bool:
    """Whether there is anything to translate: markup, marks and figures are none."""
    plain = text.replace("[bold]", "").replace("[/]", "").replace("[green]", "").replace("[bold red]", "")
    return any(letter.isalpha() for letter in plain) and plain not in NO_WORDS


def test_everything_that_is_told_of_wrong_use_has_both_languages() -> None:
    lacking = []
    for source in sorted(Path(str(reftrack_cli.__file__)).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "BadParameter":
                lacking += [text for text in texts(node.args[0]) if usage.told(text) == text]
    assert lacking == [], "add them to proto/src/contracts/texts/usage.yaml"


def test_no_command_of_the_operators_prints_words_of_its_own() -> None:
    own = []
    for source in sorted(Path(str(reftrack_cli.__file__)).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"out.print", "err.print", "below"}:
                own += [text for argument in node.args[:1] for text in literals(argument)]
    assert own == [], "words belong in proto/src/contracts/texts/lists.yaml (Screen)"


def literals(node: ast.expr) -> Iterator[str]:
    """What stands in the code itself, but for markup and marks."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            plain = part.value.replace("[dim]", "").replace("[bold]", "").replace("[/]", "")
            if any(letter.isalpha() for letter in plain):
                yield plain


@pytest.mark.parametrize(
    ("set_", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "vi_VN.UTF-8"}, "vi"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "vi_VN"}, "vi"),
        ({"LANG": "vi_VN.UTF-8", "LC_ALL": ""}, "vi"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "vi_VN"}, "vi"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_locale_decides_the_language(
    monkeypatch: pytest.MonkeyPatch, set_: dict[str, str], spoken: str
) -> None:
    for name, value in set_.items():
        monkeypatch.setenv(name, value)
    assert speaking.language() == spoken


@pytest.mark.parametrize(
    "line",
    [
        "--lang vi health --state {folder}",
        "health --lang vi --state {folder}",
        "--lang=vi health --state {folder}",
    ],
)
def test_the_main_command_and_each_of_the_runtime_take_the_language(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert usage.run(main.app, "reftrack", line.format(folder=tmp_path).split()) == 1
    assert "Không có gì đang chạy trên" in capsys.readouterr().err


def test_what_a_command_is_told_counts_more_than_the_main_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--lang", "vi", "health", "--lang", "en", "--state", str(tmp_path)]
    usage.run(main.app, "reftrack", words)
    assert "Nothing is running on" in capsys.readouterr().err


def test_help_is_in_the_language_spoken_from_the_first_line_to_the_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "vi_VN.UTF-8")
    assert usage.run(main.app, "reftrack", ["up", "--help"]) == 0
    told = capsys.readouterr().out
    for word in ("Cách dùng: reftrack up", "Tùy chọn", "Khởi động PostgreSQL", "Hiện hướng dẫn này."):
        assert word in told
    for word in ("Usage", "Options", "Show this message", "default:"):
        assert word not in told
    monkeypatch.setenv("LANG", "C")
    usage.run(main.app, "reftrack", ["up", "--help"])
    assert "Usage: reftrack up" in capsys.readouterr().out


def test_a_console_says_its_texts_in_the_language_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    speaking.choose("vi")
    Speaking().print("Ctrl-C stops it.")
    Speaking().print("intake-1 is running again (restart 2).")
    told = capsys.readouterr().out.splitlines()
    assert told == ["Gõ Ctrl-C để dừng.", "intake-1 chạy lại rồi (lần thứ 2)."]
