"""However a session of tests ends, what it started ends with it, and its folder goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.keeper import MARK

ROOT = Path(__file__).parents[3]

A_TEST = """
import os, subprocess, time
from pathlib import Path
import pytest

@pytest.fixture(scope="session")
def server():
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as sleep:
        Path({here!r}, "begun").write_text(f"{{sleep.pid}} {{os.environ['TMPDIR']}}")
        yield
        Path({here!r}, "torn down").touch()
        sleep.kill()

def test_it(server):
    time.sleep(600)
"""


@pytest.mark.parametrize(
    ("how", "orderly"), [(signal.SIGTERM, True), (signal.SIGKILL, False)], ids=["asked to end", "killed"]
)
def test_nothing_stays_of_a_session(tmp_path: Path, how: signal.Signals, orderly: bool) -> None:
    file = tmp_path / "test_that_is_ended.py"
    file.write_text(A_TEST.format(here=str(tmp_path)))
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-n", "1", "--rootdir", str(ROOT)]
    unmarked = {name: value for name, value in os.environ.items() if name not in (MARK, "TMPDIR")}
    with subprocess.Popen(
        [*command, "-c", str(ROOT / "pyproject.toml"), str(file)],
        cwd=ROOT,
        env=unmarked,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as session:
        begun = tmp_path / "begun"
        eventually(lambda: begun.exists() and " " in begun.read_text(), "the session did not begin")
        pid, folder = begun.read_text().split(" ")
        os.killpg(session.pid, how)
        session.wait(30)
    eventually(lambda: not psutil.pid_exists(int(pid)), "what the session started goes on")
    eventually(lambda: not Path(folder).exists(), "the folder of the session stays")
    assert (tmp_path / "torn down").exists() == orderly


def eventually(holds: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, otherwise
        time.sleep(0.1)
