"""Reports: indicators counted, rolled up, put beside their denominators, for what the reader may ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chassis.rpc.errors import Forbidden, InvalidInput, Violation
from contracts.vocabulary import Service
from psycopg import AsyncCursor
from reference import Living, Territory
from reference.areas import Span

from reporting.access import Reader, lies_within
from reporting.indicators.counting import People, Question, count, count_by_day, people_known
from reporting.indicators.definitions import Definitions, Indicator
from reporting.indicators.figures import Counts, Figure, figures
from reporting.maps import DayCounts, Level, Map, MapFigure, Spot, map_figures
from reporting.places import communes_of, districts_on

_ORDER = {str(service): place for place, service in enumerate(Service)}


@dataclass(frozen=True)
class Scope:
    """Communes that count; None for all. `at_times`: codes that count for what was told on these days."""

    communes: frozenset[str] | None
    at_times: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    @property
    def codes(self) -> frozenset[str] | None:
        """All codes of which something counts."""
        return None if self.communes is None else self.communes | self.at_times.keys()

    def of_days(self, counts: DayCounts) -> Counts:
        """The counts within the scope, each asked for the day on which its code was told."""
        found: Counter[tuple[str, str]] = Counter()
        for told, people in counts.items():
            if lies_within(self.communes, self.at_times, told.commune, told.on):
                found[told.commune, told.row] += people
        return found

    def of(self, counts: Counts) -> Counts:
        """The counts within the scope."""
        if self.communes is None:
            return counts
        return {(commune, row): n for (commune, row), n in counts.items() if commune in self.communes}


@dataclass(frozen=True)
class MapAsked:
    """A map, the level by which it is divided (none: not at all), and whom of it a report counts: those of
    the reader's area who lie in the units that are asked for.
    """

    map: Map
    level: Level | None
    area: frozenset[str] | None
    at_times: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    districts: tuple[str, ...] = ()
    communes: tuple[str, ...] = ()

    def of(self, counts: DayCounts) -> DayCounts:
        """The counts that count."""
        narrowed = self.districts or self.communes
        return {
            told: people
            for told, people in counts.items()
            if lies_within(self.area, self.at_times, told.commune, told.on)
            and (not narrowed or self.map.lies_in(told, self.districts, self.communes))
        }


@dataclass(frozen=True)
class Reports:
    """Runs reports over the facts."""

    definitions: Definitions
    country: Living

    @property
    def territory(self) -> Territory:
        """The territory as it is known now, with the decrees that were loaded."""
        return self.country.now

    def scope(self, reader: Reader, districts: Sequence[str], communes: Sequence[str]) -> Scope:
        """What is asked for and allowed: all communes that ever lay in the reader's area, or some of them.

        Raises `InvalidInput` for units that there never were, `Forbidden` for an area beyond the reader's.
        """
        self._check_known(districts, communes)
        asked = self._communes(districts, communes)
        named = "districts" if districts else "communes"
        if not reader.has_an_area:
            raise Forbidden("area_not_yours", field=named)
        if reader.area is None:
            return Scope(asked)
        whole = Scope(reader.area, reader.at_times)
        if asked is None:
            return whole
        if not asked <= (whole.codes or asked):
            raise Forbidden("area_not_yours", field=named)
        at_times = {code: spans for code, spans in reader.at_times.items() if code in asked}
        return Scope(asked - at_times.keys(), at_times)

    def district_of(self, question: Question) -> Mapping[str, str]:
        """Commune → district on the last day of the period; empty where there is no district on it."""
        return districts_on(self.territory, question.period.last)

    async def run(
        self, cursor: AsyncCursor[Any], indicator: Indicator, question: Question, people: People, scope: Scope
    ) -> list[Figure]:
        """Every cell of one indicator: the whole first, then places, rows in the order of their list."""
        counts = await _counted(cursor, indicator, question, people, scope)
        whole = None
        if indicator.of:
            divisor = self.definitions.holding(indicator.of, question.period.last)
            whole = await _counted(cursor, divisor, question, people, scope)
        rows = () if indicator.rows else ("",)
        cells = figures(counts, whole, self.district_of(question), rows)
        return sorted(cells, key=lambda cell: (cell.place, _ORDER.get(cell.row, len(_ORDER)), cell.row))

    async def run_on_map(
        self,
        cursor: AsyncCursor[Any],
        indicator: Indicator,
        question: Question,
        people: People,
        asked: MapAsked,
    ) -> list[MapFigure]:
        """Every cell of one indicator on the map of a day."""
        counts = asked.of(await count_by_day(cursor, indicator, question, people))
        whole = None
        if indicator.of:
            divisor = self.definitions.holding(indicator.of, question.period.last)
            whole = asked.of(await count_by_day(cursor, divisor, question, people))
        rows = () if indicator.rows else ("",)
        return map_figures(counts, whole, asked.map, asked.level, rows)

    async def told_in(
        self,
        cursor: AsyncCursor[Any],
        indicator: Indicator,
        question: Question,
        asked: MapAsked,
        spot: Spot,
    ) -> list[tuple[str, date | None]]:
        """The codes and days with which the people of one cell were told of."""
        people = await people_known(cursor, question)
        counts = asked.of(await count_by_day(cursor, indicator, question, people))
        level = asked.level
        return sorted(
            {
                (told.commune, told.on)
                for told in counts
                if level is None or asked.map.spot(told.commune, told.on, level) == spot
            },
            key=str,
        )

    def map_of(
        self,
        reader: Reader,
        on: date,
        level: Level | None,
        districts: Sequence[str] = (),
        communes: Sequence[str] = (),
    ) -> MapAsked:
        """The map of a day as the reader may see it, and what of it is asked, by the codes that lead on it.

        Raises `InvalidInput` for units that the map does not have, `Forbidden` for who answers for no area.
        """
        if not reader.has_an_area:
            raise Forbidden("area_not_yours", field="map")
        map_ = Map(self.territory, on)
        day = {"day": on.isoformat()}
        if level == "district" and not map_.has("district"):
            raise InvalidInput([Violation("by", "no_district_on_that_day", day)])
        led: dict[str, tuple[str, ...]] = {}
        for wanted, codes in (("district", districts), ("commune", communes)):
            found = [map_.leading_code(code, wanted) for code in codes]
            if None in found:
                raise InvalidInput([Violation(f"{wanted}s", "not_on_that_map", day)])
            led[wanted] = tuple(code for code in found if code)
        return MapAsked(map_, level, reader.area, reader.at_times, led["district"], led["commune"])

    def _check_known(self, districts: Sequence[str], communes: Sequence[str]) -> None:
        wrong = [
            Violation(f"{level}s", f"no_such_{level}")
            for level, codes in (("district", districts), ("commune", communes))
            if not all(any(unit.level == level for unit in self.territory.lives(code)) for code in codes)
        ]
        if wrong:
            raise InvalidInput(wrong)

    def _communes(self, districts: Sequence[str], communes: Sequence[str]) -> frozenset[str] | None:
        if not districts and not communes:
            return None
        within = (communes_of(self.territory, district) for district in districts)
        return frozenset(communes).union(*within)


async def _counted(
    cursor: AsyncCursor[Any], indicator: Indicator, question: Question, people: People, scope: Scope
) -> Counts:
    """The counts within a scope; by day only where the day decides."""
    if scope.at_times:
        return scope.of_days(await count_by_day(cursor, indicator, question, people))
    return scope.of(await count(cursor, indicator, question, people))
