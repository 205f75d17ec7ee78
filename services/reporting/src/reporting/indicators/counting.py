"""Counting people from facts: one query for every indicator, as known and as occurred by given moments.

A person's commune is that of the first contact: the earliest contact by `occurred_at` (then `recorded_at`,
then event id); of a person who was never contacted, the registration. What was first is judged with the same
two moments, so that a contact reported late moves a person only in reports that already knew of it.

So do corrections and merges, which have no time in the world: a fact counts until the report knows that it
was voided; clients are one person while the report knows of the merge and not of its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg import AsyncCursor

from reporting.indicators.definitions import Indicator
from reporting.indicators.period import Period
from reporting.maps import Told
from reporting.pathway.merging import Edge, roots

_EACH: LiteralString = """
WITH seen AS (
    SELECT coalesce(f.client_id, c.client_id) AS client_id, coalesce(f.client_id, c.client_id) AS told_of,
"""
_ONE_PERSON: LiteralString = """
WITH seen AS (
    SELECT coalesce(p.root, f.client_id, c.client_id) AS client_id,
        coalesce(f.client_id, c.client_id) AS told_of,
"""
"""`told_of`: the client for whom the fact was recorded, also in the case of another; merged clients count as
one person."""

_FACTS_OF: LiteralString = """
        f.kind AS counts_as, f.kind, f.case_id, f.service, f.commune, f.org, f.occurred_at, f.recorded_at,
        f.event_id
    FROM facts.facts f JOIN facts.fact_cases c USING (case_id)
"""
_MERGED: LiteralString = """
    LEFT JOIN unnest(%(clients)s::uuid[], %(roots)s::uuid[]) AS p (client_id, root)
        ON p.client_id = coalesce(f.client_id, c.client_id)
"""

_KNOWN: LiteralString = """
    WHERE f.recorded_at <= %(known_at)s AND f.occurred_at <= %(occurred_by)s
        AND NOT EXISTS (SELECT FROM facts.fact_voids v
            WHERE v.event_id = f.event_id AND v.recorded_at <= %(known_at)s)
"""

_KNOWN_BY_SEQ: LiteralString = """
    WHERE f.recorded_at <= %(known_at)s AND f.occurred_at <= %(occurred_by)s
        AND NOT EXISTS (SELECT FROM facts.fact_voids v JOIN history w ON w.event_id = v.void_id
            WHERE v.event_id = f.event_id AND v.recorded_at <= %(known_at)s AND w.seq <= %(seq)s)
        AND EXISTS (SELECT FROM history h WHERE h.event_id = f.event_id AND h.seq <= %(seq)s)
        AND EXISTS (SELECT FROM history o WHERE o.subject = f.case_id AND o.seq <= %(seq)s
            AND o.type LIKE 'org.reftrack.case-opened.v%%')
"""
"""Of a case whose opening had not come in, nobody knew whom its facts were about: they did not count."""

_EDGES: LiteralString = """
SELECT m.event_id, m.merge, m.survivor, m.merged, m.ended, m.recorded_at FROM facts.merges m
WHERE m.recorded_at <= %(known_at)s AND (%(seq)s::bigint IS NULL
    OR EXISTS (SELECT FROM history h WHERE h.event_id = m.event_id AND h.seq <= %(seq)s))
"""

_COUNTED: LiteralString = """
), first AS (
    SELECT DISTINCT ON (client_id) * FROM seen WHERE kind IN ('contact', 'registered')
    ORDER BY client_id, kind <> 'contact', occurred_at, recorded_at, event_id
), marks AS (
    SELECT * FROM seen
    UNION ALL
    SELECT client_id, told_of, 'first_contact', kind, case_id, service, commune, org, occurred_at,
        recorded_at, event_id
    FROM first
), held AS (
    SELECT client_id, told_of, CASE WHEN %(by_service)s THEN service ELSE '' END AS row, counts_as, kind,
        case_id, org, occurred_at, recorded_at, event_id
    FROM marks
    WHERE counts_as = ANY(%(facts)s) AND occurred_at >= %(begins)s AND occurred_at < %(ends)s
        AND (%(services)s::text[] = '{}' OR service = ANY(%(services)s))
), counted AS (
    SELECT client_id, row FROM held GROUP BY client_id, row
    HAVING count(DISTINCT counts_as) >= %(kinds_needed)s
), placed AS (
    SELECT counted.client_id, counted.row, coalesce(first.commune, '') AS commune,
        (first.occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS told_on
    FROM counted LEFT JOIN first USING (client_id)
)
"""

_FIGURES: LiteralString = _COUNTED + "SELECT commune, row, count(*) FROM placed GROUP BY commune, row"

_FIGURES_BY_DAY: LiteralString = (
    _COUNTED + "SELECT commune, told_on, row, count(*) FROM placed GROUP BY commune, told_on, row"
)

_FACTS: LiteralString = (
    _COUNTED
    + """
SELECT held.event_id, held.kind, held.case_id, held.told_of, placed.commune, held.row, held.org,
    held.occurred_at, held.recorded_at
FROM placed JOIN held USING (client_id, row)
WHERE (%(communes)s::text[] IS NULL OR placed.commune = ANY(%(communes)s))
    AND (%(map_communes)s::text[] IS NULL OR EXISTS (
        SELECT FROM unnest(%(map_communes)s::text[], %(map_days)s::date[]) AS m (commune, told_on)
        WHERE m.commune = placed.commune AND m.told_on IS NOT DISTINCT FROM placed.told_on))
    AND (%(row)s::text IS NULL OR row = %(row)s)
    AND (%(area)s::text[] IS NULL OR EXISTS (
        SELECT FROM cases.cases own WHERE own.case_id = held.case_id AND (own.commune = ANY(%(area)s)
            OR EXISTS (
                SELECT FROM unnest(%(codes)s::text[], %(first_days)s::date[], %(last_days)s::date[])
                    AS a (code, first, last)
                WHERE a.code = own.commune AND
                    (own.commune_told_occurred_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
                    BETWEEN a.first AND a.last))))
    AND (%(recorded_after)s::timestamptz IS NULL OR held.recorded_at > %(recorded_after)s)
    AND (%(after_event)s::text IS NULL
        OR (held.occurred_at, held.recorded_at, held.event_id)
            > (%(after_occurred)s::timestamptz, %(after_recorded)s::timestamptz, %(after_event)s))
ORDER BY held.occurred_at, held.recorded_at, held.event_id LIMIT %(limit)s
"""
)


People = Mapping[UUID, UUID]
"""Client → the client as whom it counts; who counts as itself is not there."""


@dataclass(frozen=True)
class Question:
    """What a report asks: a period, what was recorded by `known_at`, what had occurred by `occurred_by`; by
    `seq` also: only the first so many entries of the history.
    """

    period: Period
    known_at: datetime
    occurred_by: datetime
    seq: int | None = None

    def seen(self, people: People) -> LiteralString:
        """Begins the query: the facts that were known, each with the person for whom it counts."""
        known = _KNOWN if self.seq is None else _KNOWN_BY_SEQ
        return _ONE_PERSON + _FACTS_OF + _MERGED + known if people else _EACH + _FACTS_OF + known

    def parameters(self, indicator: Indicator, people: People) -> dict[str, Any]:
        """Named parameters of the counting query."""
        return {
            "clients": list(people),
            "roots": list(people.values()),
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
    """Which of the facts behind a figure; None does not narrow. `after`: the place of the last one shown.

    `area`: only facts of cases of these communes. A person may have been found to be one with somebody whose
    case belongs elsewhere: it counts once, and whose that case is stays untold.
    """

    communes: Sequence[str] | None = None
    told: Sequence[tuple[str, date | None]] | None = None
    """Only people whose commune was told with one of these codes on one of these days: a cell of a map."""
    area: Sequence[str] | None = None
    at_times: Sequence[tuple[str, date, date]] = ()
    row: str | None = None
    recorded_after: datetime | None = None
    after: tuple[datetime, datetime, str] | None = None

    def parameters(self) -> dict[str, Any]:
        """Named parameters of the explaining query."""
        occurred, recorded, event = self.after or (None, None, None)
        return {
            "communes": None if self.communes is None else list(self.communes),
            "area": None if self.area is None else list(self.area),
            "codes": [code for code, _, _ in self.at_times],
            "first_days": [first for _, first, _ in self.at_times],
            "last_days": [last for _, _, last in self.at_times],
            "map_communes": None if self.told is None else [commune for commune, _ in self.told],
            "map_days": None if self.told is None else [day for _, day in self.told],
            "row": self.row,
            "recorded_after": self.recorded_after,
            "after_occurred": occurred,
            "after_recorded": recorded,
            "after_event": event,
        }


@dataclass(frozen=True)
class CountedFact:
    """A fact behind a figure: the event, the client it was recorded for, and the place it counted for."""

    event_id: str
    kind: str
    case_id: UUID
    client_id: UUID
    commune: str
    row: str
    org: str
    occurred_at: datetime
    recorded_at: datetime


async def people_known(cursor: AsyncCursor[Any], question: Question) -> People:
    """Who is one person with whom, as far as the question knows."""
    await cursor.execute(_EDGES, {"known_at": question.known_at, "seq": question.seq})
    return roots([Edge(*row) for row in await cursor.fetchall()])


async def count(
    cursor: AsyncCursor[Any], indicator: Indicator, question: Question, people: People
) -> dict[tuple[str, str], int]:
    """People by (commune, row)."""
    await cursor.execute(question.seen(people) + _FIGURES, question.parameters(indicator, people))
    return {(commune, row): counted for commune, row, counted in await cursor.fetchall()}


async def count_by_day(
    cursor: AsyncCursor[Any], indicator: Indicator, question: Question, people: People
) -> dict[Told, int]:
    """People by the commune, the day on which it was told, and row: what a map is asked about."""
    await cursor.execute(question.seen(people) + _FIGURES_BY_DAY, question.parameters(indicator, people))
    return {Told(commune, on, row): counted for commune, on, row, counted in await cursor.fetchall()}


async def explain(
    cursor: AsyncCursor[Any], indicator: Indicator, question: Question, narrowed: Narrowed, *, limit: int
) -> list[CountedFact]:
    """The facts behind figures, in the order in which they happened."""
    people = await people_known(cursor, question)
    parameters = question.parameters(indicator, people) | narrowed.parameters() | {"limit": limit}
    await cursor.execute(question.seen(people) + _FACTS, parameters)
    return [CountedFact(*row) for row in await cursor.fetchall()]
