"""Named points at which a test lets the process die as if the power had gone, or fall asleep."""

from __future__ import annotations

import os
import signal

NAMES = frozenset(
    {
        "after_poll",
        "before_commit",
        "after_commit_before_offset",
        "relay_mid_page",
        "relay_between_pages",
        "projection_mid_page",
        "command_commit_unknown",
        "rewrap_mid_page",
    }
)
VARIABLE = "REFTRACK_CRASH_AT"
WAYS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}


def _armed() -> tuple[str, int, signal.Signals] | None:
    setting = os.environ.get(VARIABLE, "")
    if not setting:
        return None
    name, times, way = [*setting.split(":"), "", ""][:3]
    if name not in NAMES or (way or "kill") not in WAYS:
        raise ValueError(f"{VARIABLE} names no crash point: {setting!r}; known: {', '.join(sorted(NAMES))}")
    return name, int(times or "1"), WAYS[way or "kill"]


_ARMED = _armed()
_passed = 0


def point(name: str) -> None:
    """Dies here by SIGKILL when `REFTRACK_CRASH_AT=<name>[:n]` says so, the n-th time.

    `<name>:<n>:freeze` stops the process there instead (SIGSTOP), until somebody sends SIGCONT. Otherwise
    does nothing.
    """
    global _passed
    if _ARMED is None or _ARMED[0] != name:
        return
    _passed += 1
    if _passed == _ARMED[1]:
        os.kill(os.getpid(), _ARMED[2])
