"""What time the services think it is: the machine's clock, or one that we move."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from chassis.clock import write_instant

from reftrack_local.trouble import Trouble


class RuntimeClock:
    """The clock of one runtime. `setting` is what the services are told (`REFTRACK_CLOCK`)."""

    def __init__(self, file: Path, simulated: bool) -> None:
        self.file = file
        self.simulated = simulated

    @property
    def setting(self) -> str:
        return f"simulated:{self.file}" if self.simulated else "real"

    def set(self, instant: datetime) -> None:
        """Move a simulated clock, in one step. Raises Trouble when the clock is the real one."""
        if not self.simulated:
            raise Trouble(
                "The clock is the machine's; it cannot be set.", "Start with `--clock simulated:<instant>`."
            )
        write_instant(self.file, instant)

    def now(self) -> datetime:
        """The instant that the services see, in UTC. Raises Trouble where nothing readable says it."""
        if not self.simulated:
            return datetime.now(UTC)
        try:
            return datetime.fromisoformat(self.file.read_text().strip()).astimezone(UTC)
        except (OSError, ValueError, OverflowError):
            raise Trouble(
                f"The simulated clock {self.file} cannot be read.", "Set it with `reftrack clock set`."
            ) from None


def parse_setting(setting: str) -> datetime | None:
    """`real` → None, `simulated:<RFC 3339 instant>` → the instant. Raises Trouble."""
    if setting == "real":
        return None
    kind, _, instant = setting.partition(":")
    try:
        at = datetime.fromisoformat(instant)
        at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    if kind != "simulated" or at is None or at.tzinfo is None:
        raise Trouble(
            f"{setting!r} is not a clock.", "Give `real`, or e.g. `simulated:2018-12-01T08:00:00+07:00`."
        )
    return at
