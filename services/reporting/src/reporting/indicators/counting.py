"""Counting people from facts: one query for every indicator, as known and as occurred by given moments.

A person's commune is that of the first contact: the earliest contact by `occurred_at` (then `recorded_at`,
then event id); of a person who was never contacted, the registration. What was first is judged with the same
two moments, so that a contact reported late moves a person only in reports that already knew of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import class_row

from reporting.indicators.definitions import Indicator
from reporting.indicators.period import Period

_COUNTED: LiteralString = """
WITH seen AS (
    SELECT f.kind, c.client_id, f.case_id, f.service, f.commune, f.occurred_at, f.recorded_at, f.event_id
    FROM facts f JOIN fact_cases c USING (case_id)
    WHERE f.recorded_at <= %(known_at)s AND f.occurred_at <= %(occurred_by)s
), first AS (
    SELECT DISTINCT ON (client_id) * FROM seen WHERE kind IN ('contact', 'registered')
    ORDER BY client_id, kind <> 'contact', occurred_at, recorded_at, event_id
), marks AS (
    SELECT * FROM seen
    UNION ALL
    SELECT 'first_contact', client_id, case_id, service, commune, occurred_at, recorded_at, event_id
    FROM first
), held AS (
    SELECT client_id, CASE WHEN %(by_service)s THEN service ELSE '' END AS row, kind, case_id, occurred_at,
        recorded_at, event_id
    FROM marks
    WHERE kind = ANY(%(facts)s) AND occurred_at >= %(begins)s AND occurred_at < %(ends)s
        AND (%(services)s::text[] = '{}' OR service = ANY(%(services)s))
), counted AS (
    SELECT client_id, row FROM held GROUP BY client_id, row HAVING count(DISTINCT kind) >= %(kinds_needed)s
), placed AS (
    SELECT counted.client_id, counted.row, coalesce(first.commune, '') AS commune
    FROM counted LEFT JOIN first USING (client_id)
)
"""

_FIGURES: LiteralString = _COUNTED + "SELECT commune, row, count(*) FROM placed GROUP BY commune, row"

_FACTS: LiteralString = (
    _COUNTED
    + """
SELECT held.event_id, held.kind, held.case_id, held.client_id, placed.commune, held.row, held.occurred_at,
    held.recorded_at
FROM placed JOIN held USING (client_id, row)
WHERE (%(communes)s::text[] IS NULL OR placed.commune = ANY(%(communes)s))
    AND (%(row)s::text IS NULL OR row = %(row)s)
ORDER BY held.occurred_at, held.recorded_at, held.event_id, held.kind LIMIT %(limit)s
"""
)

_LATEST: LiteralString = "SELECT coalesce(max(recorded_at), '-infinity'::timestamptz) FROM facts"


@dataclass(frozen=True)
class Question:
    """What a report asks: a period, what was recorded by `known_at`, what had occurred by `occurred_by`."""

    period: Period
    known_at: datetime
    occurred_by: datetime

    def parameters(self, indicator: Indicator) -> dict[str, Any]:
        """Named parameters of the counting query."""
        return {
            "known_at": self.known_at,
            "occurred_by": self.occurred_by,
            "begins": self.period.begins,
            "ends": self.period.ends,
            "facts": list(indicator.facts),
            "services": list(indicator.services),
            "by_service": indicator.rows == "service",
            "kinds_needed": indicator.kinds_needed,
        }


@dataclass(frozen=True)
class CountedFact:
    """A fact behind a figure: the event, and the person and place it counted for."""

    event_id: str
    kind: str
    case_id: UUID
    client_id: UUID
    commune: str
    row: str
    occurred_at: datetime
    recorded_at: datetime


async def count(
    connection: AsyncConnection[Any], indicator: Indicator, question: Question
) -> dict[tuple[str, str], int]:
    """People by (commune, row)."""
    cursor = await connection.execute(_FIGURES, question.parameters(indicator))
    return {(commune, row): people for commune, row, people in await cursor.fetchall()}


async def explain(
    connection: AsyncConnection[Any],
    indicator: Indicator,
    question: Question,
    *,
    communes: list[str] | None,
    row: str | None,
    limit: int,
) -> list[CountedFact]:
    """The facts behind a figure, of all communes or some, of all rows or one; in order of `occurred_at`."""
    parameters = question.parameters(indicator) | {"communes": communes, "row": row, "limit": limit}
    async with connection.cursor(row_factory=class_row(CountedFact)) as cursor:
        await cursor.execute(_FACTS, parameters)
        return await cursor.fetchall()
