"""The state folder of one runtime: what lies where, who holds it, what runs from it."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
from pathlib import Path
from typing import IO, Any

from reftrack_local import paths
from reftrack_local.processes import Identity
from reftrack_local.trouble import AlreadyRunning, Trouble

LEAST_SPACE = 500 * 1024 * 1024


class StateFolder:
    """Paths of a state folder, its lock, and `runtime.json` (ports, process ids; only its owner reads it)."""

    def __init__(self, path: Path) -> None:
        self.path = _whole(path)
        self.keys = self.path / "keys"
        self.logs = self.path / "logs"
        self.postgres = self.path / "postgres"
        self.kafka = self.path / "kafka"
        self.clock = self.path / "clock"
        self.record = self.path / "runtime.json"
        self._lock: IO[str] | None = None

    def prepare(self) -> None:
        """Make the folders. Raises Trouble when they cannot be written or the disk is full."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for folder in (self.keys, self.logs, self.kafka):
                folder.mkdir(mode=0o700, exist_ok=True)
            probe = self.path / f".writable-{os.getpid()}"
            probe.write_text("x")
            probe.unlink()
        except OSError as error:
            raise Trouble(
                f"Cannot write to the state folder {self.path}: {error.strerror}.",
                "Choose another with --state DIR, or give yourself the right to write there.",
            ) from error
        if (free := shutil.disk_usage(self.path).free) < LEAST_SPACE:
            raise Trouble(
                f"Only {free >> 20} MB are free on the disk of {self.path}; {LEAST_SPACE >> 20} are needed.",
                "Free some space, or choose another disk with --state DIR.",
            )

    def hold(self) -> None:
        """Take the folder for this process until `let_go`; the system takes it back if the process dies.

        Raises AlreadyRunning, which says where the other one is.
        """
        lock = (self.path / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise self._already_running() from None
        self._lock = lock

    def let_go(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def refuse_if_held(self) -> None:
        """Raise AlreadyRunning if another process holds the folder."""
        if self.is_held():
            raise self._already_running()

    def is_held(self) -> bool:
        """Whether a living process holds the folder."""
        try:
            with (self.path / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def write(self, record: dict[str, Any]) -> None:
        """Replace `runtime.json` in one step."""
        write_private(self.record, json.dumps(record, indent=2) + "\n")

    def read(self) -> dict[str, Any]:
        """What `runtime.json` says; empty when there is none or it is not readable."""
        try:
            data = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def command(self, words: str) -> str:
        """How a person types a command about this folder: with `--state`, unless it is the usual one."""
        named = "" if self.path == paths.default_state() else f" --state {shlex.quote(str(self.path))}"
        return f"reftrack {words}{named}"

    def turn_logs(self) -> None:
        """Keep the logs of the last run as `<name>.previous.log`; `runtime.log` is ours, already open."""
        for log in self.logs.glob("*.log"):
            if log.name != "runtime.log" and not log.name.endswith(".previous.log"):
                log.replace(log.with_name(f"{log.stem}.previous.log"))

    def _already_running(self) -> AlreadyRunning:
        health, down = self.command("health"), self.command("down")
        return AlreadyRunning(
            f"reftrack is running already on {self.path}{self._where()}.",
            f"`{health}` shows its parts, `{down}` stops it; or give another --state.",
        )

    def _where(self) -> str:
        record = self.read()
        if "runtime" not in record:
            return ""
        kafka = record.get("kafka", {}).get("bootstrap", "not there yet")
        return f": pid {Identity.read(record['runtime']).pid}, Kafka {kafka}"


def _whole(path: Path) -> Path:
    try:
        return path.expanduser().resolve()
    except RuntimeError:
        raise Trouble(f"There is no home folder for {path}.", "Give another folder with --state.") from None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
