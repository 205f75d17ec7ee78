"""Is this process alive, and may it be given work? Each part answers for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

Answer = Callable[[], str | None]
"""`None` when all is well, else why not, in a few words without personal data."""


def _well() -> str | None:
    return None


@dataclass(frozen=True)
class Check:
    """What one part says of itself.

    Not `live`: only a restart helps. Not `ready`: give the work to another instance for now. `degraded`:
    work goes on, somebody should look. Answers are asked from another thread and must come at once: a part
    remembers its state, it does not go and try.
    """

    name: str
    ready: Answer = _well
    live: Answer = _well
    degraded: Answer = _well


@dataclass(frozen=True)
class Report:
    """Answers of all parts to one question: `well` if none objects."""

    well: bool
    reasons: dict[str, str]


class Health:
    """The checks of a process."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._lock = Lock()

    def register(self, check: Check) -> None:
        """Add a check; one of the same name is replaced."""
        with self._lock:
            self._checks[check.name] = check

    def live(self) -> Report:
        """Ask every part whether it is alive."""
        return self._ask(lambda check: check.live)

    def ready(self) -> Report:
        """Ask every part whether it is ready."""
        return self._ask(lambda check: check.ready)

    def degraded(self) -> Report:
        """Ask every part whether somebody should look at it."""
        return self._ask(lambda check: check.degraded)

    def _ask(self, question: Callable[[Check], Answer]) -> Report:
        with self._lock:
            checks = list(self._checks.values())
        answers = {check.name: _answer(question(check)) for check in checks}
        reasons = {name: why for name, why in answers.items() if why is not None}
        return Report(well=not reasons, reasons=reasons)


def _answer(ask: Answer) -> str | None:
    try:
        return ask()
    except Exception as error:
        return f"the check failed: {type(error).__name__}"
