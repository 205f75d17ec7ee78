"""Reports: indicators counted, rolled up, put beside their denominators, for what the reader may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.rpc.errors import Forbidden
from contracts.vocabulary import Service
from psycopg import AsyncCursor
from reference import Organisations, Territory

from reporting.access import OF_THE_PROVINCE, Reader
from reporting.indicators.counting import Question, count
from reporting.indicators.definitions import Definitions, Indicator
from reporting.indicators.figures import Counts, Figure, figures

_ORDER = {str(service): place for place, service in enumerate(Service)}


@dataclass(frozen=True)
class Scope:
    """Communes that count; None for all."""

    communes: frozenset[str] | None

    def of(self, counts: Counts) -> Counts:
        """The counts within the scope."""
        if self.communes is None:
            return counts
        return {(commune, row): n for (commune, row), n in counts.items() if commune in self.communes}


@dataclass(frozen=True)
class Reports:
    """Runs reports over the facts."""

    definitions: Definitions
    territory: Territory
    organisations: Organisations

    def scope(
        self, reader: Reader, question: Question, districts: Sequence[str], communes: Sequence[str]
    ) -> Scope:
        """What is asked for and allowed: supervisors and auditors all, others their organisation's own area.

        Raises `Forbidden` for an area beyond it.
        """
        asked = self._communes(question, districts, communes)
        own = None if reader.sees_every_case else self._own(reader, question)
        if own is None:
            return Scope(asked)
        if asked is not None and not asked <= own:
            raise Forbidden("area_not_yours", field="districts" if districts else "communes")
        return Scope(own if asked is None else asked)

    def district_of(self, question: Question) -> Mapping[str, str]:
        """Commune → district on the last day of the period."""
        on = question.period.last
        units = (
            (unit.code, self.territory.district_of(unit.code, on))
            for unit in self.territory
            if unit.level == "commune"
        )
        return {code: district.code for code, district in units if district}

    async def run(
        self, cursor: AsyncCursor[Any], indicator: Indicator, question: Question, scope: Scope
    ) -> list[Figure]:
        """Every cell of one indicator: the whole first, then places, rows in the order of their list."""
        counts = scope.of(await count(cursor, indicator, question))
        whole = None
        if indicator.of:
            divisor = self.definitions.holding(indicator.of, question.period.last)
            whole = scope.of(await count(cursor, divisor, question))
        rows = () if indicator.rows else ("",)
        cells = figures(counts, whole, self.district_of(question), rows)
        return sorted(cells, key=lambda cell: (cell.place, _ORDER.get(cell.row, len(_ORDER)), cell.row))

    def _communes(
        self, question: Question, districts: Sequence[str], communes: Sequence[str]
    ) -> frozenset[str] | None:
        if not districts and not communes:
            return None
        within = {code for code, district in self.district_of(question).items() if district in districts}
        return frozenset(within | set(communes))

    def _own(self, reader: Reader, question: Question) -> frozenset[str] | None:
        """The communes of the reader's organisation; None: the whole province, for who supervises it.

        An unknown one has none.
        """
        organisation = self.organisations.get(reader.org)
        if organisation is None:
            return frozenset()
        if organisation.commune:
            return frozenset({organisation.commune})
        if organisation.district:
            return self._communes(question, [organisation.district], ())
        return None if organisation.kind in OF_THE_PROVINCE else frozenset()
