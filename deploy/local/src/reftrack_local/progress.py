"""What the runtime says while it works: to a terminal with bars, to a log as lines, or to nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from reftrack_local.speaking import told


class Step(Protocol):
    """One piece of work in progress."""

    def advance(self, done: int, total: int | None = None) -> None:
        """`done` of `total` are done now (not: more)."""


class Reporter(Protocol):
    """Who is told what the runtime does."""

    def say(self, message: str) -> None:
        """Something a person may want to know."""

    def step(self, name: str, total: int | None = None) -> AbstractContextManager[Step]:
        """A piece of work, shown while the context lasts."""


class Quiet:
    """Tells nobody; remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:  # noqa: ARG002
        yield _Unseen()


class _Unseen:
    def advance(self, done: int, total: int | None = None) -> None:
        """Nobody looks."""


class Lines:
    """One line a message and a finished step: for pipes, logs and CI."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, message: str) -> None:
        self._console.print(told(message), highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:  # noqa: ARG002
        self.say(f"{told(name)} …")
        yield _Unseen()


class Bars:
    """Progress bars on a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._open = 0
        self._lock = threading.RLock()

    def say(self, message: str) -> None:
        self._console.print(told(message), highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Step]:
        with self._lock:
            progress = self._shown()
        task = progress.add_task(told(name), total=total)
        try:
            yield _Bar(progress, task)
        finally:
            progress.stop_task(task)
            progress.update(task, total=1, completed=1, visible=False)
            with self._lock:
                self._open -= 1
                if not self._open:
                    progress.stop()
                    self._progress = None

    def _shown(self) -> Progress:
        self._open += 1
        if self._progress is None:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()
        return self._progress


class _Bar:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, done: int, total: int | None = None) -> None:
        self._progress.update(self._task, completed=done, total=total)


def for_console(console: Console) -> Reporter:
    """Bars on a terminal, lines elsewhere."""
    return Bars(console) if console.is_terminal else Lines(console)
