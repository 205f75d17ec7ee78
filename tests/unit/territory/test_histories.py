"""Any history of units keeps the promises of the fold and of following, against a model that knows the
ground.

The model gives every unit plots of land. Events never tell of plots, so the territory can only say what
follows from events; the model then knows whether what it says is true: nothing missed, nothing called exact
that is not.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from territory.events import (
    Dated,
    Event,
    Name,
    OrgUnit,
    OrgUnitAbolished,
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
)
from territory.fold import fold
from territory.table import load, table

CODES = [f"{number:02d}" for number in range(12)]
SOURCE = "a test"
Plots = frozenset[int]


@dataclass(frozen=True)
class Held:
    """A unit of the model: its name, which no other has, and the plots of land that it has."""

    name: str
    plots: Plots


def province(code: str, number: int) -> OrgUnit:
    return OrgUnit(
        code=code, name=Name(vi=f"Tỉnh {number}", en=f"Province {number}"), level="province", kind="province"
    )


class Histories(RuleBasedStateMachine):
    """Creates, renames, merges, divides and abolishes provinces whose codes are used again."""

    def __init__(self) -> None:
        super().__init__()
        self.day = date(2000, 1, 1)
        self.events: list[Event] = []
        self.alive: dict[str, Held] = {}  # as the day before left them, without those that ended today
        self.born: dict[str, Held] = {}
        self.days: dict[date, dict[str, Held]] = {}
        self.plots = 0

    # what happens

    @rule(days=st.integers(1, 400))
    def wait(self, days: int) -> None:
        self.alive |= self.born
        self.days[self.day] = dict(self.alive)
        self.born = {}
        self.day += timedelta(days=days)

    @precondition(lambda self: self._free())
    @rule(draw=st.data(), dated=st.sampled_from(["on", "by"]), size=st.integers(1, 4))
    def create(self, draw: st.DataObject, dated: Dated, size: int) -> None:
        code = draw.draw(st.sampled_from(self._free()))
        self.plots += size
        plots = frozenset(range(self.plots - size, self.plots))
        unit = self._begin(code, plots)
        self._add(OrgUnitCreated(effective=self.day, source=SOURCE, dated=dated, unit=unit))

    @precondition(lambda self: self.alive)
    @rule(draw=st.data())
    def rename(self, draw: st.DataObject) -> None:
        (old,) = self._end(draw, 1)
        code = draw.draw(st.sampled_from(self._free()))
        unit = self._begin(code, old[1])
        self._add(OrgUnitRenamed(effective=self.day, source=SOURCE, code=old[0], unit=unit))

    @precondition(lambda self: len(self.alive) > 1)
    @rule(draw=st.data(), many=st.integers(2, 4))
    def merge(self, draw: st.DataObject, many: int) -> None:
        olds = self._end(draw, min(many, len(self.alive)))
        code = draw.draw(st.sampled_from(self._free()))
        into = self._begin(code, frozenset[int]().union(*(plots for _, plots in olds)))
        units = tuple(old for old, _ in olds)
        self._add(OrgUnitsMerged(effective=self.day, source=SOURCE, units=units, into=into))

    @precondition(lambda self: self._divisible() and len(self._free()) > 2)
    @rule(draw=st.data(), joined=st.booleans())
    def divide(self, draw: st.DataObject, joined: bool) -> None:
        """Into two units, of which one may also take in a whole other one."""
        code = draw.draw(st.sampled_from(self._divisible()))
        plots = sorted(self._take(code))
        cut = draw.draw(st.integers(1, len(plots) - 1))
        first, second = draw.draw(st.permutations(self._free()))[:2]
        alone = self._begin(first, frozenset(plots[:cut]))
        self._add(OrgUnitCreated(effective=self.day, source=SOURCE, unit=alone))
        rest = frozenset(plots[cut:])
        if joined and self.alive:
            ((other, others),) = self._end(draw, 1)
            into = self._begin(second, rest | others)
            self._add(OrgUnitsMerged(effective=self.day, source=SOURCE, units=(other,), into=into))
        else:
            unit = self._begin(second, rest)
            self._add(OrgUnitCreated(effective=self.day, source=SOURCE, unit=unit))
        self._add(OrgUnitSplit(effective=self.day, source=SOURCE, code=code, into=(first, second)))

    @precondition(lambda self: self.alive)
    @rule(draw=st.data())
    def abolish(self, draw: st.DataObject) -> None:
        ((code, _),) = self._end(draw, 1)
        self._add(OrgUnitAbolished(effective=self.day, source=SOURCE, code=code))

    # what is promised

    @invariant()
    def each_day_has_the_units_of_the_model(self) -> None:
        folded = fold(self.events)
        for day, units in self._days().items():
            attested = {unit.code for unit in folded if unit.holds(day) and not unit.presumed(day)}
            assert attested == set(units)
            for code, held in units.items():
                unit = folded.unit(code, day)
                assert unit is not None
                assert unit.vi == held.name

    @invariant()
    def no_code_leads_two_units_on_one_day(self) -> None:
        for code in CODES:
            for one, next_ in pairwise(fold(self.events).lives(code)):
                assert one.until is not None
                assert one.until < next_.since

    @invariant()
    def nothing_is_missed_and_nothing_called_exact_that_is_not(self) -> None:
        folded = fold(self.events)
        days = self._days()
        for unit in folded:
            plots = days[unit.attested][unit.code].plots
            for day, units in days.items():
                reached = folded.follow(unit, day)
                true = {code for code, held in units.items() if held.plots & plots}
                found = {other.code for other in reached.units if not other.presumed(day)}
                assert true <= found
                if reached.exact and found:
                    assert plots <= units[reached.units[0].code].plots

    @invariant()
    def every_unit_that_ended_leads_to_the_living_or_says_that_some_of_it_does_not(self) -> None:
        folded = fold(self.events)
        for unit in folded:
            reached = folded.follow(unit, self.day)
            if unit.until is not None:
                assert reached.units or reached.lost
                assert reached.exact == (len(reached.units) == 1 and not reached.lost)

    @invariant()
    def forward_and_back_are_each_others_inverse(self) -> None:
        folded = fold(self.events)
        for unit in folded:
            for day in self._days():
                for other in folded.follow(unit, day).units:
                    if not other.holds(unit.attested):
                        assert unit in folded.follow(other, unit.attested).units

    @invariant()
    def exact_steps_of_one_to_one_lead_back_to_where_they_began(self) -> None:
        folded = fold(self.events)
        for unit in folded:
            step = folded.became(unit)
            if step and step.whole and (back := folded.came_from(step.units[0])) and back.whole:
                assert back.units == (unit,)

    @invariant()
    def the_order_of_the_events_changes_nothing(self) -> None:
        shuffled = list(self.events)
        random.Random(len(shuffled)).shuffle(shuffled)
        assert table(fold(shuffled), "") == table(fold(self.events), "")

    def teardown(self) -> None:
        """The table of any history loads into the same territory."""
        written = table(fold(self.events), "x")
        with tempfile.NamedTemporaryFile(suffix=".tsv") as file:
            file.write(written)
            file.flush()
            assert table(load(Path(file.name)), "x") == written

    # how it is done

    def _add(self, event: Event) -> None:
        self.events.append(event)

    def _free(self) -> list[str]:
        return [code for code in CODES if code not in self.alive and code not in self.born]

    def _divisible(self) -> list[str]:
        return [code for code, held in self.alive.items() if len(held.plots) > 1]

    def _begin(self, code: str, plots: Plots) -> OrgUnit:
        unit = province(code, len(self.days) * 1000 + len(self.events) * 10 + len(self.born))
        self.born[code] = Held(unit.name.vi, plots)
        return unit

    def _take(self, code: str) -> Plots:
        return self.alive.pop(code).plots

    def _end(self, draw: st.DataObject, many: int) -> list[tuple[str, Plots]]:
        codes = draw.draw(st.permutations(sorted(self.alive)))[:many]
        return [(code, self._take(code)) for code in codes]

    def _days(self) -> dict[date, dict[str, Held]]:
        """What the model holds at the end of each day with events, today's as far as it got."""
        return self.days | {self.day: self.alive | self.born}


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=120, stateful_step_count=25, deadline=None)
