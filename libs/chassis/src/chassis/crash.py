"""Named points at which a test lets the process die, as if the power had gone."""

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
    }
)
VARIABLE = "REFTRACK_CRASH_AT"


def _armed() -> tuple[str, int] | None:
    setting = os.environ.get(VARIABLE, "")
    if not setting:
        return None
    name, _, times = setting.partition(":")
    if name not in NAMES:
        raise ValueError(f"{VARIABLE} names no crash point: {name!r}; known: {', '.join(sorted(NAMES))}")
    return name, int(times or "1")


_ARMED = _armed()
_passed = 0


def point(name: str) -> None:
    """Dies here by SIGKILL when `REFTRACK_CRASH_AT=<name>[:n]` says so, the n-th time.

    Otherwise does nothing.
    """
    global _passed
    if _ARMED is None or _ARMED[0] != name:
        return
    _passed += 1
    if _passed == _ARMED[1]:
        os.kill(os.getpid(), signal.SIGKILL)
