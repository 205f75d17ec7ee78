"""For which places an office answers, on whatever map: the rule of docs/offices.md, "Territory of an office".

A unit ends, merges, is divided; the office registered for it goes on. So a place is looked for on the map on
which the office's own unit stands: on the day itself while it stands, else on its last day (or its first one,
for what is older), where the territory says which units the place came from or became.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple, Protocol

from reference.territory import Territory, Unit

ONE_DAY = timedelta(days=1)
PROGRAMME_BEGAN = date(2018, 1, 1)
"""Codes in the reference data that name no day are of the map on which the pilot began."""

_MOST_KEPT = 100_000


class Seat(NamedTuple):
    """The unit that an office answers for: a code and the day whose map it is of (none: the first day of the
    programme). No code: no limit."""

    code: str | None
    on: date | None


Span = tuple[date, date]
"""A first and a last day."""


class Codes(NamedTuple):
    """The codes of communes all of whose units lie in an area: `always`, whatever day they were told on, and
    those that mean another place at another time, with the days on which they mean one in the area."""

    always: frozenset[str]
    at_times: Mapping[str, tuple[Span, ...]]


class Country(Protocol):
    """The territory as it is known now (`territory.Living`)."""

    @property
    def now(self) -> Territory: ...


class Areas:
    """Remembers what it found, as long as the territory is the same. Safe to share between threads."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self._forget(country.now)

    def _forget(self, territory: Territory) -> None:
        self._territory = territory
        self._holds: dict[tuple[Seat, str, date], bool] = {}
        self._encloses: dict[tuple[Seat, str, date], bool] = {}
        self._covers: dict[tuple[Seat, Seat], bool] = {}
        self._codes: dict[Seat, Codes] = {}

    @property
    def map(self) -> Territory:
        """The territory as it is known now: another object where a decree was told since."""
        return self._country.now

    def _look_again(self) -> None:
        """A later decree was told: what was found on the old map is forgotten."""
        if self._country.now is not self._territory:
            self._forget(self._country.now)

    def unit(self, seat: Seat) -> Unit | None:
        """The unit that a seat names, none for no limit. Raises `KeyError` for a code that nobody knows."""
        if seat.code is None:
            return None
        self._look_again()
        return unit_of(self._territory, seat.code, seat.on)

    def holds(self, seat: Seat, code: str, day: date) -> bool:
        """Whether something that happened on that day in the unit of that code happened in the seat's area.

        Of a unit that was divided nobody knows which part the office kept: it works in all that became of it.
        A code that means no unit on that day is not for this to refuse: true.
        """
        if seat.code is None:
            return True
        self._look_again()
        asked = (seat, code, day)
        known = self._holds.get(asked)
        if known is None:
            known = self._remember(self._holds, asked, self._looked_up(seat, code, day))
        return known

    def covers(self, one: Seat, other: Seat) -> bool:
        """Whether *all* of the other's area lies in the first one's: who answers for it may see and command.

        Not so where a divided unit lies in it in part only, or nobody knows.
        """
        if one.code is None:
            return True
        if other.code is None:
            return False
        self._look_again()
        asked = (one, other)
        known = self._covers.get(asked)
        if known is None:
            known = self._remember(self._covers, asked, self._all_of(one, other))
        return known

    def encloses(self, seat: Seat, code: str, day: date) -> bool:
        """Whether *all* of what a code meant on that day lies in the seat's area, on the newest map on which
        the seat's unit stands: who answers for a place now may see what was told of it then, under whatever
        code. Not so where a divided unit lies in it in part only, or nobody knows; nor of a code that means
        no unit on that day.
        """
        if seat.code is None:
            return True
        self._look_again()
        asked = (seat, code, day)
        known = self._encloses.get(asked)
        if known is None:
            known = self._remember(self._encloses, asked, self._all_that_is_meant(seat, code, day))
        return known

    def codes(self, seat: Seat) -> Codes:
        """What `encloses` says of every code of a commune, found once: for who asks of many rows. A code that
        means no unit on some days is told on none of them, and does not count against it."""
        self._look_again()
        found = self._codes.get(seat)
        if found is None:
            found = self._codes[seat] = self._found_codes(seat)
        return found

    def province(self, seat: Seat) -> str | None:
        """The province in which the seat's unit lies on the map that it is of."""
        unit = self.unit(seat)
        if unit is None or unit.level == "province":
            return unit.code if unit else None
        above = self._territory.parents_of(unit, unit.until or date.max)
        return next((each.code for each in above if each.level == "province"), None)

    def _looked_up(self, seat: Seat, code: str, day: date) -> bool:
        area, place = self.unit(seat), self._territory.resolve(code, day).unit
        if area is None or place is None:
            return True
        then = _nearest(area, day)
        units = (place,) if place.holds(then) else self._territory.follow(place, then).units
        return any(self._lies_in(unit, area, then) for unit in units)

    def _all_of(self, one: Seat, other: Seat) -> bool:
        area, place = self.unit(one), self.unit(other)
        if area is None or place is None:
            return area is None
        return self._all_in(place, area, _nearest(area, place.until or date.max))

    def _found_codes(self, seat: Seat) -> Codes:
        territory, area = self._territory, self.unit(seat)
        communes = [one for one in territory if one.level == "commune"]
        told = {one.code for one in communes} | {code for one in communes for code, _ in one.also}
        always, at_times = set(), {}
        for code in told:
            spans = _spans(territory.lives(code) or territory.lives_by_other_list(code))
            meant = [(span, territory.resolve(code, _within(span)).unit) for span in spans]
            inside = {span: area is None or self._encloses_unit(unit, area) for span, unit in meant if unit}
            if inside and all(inside.values()):
                always.add(code)
            elif any(inside.values()):
                at_times[code] = tuple(span for span, lies in inside.items() if lies)
        return Codes(frozenset(always), at_times)

    def _encloses_unit(self, place: Unit, area: Unit) -> bool:
        return self._all_in(place, area, area.until or date.max)

    def _all_that_is_meant(self, seat: Seat, code: str, day: date) -> bool:
        area, place = self.unit(seat), self._territory.resolve(code, day).unit
        if area is None or place is None:
            return area is None
        return self._encloses_unit(place, area)

    def _all_in(self, place: Unit, area: Unit, then: date) -> bool:
        if place.holds(then):
            return self._lies_in(place, area, then)
        reached = self._territory.follow(place, then)
        inside = [self._lies_in(unit, area, then) for unit in reached.units]
        return bool(inside) and all(inside) and not reached.lost

    def _lies_in(self, unit: Unit, area: Unit, on: date) -> bool:
        return unit is area or area in self._territory.parents_of(unit, on)

    def _remember(self, kept: dict, asked: tuple, found: bool) -> bool:  # type: ignore[type-arg]
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[asked] = found
        return found


def unit_of(territory: Territory, code: str, on: date | None) -> Unit:
    """The unit of a code on the map of that day, or else the first that ever bore it. Raises `KeyError`."""
    return territory.unit(code, on or PROGRAMME_BEGAN) or territory.first(code)


def _spans(units: Iterable[Unit]) -> list[Span]:
    """The times between the days on which a code began or ceased to be borne, the first and last without
    end."""
    ends = {one.until + ONE_DAY for one in units if one.until is not None}
    cuts = sorted({one.since for one in units} | ends | {date.min})
    return [(first, after - ONE_DAY) for first, after in zip(cuts, [*cuts[1:], date.max], strict=True)]


def _within(span: Span) -> date:
    first, last = span
    return last if first == date.min else first


def _nearest(unit: Unit, day: date) -> date:
    """The day of the unit's life that is nearest to a day."""
    if day < unit.since:
        return unit.since
    return day if unit.until is None else min(day, unit.until)
