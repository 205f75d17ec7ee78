"""The gazette as every instance of intake follows it: from intake's own log."""

from __future__ import annotations

from contracts.events.territory import STREAM
from directory.units import UnitsFeed

RECORDED = (
    "SELECT originator_version, state FROM stored_events"
    f" WHERE originator_id = '{STREAM}' AND originator_version > %s ORDER BY originator_version"
)


def following() -> UnitsFeed:
    """A feed from the beginning of the log."""
    return UnitsFeed(RECORDED)
