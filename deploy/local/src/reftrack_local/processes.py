"""Child processes, known by process id *and* time of creation, so a re-used id is never taken for ours."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from reftrack_local.trouble import Trouble

CLOCK_STEP = 2.0
"""Seconds by which the creation time of one process may seem to move when the machine's clock is set."""


@dataclass(frozen=True)
class Identity:
    """One process for all time: its id and when it was created (seconds since 1970)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Identity:
        """The process that has this id now. Raises psutil.NoSuchProcess."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def own(cls) -> Identity:
        """This very process."""
        return cls.of(os.getpid())

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Identity:
        return cls(int(data["pid"]), float(data["created"]))

    def process(self) -> psutil.Process | None:
        """The living process, or None if it ended, even if its id belongs to another one by now."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) <= CLOCK_STEP
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def end(self, how: signal.Signals, within: float) -> bool:
        """Signal the process and wait; kill it after `within` seconds. False if it was not there."""
        process = self.process()
        if process is None:
            return False
        try:
            process.send_signal(how)
            process.wait(within)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
        except psutil.NoSuchProcess:
            return False
        return True

    def as_data(self) -> dict[str, Any]:
        return {"pid": self.pid, "created": self.created}


@dataclass
class Child:
    """A process that we start, stop and look at. Its output goes to the end of `log`."""

    name: str
    command: Callable[[], Sequence[str]]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 30.0
    user: str | None = None
    on_start: Callable[[], None] = lambda: None
    _barred: bool = False
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _popen: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None

    def start(self, extra_env: Mapping[str, str] | None = None) -> None:
        """Start it in a session of its own: a Ctrl-C in the terminal reaches the runtime, not it."""
        command = list(self.command())
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self._starting, self.log.open("ab") as output:
            if self._barred:
                raise Trouble(f"{self.name} is not started: everything is being stopped.")
            self._popen = subprocess.Popen(
                command,
                env={**os.environ, **self.env, **(extra_env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **_as_user(self.user),
            )
        self.identity = Identity.of(self._popen.pid)
        self.on_start()

    def bar(self) -> None:
        """From now on it cannot be started, not by a thread that is about to either."""
        with self._starting:
            self._barred = True

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen else None

    def alive(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def ended(self) -> int | None:
        """The exit status once it ended (negative: the signal), None while it lives or before it started."""
        return self._popen.poll() if self._popen else None

    def signal(self, which: signal.Signals) -> None:
        if self._popen and self.alive():
            self._popen.send_signal(which)

    def stop(self) -> None:
        """Ask it to end, wait, kill what does not listen. Does nothing if it is not running."""
        if self._popen is None or not self.alive():
            return
        self._popen.send_signal(self.stop_signal)
        try:
            self._popen.wait(self.stop_within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill it at once, as a power cut would."""
        if self._popen and self.alive():
            self._popen.kill()
            self._popen.wait(10)

    def wait_end(self, within: float) -> int:
        """Wait until it ended by itself and give its exit status. Raises TimeoutError."""
        if self._popen is None:
            raise RuntimeError(f"{self.name} was never started")
        try:
            return self._popen.wait(within)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} (pid {self.pid}) still runs after {within} s") from None

    def must_live(self) -> None:
        """Raise Trouble with the end of the log if it has ended."""
        status = self.ended()
        if status is not None:
            raise Trouble(
                f"{self.name} ended with status {status}:\n{tail(self.log)}", f"Whole log: {self.log}"
            )


def await_true(what: str, condition: Callable[[], bool], within: float, every: float = 0.05) -> None:
    """Wait until the condition holds. Raises Trouble that names `what` after `within` seconds."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise Trouble(f"Waited {within:.0f} s in vain for {what}.")
        time.sleep(every)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, indented."""
    try:
        text = log.read_bytes()[-20_000:].decode(errors="replace")
    except OSError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (the log is empty)"


def _as_user(name: str | None) -> dict[str, Any]:
    return {"user": name, "group": name, "extra_groups": []} if name else {}
