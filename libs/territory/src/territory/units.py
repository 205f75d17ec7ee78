"""What the territory is made of in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from territory.events import Kind, Level


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A unit from its first to its last day under one name, code and parent; afterwards another `Unit`
    follows.

    `since` is the first day it answers for and `attested` the first day that a source vouches for. They
    differ where no source says when the unit began: days between the two are `presumed`. `until` is the last
    day, none while it lives. `code` and `parent` are the leading codes; `also` are (code, list) of lists that
    do not lead.
    """

    code: str
    vi: str
    en: str
    level: Level
    kind: Kind
    parent: str | None
    since: date
    attested: date
    until: date | None
    also: tuple[tuple[str, str], ...]
    source: str

    @property
    def key(self) -> tuple[str, date]:
        """What tells it from every other: no two units lead with one code from one day."""
        return self.code, self.since

    @property
    def first_day(self) -> date:
        """`since`, under the name that every entry with a life has in reference data."""
        return self.since

    def holds(self, on: date) -> bool:
        """Whether it is this unit on that day."""
        return self.since <= on and (self.until is None or on <= self.until)

    def presumed(self, on: date) -> bool:
        """Whether it holds on that day only because nobody says that it had not begun."""
        return self.since <= on < self.attested


class Step(NamedTuple):
    """What a unit became, or came from, on one day. `whole`: all of it lies in the only unit named."""

    on: date
    units: tuple[Unit, ...]
    whole: bool


class Reached(NamedTuple):
    """The units of another day that a unit's area lies in, in order of their codes.

    `exact`: all of it lies in the one unit named. Otherwise it is somewhere in those named (no share is
    known), or, where `lost`, some or all of it cannot be followed.
    """

    units: tuple[Unit, ...]
    exact: bool
    lost: bool
