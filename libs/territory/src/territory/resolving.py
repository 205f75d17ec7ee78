"""Which unit a code means: the rules of docs/territory.md, one function a rule, tried in their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from territory.units import Reached, Unit

if TYPE_CHECKING:
    from territory.territory import Territory

Outcome = Literal[
    "current",  # the leading list gives the code to this unit on that day
    "other_list",  # only the other list does
    "carried_forward",  # an old code: all of the unit lies in this one by that day
    "carried_back",  # a code of later: all of the unit lay in this one on that day
    "ambiguous", "divided", "ended", "not_yet", "unknown",  # no unit: see `refusal`
]  # fmt: skip
REFUSALS: dict[str, str] = {
    "ambiguous": "unit_ambiguous",
    "divided": "unit_divided",
    "ended": "unit_ended",
    "not_yet": "unit_not_yet",
    "unknown": "unit_unknown",
}
"""The code of the refusal by the outcome; texts and remedies stand in docs/territory.md."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a code in an event of a day means.

    `unit` is none exactly when `refusal` is given; `candidates` are then what it may have meant. `presumed`:
    only because no source says that the unit had not begun yet. `disputed`: the other list gives the code to
    these.
    """

    code: str
    on: date
    outcome: Outcome
    unit: Unit | None = None
    candidates: tuple[Unit, ...] = ()
    disputed: tuple[Unit, ...] = ()

    @property
    def presumed(self) -> bool:
        """Whether no source vouches for the unit on that day."""
        return self.unit is not None and self.unit.presumed(self.on)

    @property
    def refusal(self) -> str | None:
        """The code of the refusal, or none when there is a unit."""
        return REFUSALS.get(self.outcome)


@dataclass(frozen=True, slots=True)
class Carried:
    """A fact's unit on the map of another day.

    `exactly`: in the one unit. `one_of`: in one of `units`, and no data say in which. `nowhere`: nothing
    carries it over; `units` may then name what a part of it became.
    """

    certainty: Literal["exactly", "one_of", "nowhere"]
    units: tuple[Unit, ...]

    @property
    def unit(self) -> Unit | None:
        """The one unit, or none unless it is exact."""
        return self.units[0] if self.certainty == "exactly" else None


def resolve(territory: Territory, code: str, on: date) -> Resolution:
    """Rules 1 to 5 of docs/territory.md, in their order."""
    return _borne(territory, code, on) or _carried(territory, code, on) or Resolution(code, on, "unknown")


def carry(territory: Territory, code: str, fact_day: date, map_day: date) -> Carried:
    """The unit that the code of a fact means on the fact's day, followed to the day of the map."""
    resolved = resolve(territory, code, fact_day)
    if resolved.unit is None:
        return Carried("nowhere", ())
    reached = territory.follow(resolved.unit, map_day)
    if reached.exact:
        return Carried("exactly", reached.units)
    return Carried("nowhere" if reached.lost else "one_of", reached.units)


def _borne(territory: Territory, code: str, on: date) -> Resolution | None:
    """Rules 1 and 2: a unit bears the code on that day, by the list that leads or by the other."""
    others = tuple(unit for unit in territory.lives_by_other_list(code) if unit.holds(on))
    for unit in territory.lives(code):
        if unit.holds(on):
            return Resolution(code, on, "current", unit, disputed=others)
    return _by_other_list(territory, code, on, others[0]) if others else None


def _by_other_list(territory: Territory, code: str, on: date, unit: Unit) -> Resolution:
    """Rule 2. Most such codes are also those of older units, and nobody says which list the sender has."""
    past = [old for old in territory.lives(code) if old.since <= on]
    became = territory.follow(past[-1], on).units if past else (unit,)
    if became == (unit,):
        return Resolution(code, on, "other_list", unit)
    candidates = sorted({unit, *became}, key=lambda each: each.code)
    return Resolution(code, on, "ambiguous", candidates=tuple(candidates))


def _carried(territory: Territory, code: str, on: date) -> Resolution | None:
    """Rules 3 and 4: the code was borne before that day, or will be after it."""
    lives = territory.lives(code) or territory.lives_by_other_list(code)
    past = [unit for unit in lives if unit.since <= on]
    if past:
        reached = territory.follow(past[-1], on)
        return _told(code, on, reached, "carried_forward", "divided" if reached.units else "ended")
    if lives:
        return _told(code, on, territory.follow(lives[0], on), "carried_back", "not_yet")
    return None


def _told(code: str, on: date, reached: Reached, exact: Outcome, else_: Outcome) -> Resolution:
    if reached.exact:
        return Resolution(code, on, exact, reached.units[0])
    return Resolution(code, on, else_, candidates=reached.units)
