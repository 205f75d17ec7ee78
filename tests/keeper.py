"""What a session of tests has for itself, and the process that takes it all away again.

A session has a folder for everything that it and its servers write, and a mark in its environment, which
every process that it starts inherits. The keeper outlives the session, however that ends, SIGKILL and a power
cut of the worker included: it ends every process with the mark, then removes the folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "REFTRACK_TEST_SESSION"
IN_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder in it is made by mkdtemp
ROOM = 6 * 1024**3
"""Bytes of memory that must be free twice over before the session's files are kept in memory."""
ORDERLY_WITHIN = 15.0


class Keeper:
    """Holds the session's folder and mark until `end`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reftrack-tests-", dir=_where()))
        # PostgreSQL, which runs as another user when root tests, has to pass through
        self.folder.chmod(0o711)
        mark = self.folder.name
        command = [sys.executable, "-m", "tests.keeper", mark, str(self.folder)]
        unmarked = {name: value for name, value in os.environ.items() if name != MARK}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=unmarked,
            cwd=Path(__file__).parents[1],
            start_new_session=True,
        )
        os.environ[MARK] = mark
        os.environ["TMPDIR"] = tempfile.tempdir = str(self.folder)

    def end(self) -> None:
        """Returns when all that the session started has ended and its folder is gone."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


def folder() -> Path:
    """The folder of the session that this process belongs to."""
    return Path(os.environ["TMPDIR"])


def _where() -> Path | None:
    """In memory if there is room: databases come and go by the thousand, and each waits for the disk."""
    if not os.access(IN_MEMORY, os.W_OK):
        return None
    free = shutil.disk_usage(IN_MEMORY).free
    return IN_MEMORY if min(free, psutil.virtual_memory().available // 2) >= ROOM else None


def marked(mark: str) -> Iterator[psutil.Process]:
    """The living processes that a session started, and what these started in turn."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                yield process


def sweep(mark: str) -> None:
    """End every process with the mark: in good order if they listen, at once if they do not."""
    _signal(mark, signal.SIGINT)
    until = time.monotonic() + ORDERLY_WITHIN
    while any(marked(mark)) and time.monotonic() < until:
        time.sleep(0.1)
    while any(marked(mark)):
        _signal(mark, signal.SIGKILL)
        time.sleep(0.05)


def _signal(mark: str, which: signal.Signals) -> None:
    for process in marked(mark):
        with suppress(psutil.Error):
            process.send_signal(which)


def main(mark: str, path: str) -> None:
    """Wait until nobody holds the other end of standard input, then clear away."""
    sys.stdin.buffer.read()
    sweep(mark)
    if not os.environ.get("REFTRACK_TEST_KEEP"):
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
