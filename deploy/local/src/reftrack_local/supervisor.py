"""Watches the parts and starts again what ended without being asked to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from reftrack_local.progress import Reporter
from reftrack_local.trouble import Trouble

EVERY = 0.25
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
CALM = 60.0
"""Seconds of life after which a part counts as healthy again and its next crash is the first."""


class Part(Protocol):
    """Something that should be running while `wanted`."""

    wanted: bool

    @property
    def name(self) -> str: ...

    def alive(self) -> bool: ...

    def ended(self) -> int | None: ...

    def start_again(self) -> None: ...

    def kill9(self) -> None: ...

    def bar(self) -> None: ...


class _Watch:
    """How one part has fared."""

    def __init__(self) -> None:
        self.crashes = 0
        self.due: float | None = None
        self.born = time.monotonic()

    def wait(self) -> float:
        return float(min(FIRST_WAIT * 2 ** (self.crashes - 1), LONGEST_WAIT))


class Supervisor:
    """A thread that restarts crashed parts, each after a pause that doubles with every crash in a row."""

    def __init__(self, parts: Callable[[], Sequence[Part]], reporter: Reporter) -> None:
        self._parts = parts
        self._reporter = reporter
        self._watches: dict[str, _Watch] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Return when the thread will start nothing more."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            for part in self._parts():
                self._look_at(part, self._watches.setdefault(part.name, _Watch()))

    def _look_at(self, part: Part, watch: _Watch) -> None:
        if not part.wanted or part.alive():
            watch.due = None
        elif watch.due is None:
            self._note_crash(part, watch)
        elif time.monotonic() >= watch.due and not self._over.is_set():
            self._restart(part, watch)

    def _note_crash(self, part: Part, watch: _Watch) -> None:
        watch.crashes = 1 if time.monotonic() - watch.born > CALM else watch.crashes + 1
        watch.due = time.monotonic() + watch.wait()
        self._reporter.say(
            f"{part.name} ended by itself (status {part.ended()}); starting it again in {watch.wait():g} s."
        )

    def _restart(self, part: Part, watch: _Watch) -> None:
        watch.due = None
        watch.born = time.monotonic()
        try:
            part.start_again()
        except (Trouble, OSError) as error:
            self._reporter.say(f"{part.name} could not be started again: {error}")
        else:
            self._reporter.say(f"{part.name} is running again (restart {watch.crashes}).")
