"""What time it is: real, simulated by the local runtime, or fixed by a test. Always aware, always UTC."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class ClockUnreadable(RuntimeError):
    """The file of the simulated clock is missing or does not hold one RFC 3339 instant."""


class Clock(Protocol):
    """Gives the instant that everything in a batch is judged by."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self._at = _utc(at)

    def now(self) -> datetime:
        return self._at

    def move_to(self, at: datetime) -> None:
        """Show `at` from now on."""
        self._at = _utc(at)


class SimulatedClock:
    """A clock that the local runtime moves: a file with one RFC 3339 instant, read again when it changes.

    Raises `ClockUnreadable` when the file is missing or does not hold an instant with an offset.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._at = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        stamp = self._stat()
        if stamp != self._seen:
            self._at = _parse(self._path)
            self._seen = stamp
        return self._at

    def _stat(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._path)
        except OSError as error:
            raise ClockUnreadable(_remedy(self._path, error.strerror or "cannot be read")) from error
        return found.st_mtime_ns, found.st_ino, found.st_size


def write_instant(path: Path, at: datetime) -> None:
    """Set a simulated clock, in one step: a reader sees the old instant or the new one, never half of it."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(_utc(at).isoformat() + "\n", encoding="ascii")
    fresh.replace(path)


def clock_from(setting: str) -> Clock:
    """Return the clock that a setting names: `real`, or `simulated:<path of the file>`."""
    if setting == "real":
        return RealClock()
    kind, _, path = setting.partition(":")
    if kind == "simulated" and path:
        return SimulatedClock(Path(path))
    raise ValueError("clock must be 'real' or 'simulated:<path of a file with one RFC 3339 instant>'")


def _parse(path: Path) -> datetime:
    try:
        return _utc(datetime.fromisoformat(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        raise ClockUnreadable(_remedy(path, str(error))) from error


def _remedy(path: Path, why: str) -> str:
    return f"simulated clock {path}: {why}; write one RFC 3339 instant there, e.g. 2019-03-02T09:15:00+07:00"


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset, e.g. +07:00 or Z")
    return at.astimezone(UTC)
