"""Events of administrative units as they are loaded: read from lines, told apart, checked together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from contracts.envelope import Recorded, UnknownType
from contracts.events.territory import TerritoryEvent, UnitEvent
from territory import TerritoryInvalid, load_events
from territory.living import beyond_the_list, with_the_list
from territory.loading import digest, load_header, parse

__all__ = [
    "TerritoryInvalid",
    "beyond_the_list",
    "committed_events",
    "digest",
    "leading_list",
    "read_lines",
    "recorded_units",
    "with_the_list",
]

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Of days that somebody types: another year is a slip, and has no instant where days begin before UTC's."""


def committed_events() -> list[UnitEvent]:
    """The list that the services come with: of two lists on PyPI and a file of our own (ADR 10)."""
    return load_events()


def leading_list() -> str:
    """The name of the list whose codes lead."""
    return load_header().leading


def read_lines(lines: Sequence[str]) -> list[UnitEvent]:
    """Events of units, one a line, in the form of `data/events.jsonl`; raises `TerritoryInvalid` with the
    line.
    """
    array = b"[" + b",".join(line.encode() for line in lines) + b"]"
    events = [line.data for line in parse(array, Path("events"), first=1)]
    for number, told in enumerate(events, start=1):
        if not FIRST_YEAR <= told.effective.year <= LAST_YEAR:
            problem = f"effective: not of the years {FIRST_YEAR} to {LAST_YEAR}"
            raise TerritoryInvalid(f"events:{number}: {problem}: correct the line")
    return events


def recorded_units(values: Iterable[bytes]) -> list[UnitEvent]:
    """The events of units among recorded events, given as their bytes; what is none is passed over."""
    found = []
    for value in values:
        try:
            data = Recorded.parse(value).data
        except UnknownType:
            continue
        if isinstance(data, TerritoryEvent):
            found.append(data)
    return found  # type: ignore[return-value]  # the five are all there are
