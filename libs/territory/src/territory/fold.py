"""Events of units become the territory: a pure fold, the same for every order of the events given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from sys import intern

from territory.errors import TerritoryInvalid
from territory.events import Event, Level, OrgUnit, OrgUnitCreated, OrgUnitSplit, begun_by, ended_by
from territory.lineage import Lineage
from territory.names import NoLevelWord, kind_of
from territory.territory import Territory
from territory.units import Step, Unit

_DAY = timedelta(days=1)
_DIGITS: dict[Level, int] = {"province": 2, "district": 3, "commune": 5}


@dataclass(slots=True, eq=False)
class _Life:
    """A unit while it is folded: its end and its neighbours in time come later than its beginning."""

    facts: OrgUnit
    since: date
    attested: date
    source: str
    until: date | None = None
    after: list[_Life] = field(default_factory=list)
    before: list[_Life] = field(default_factory=list)


class _Fold:
    """The units alive after the days folded so far, by their leading code, and all that ever lived."""

    def __init__(self) -> None:
        self.lives: list[_Life] = []
        self._alive: dict[str, _Life] = {}
        self._ended_last: dict[str, date] = {}

    def day(self, on: date, events: list[Event]) -> None:
        """Folds all that is effective on one day; raises `TerritoryInvalid`."""
        ended = self._end(on, events)
        born = self._begin(on, events)
        for event in events:
            self._link(event, ended, born)
        self._check_split(events, ended)

    def _end(self, on: date, events: list[Event]) -> dict[str, _Life]:
        ended: dict[str, _Life] = {}
        for event in events:
            for code in ended_by(event):
                life = self._alive.get(code)
                if life is None:
                    raise _wrong(event, code, "is not alive on the day before: create it first")
                if code in ended:
                    raise _wrong(event, code, "is ended twice on this day: keep one of the events")
                life.until = on - _DAY
                ended[code] = life
        for code in ended:
            del self._alive[code]
            self._ended_last[code] = on - _DAY
        return ended

    def _begin(self, on: date, events: list[Event]) -> dict[str, _Life]:
        born: dict[str, _Life] = {}
        for event in events:
            facts = begun_by(event)
            if facts is None:
                continue
            _check_facts(event, facts)
            if facts.code in self._alive:
                why = "begins twice on this day" if facts.code in born else "is alive already: end it first"
                raise _wrong(event, facts.code, why)
            life = _Life(facts, self._first_day(event, on), on, event.source)
            self._alive[facts.code] = born[facts.code] = life
            self.lives.append(life)
        return born

    def _first_day(self, event: Event, on: date) -> date:
        """Of a unit whose first day nobody says: the day after the code was last borne, or the first of
        all.
        """
        facts = begun_by(event)
        if not isinstance(event, OrgUnitCreated) or event.dated == "on" or facts is None:
            return on
        last = self._ended_last.get(facts.code)
        return date.min if last is None else last + _DAY

    def _link(self, event: Event, ended: dict[str, _Life], born: dict[str, _Life]) -> None:
        facts = begun_by(event)
        codes = event.into if isinstance(event, OrgUnitSplit) else (facts.code,) if facts else ()
        for into in codes:
            if into not in born:
                raise _wrong(event, into, "does not begin on this day: add the event that begins it")
            for code in ended_by(event):
                ended[code].after.append(born[into])
                born[into].before.append(ended[code])

    @staticmethod
    def _check_split(events: list[Event], ended: dict[str, _Life]) -> None:
        for event in events:
            if isinstance(event, OrgUnitSplit) and len(set(event.into)) < len(ended[event.code].after):
                raise _wrong(event, event.code, "names a part twice")


def fold(events: Iterable[Event]) -> Territory:
    """The territory that the events tell of; raises `TerritoryInvalid` for the first that contradicts the
    others.

    All events of one day hold together: what ends is what led the day before, what begins leads from that
    day.
    """
    folding = _Fold()
    for on, of_day in groupby(sorted(events, key=_effective), key=_effective):
        folding.day(on, list(of_day))
    _check_parents(folding.lives)
    units = {life: _unit(life) for life in folding.lives}
    after, before = {}, {}
    for life, unit in units.items():
        if life.after and life.until is not None:
            after[unit] = Step(life.until + _DAY, _sorted(units, life.after), len(life.after) == 1)
        if life.before:
            before[unit] = Step(life.since, _sorted(units, life.before), len(life.before) == 1)
    return Territory(units.values(), Lineage(after, before))


def _check_parents(lives: list[_Life]) -> None:
    """Every unit lies in one that is there for as long as a source vouches for it, except provinces."""
    bearers: dict[str, list[_Life]] = {}
    for life in lives:
        bearers.setdefault(life.facts.code, []).append(life)
    for life in lives:
        facts, parent = life.facts, life.facts.parent
        if (parent is None) != (facts.level == "province"):
            raise TerritoryInvalid(f"unit {facts.code}: a province has no parent, every other unit has one")
        if parent is not None and not _cover(bearers.get(parent, []), life):
            raise TerritoryInvalid(
                f"unit {facts.code} lies in {parent}, which is not there on all days of its life "
                f"from {life.attested} to {life.until}: end or rename it when {parent} ends"
            )


def _check_facts(event: Event, facts: OrgUnit) -> None:
    """Code, name and kind are those of the level, for names are read by their level word (`names`); and a
    unit lies in one of a level above, so that whoever asks what it lies in comes to an end.
    """
    digits = _DIGITS[facts.level]
    if len(facts.code) != digits:
        raise _wrong(event, facts.code, f"is a {facts.level}: give it a code of {digits} digits")
    if facts.level != "province" and facts.parent is not None and len(facts.parent) >= digits:
        raise _wrong(event, facts.code, f"cannot lie in {facts.parent}: name a unit of a level above it")
    try:
        kind = kind_of(facts.name.vi, facts.level)
    except NoLevelWord as wrong:
        raise _wrong(event, facts.code, f"is named wrongly: {wrong}") from None
    if kind != facts.kind:
        raise _wrong(event, facts.code, f"is a {kind} by its name, not a {facts.kind}: correct one of them")


def _cover(bearers: list[_Life], child: _Life) -> bool:
    """Whether the lives, which are in order of time, leave out no day of the child's."""
    day, last = child.attested, child.until or date.max
    for life in bearers:
        until = life.until or date.max
        if life.since <= day <= until:
            if last <= until:
                return True
            day = until + _DAY
    return False


def _effective(event: Event) -> date:
    return event.effective


def _sorted(units: dict[_Life, Unit], lives: list[_Life]) -> tuple[Unit, ...]:
    return tuple(sorted((units[life] for life in lives), key=lambda unit: unit.key))


def _unit(life: _Life) -> Unit:
    facts = life.facts
    return Unit(
        code=intern(facts.code),
        vi=facts.name.vi,
        en=facts.name.en,
        level=facts.level,
        kind=facts.kind,
        parent=intern(facts.parent) if facts.parent else None,
        since=life.since,
        attested=life.attested,
        until=life.until,
        also=tuple((other.code, intern(other.list)) for other in facts.also),
        source=intern(life.source),
    )


def _wrong(event: Event, code: str, problem: str) -> TerritoryInvalid:
    return TerritoryInvalid(f"{type(event).__name__} of {event.effective}: unit {code} {problem}")
