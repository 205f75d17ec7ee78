"""Counting people from facts: one query for every indicator, as known and as occurred by given moments.

A person's commune is that of the first contact: the earliest contact by `occurred_at` (then `recorded_at`,
then event id); of a person who was never contacted, the registration. What was first is judged with the same
two moments, so that a contact reported late moves a person only in reports that already knew of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncCursor

from reporting.indicators.definitions import Indicator
from reporting.indicators.period import Period

_SEEN: LiteralString = """
WITH seen AS (
    SELECT c.client_id, f.kind AS counts_as, f.kind, f.case_id, f.service, f.commune, f.org, f.occurred_at,
        f.recorded_at, f.event_id
    FROM facts.facts f JOIN facts.fact_cases c USING (case_id)
    WHERE f.recorded_at <= %(known_at)s AND f.occurred_at <= %(occurred_by)s
"""

_SEEN_BY_SEQ: LiteralString = (
    _SEEN
    + """
        AND EXISTS (SELECT FROM history h WHERE h.event_id = f.event_id AND h.seq <= %(seq)s)
        AND EXISTS (SELECT FROM history o WHERE o.subject = f.case_id AND o.seq <= %(seq)s
            AND o.type LIKE 'org.reftrack.case-opened.v%%')
"""
)
"""Of a case whose opening had not come in, nobody knew whom its facts were about: they did not count."""

_COUNTED: LiteralString = """
), first AS (
    SELECT DISTINCT ON (client_id) * FROM seen WHERE kind IN ('contact', 'registered')
    ORDER BY client_id, kind <> 'contact', occurred_at, recorded_at, event_id
), marks AS (
    SELECT * FROM seen
    UNION ALL
    SELECT client_id, 'first_contact', kind, case_id, service, commune, org, occurred_at, recorded_at,
        event_id
    FROM first
), held AS (
    SELECT client_id, CASE WHEN %(by_service)s THEN service ELSE '' END AS row, counts_as, kind, case_id, org,
        occurred_at, recorded_at, event_id
    FROM marks
    WHERE counts_as = ANY(%(facts)s) AND occurred_at >= %(begins)s AND occurred_at < %(ends)s
        AND (%(services)s::text[] = '{}' OR service = ANY(%(services)s))
), counted AS (
    SELECT client_id, row FROM held GROUP BY client_id, row
    HAVING count(DISTINCT counts_as) >= %(kinds_needed)s
), placed AS (
    SELECT counted.client_id, counted.row, coalesce(first.commune, '') AS commune
    FROM counted LEFT JOIN first USING (client_id)
)
"""

_FIGURES: LiteralString = _COUNTED + "SELECT commune, row, count(*) FROM placed GROUP BY commune, row"

_FACTS: LiteralString = (
    _COUNTED
    + """
SELECT held.event_id, held.kind, held.case_id, held.client_id, placed.commune, held.row, held.org,
    held.occurred_at, held.recorded_at
FROM placed JOIN held USING (client_id, row)
WHERE (%(communes)s::text[] IS NULL OR placed.commune = ANY(%(communes)s))
    AND (%(row)s::text IS NULL OR row = %(row)s)
    AND (%(recorded_after)s::timestamptz IS NULL OR held.recorded_at > %(recorded_after)s)
    AND (%(after_event)s::text IS NULL
        OR (held.occurred_at, held.recorded_at, held.event_id)
            > (%(after_occurred)s::timestamptz, %(after_recorded)s::timestamptz, %(after_event)s))
ORDER BY held.occurred_at, held.recorded_at, held.event_id LIMIT %(limit)s
"""
)


@dataclass(frozen=True)
class Question:
    """What a report asks: a period, what was recorded by `known_at`, what had occurred by `occurred_by`; by
    `seq` also: only the first so many entries of the history.
    """

    period: Period
    known_at: datetime
    occurred_by: datetime
    seq: int | None = None

    @property
    def seen(self) -> LiteralString:
        """Begins the query: the facts that were known."""
        return _SEEN if self.seq is None else _SEEN_BY_SEQ

    def parameters(self, indicator: Indicator) -> dict[str, Any]:
        """Named parameters of the counting query."""
        return {
            "known_at": self.known_at,
            "occurred_by": self.occurred_by,
            "seq": self.seq,
            "begins": self.period.begins,
            "ends": self.period.ends,
            "facts": list(indicator.facts),
            "services": list(indicator.services),
            "by_service": indicator.rows == "service",
            "kinds_needed": indicator.kinds_needed,
        }


@dataclass(frozen=True)
class Narrowed:
    """Which of the facts behind a figure; None does not narrow. `after`: the place of the last one shown."""

    communes: Sequence[str] | None = None
    row: str | None = None
    recorded_after: datetime | None = None
    after: tuple[datetime, datetime, str] | None = None

    def parameters(self) -> dict[str, Any]:
        """Named parameters of the explaining query."""
        occurred, recorded, event = self.after or (None, None, None)
        return {
            "communes": None if self.communes is None else list(self.communes),
            "row": self.row,
            "recorded_after": self.recorded_after,
            "after_occurred": occurred,
            "after_recorded": recorded,
            "after_event": event,
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
    org: str
    occurred_at: datetime
    recorded_at: datetime


async def count(
    cursor: AsyncCursor[Any], indicator: Indicator, question: Question
) -> dict[tuple[str, str], int]:
    """People by (commune, row)."""
    await cursor.execute(question.seen + _FIGURES, question.parameters(indicator))
    return {(commune, row): people for commune, row, people in await cursor.fetchall()}


async def explain(
    cursor: AsyncCursor[Any], indicator: Indicator, question: Question, narrowed: Narrowed, *, limit: int
) -> list[CountedFact]:
    """The facts behind figures, in the order in which they happened."""
    parameters = question.parameters(indicator) | narrowed.parameters() | {"limit": limit}
    await cursor.execute(question.seen + _FACTS, parameters)
    return [CountedFact(*row) for row in await cursor.fetchall()]
