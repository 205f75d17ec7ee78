"""Waiting for the database: longer each time, for ever, until the process is told to stop."""

from __future__ import annotations

import random
import threading

from chassis.store.failures import reason
from chassis.telemetry.logs import get_logger

_log = get_logger("writer")
FIRST, LONGEST = 0.05, 2.0
"""Seconds of the first wait, and of the longest."""


class Stopped(RuntimeError):
    """The process is stopping while the database is away: nothing of the batch is known to be written."""


class Patience:
    """Waits between tries, each wait twice the one before, with some chance so that instances spread."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._next = FIRST
        self._tries = 0

    def anew(self) -> Patience:
        """For the next piece of work: begins with the shortest wait."""
        return Patience(self._stop)

    def give_way(self, conflicts: int) -> None:
        """After several conflicts in a row wait a moment, each instance another one.

        Somebody gets through.
        """
        if conflicts > 2:
            self._stop.wait(random.uniform(0, 0.01 * min(conflicts, 10)))

    def wait(self, error: BaseException | None) -> None:
        """Wait before the next try. Raises `Stopped` when told to stop, with the error as its cause."""
        self._tries += 1
        if error is not None and self._tries in (1, 10, 100, 1000):
            _log.warning("database_away", reason=reason(error), attempt=self._tries, retry_in=self._next)
        seconds = self._next * random.uniform(0.7, 1.3)
        self._next = min(LONGEST, self._next * 2)
        if self._stop.wait(seconds):
            raise Stopped("told to stop while waiting for PostgreSQL; start again to go on") from error
