"""Whatever is typed after any command: a sentence and a status, never a traceback. New commands are covered
by themselves: they are found by walking the command line."""

from __future__ import annotations

from collections.abc import Iterator
from errno import ENOENT, ENOSPC
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from reftrack_cli import helping, main, usage
from reftrack_local.keys import Keys
from typer.main import get_command

ODD = (
    "",
    " ",
    "x" * 50_000,
    "\x01\x1b[31m\x07\u202e\u2028",
    "\udcff",
    "-1",
    "0",
    "²",
    "99999999999999999999",
    "nan",
    "2019-02-30",
    "0001-01-01",
    "9999-12-31T23:59:59-07:00",
    "[/red]{}%s$(x)",
    "CG-0000-0000-0000-0",
    "00000000-0000-0000-0000-000000000000:~zz",
    "/nope/of/this",
)
STARTS_SERVERS = {"up", "demo"}
"""Their wrong arguments: `test_wrong_input`."""
ALONE = {"template", "token issue", "down", "clock set", "vault add-key"}
"""What asks no server, so that some odd word is right for it, or none is needed."""


def walk(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """The commands at the ends of all groups."""
    if not hasattr(command, "commands"):
        yield " ".join(path), command
    for name, part in getattr(command, "commands", {}).items():
        yield from walk(part, *path, name)


COMMANDS = {path: command for path, command in walk(get_command(main.app)) if path not in STARTS_SERVERS}


def words(parameter: Any, value: str) -> list[str]:
    """A parameter as it is typed."""
    if parameter.param_type_name == "argument":
        return [value]
    name = max(parameter.opts, key=len)
    return [name] if parameter.is_flag else [name, value]


def lines(command: Any) -> Iterator[list[str]]:
    """Each odd word for all that is needed; then each option with some of them, by turns."""
    needed = [one for one in command.params if one.required]
    for value in ODD if needed else ("",):
        yield [word for one in needed for word in words(one, value)]
    for place, option in enumerate(one for one in command.params if not one.required):
        for turn in range(1 if getattr(option, "is_flag", False) else 3):
            value, other = ODD[(place * 5 + turn * 4) % len(ODD)], "a-1"
            yield [*words(option, value), *(word for one in needed for word in words(one, other))]


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of a system, and addresses at which nobody answers: requests are made, and cannot be sent."""
    Keys(tmp_path / "keys").make(["intake"])
    (tmp_path / "runtime.json").write_text('{"clock": "simulated"}')
    monkeypatch.setenv("REFTRACK_STATE", str(tmp_path))
    for service in ("INTAKE", "REFERRAL", "FOLLOWUP", "REPORTING"):
        monkeypatch.setenv(f"REFTRACK_{service}_ADDRESS", "127.0.0.1:1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(helping, "command", cache(helping.command))  # the same for every line


def test_a_reader_that_went_away_ends_a_command_quietly(
    nothing_runs: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("reftrack_local.commands.clock._tell", gone)
    monkeypatch.setattr("sys.stdout", StringIO())
    assert usage.run(main.app, "reftrack", ["clock", "show"]) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(ENOENT, "No such file", "/nope"), "/nope cannot be used (No such file)"),
        (OSError(ENOSPC, "No space left on device"), "Not possible on this machine: No space left on device"),
        (TimeoutError(), "Not possible on this machine: TimeoutError"),
    ],
)
def test_what_the_machine_will_not_do_is_told_of_a_path_only_where_there_is_one(
    nothing_runs: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: OSError,
    said: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("reftrack_local.commands.clock._tell", fail)
    assert usage.run(main.app, "reftrack", ["clock", "show", "--lang", "en"]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("path", COMMANDS)
def test_any_arguments_are_told_in_words(
    path: str, nothing_runs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in lines(COMMANDS[path]):
        status = usage.run(main.app, "reftrack", [*path.split(), *line])
        told = "".join(capsys.readouterr())
        shown = [word[:40] for word in line]
        assert told.strip(), shown
        assert "Traceback" not in told, shown
        assert status in ({0, 1, 2} if path in ALONE else {1, 2}), (shown, told[:300])


def test_every_command_but_those_that_start_servers_is_tried() -> None:
    assert len(COMMANDS) > 60
    assert {path for path, _ in walk(get_command(main.app))} >= STARTS_SERVERS
