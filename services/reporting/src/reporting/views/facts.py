"""The view `facts`: what indicators count, with both times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Cursor

from reporting.pathway.corrections import is_void
from reporting.pathway.entry import Entry
from reporting.pathway.facts import Fact, client_in, fact_in
from reporting.pathway.merging import edges_in
from reporting.views.merges import merges_table
from reporting.views.table import Column, Table


class FactCase(NamedTuple):
    """Whose case it is. Intake's log says it, and it may come after the facts that other logs state."""

    case_id: UUID
    client_id: UUID


class FactVoid(NamedTuple):
    """That a fact counts no more for who knows of `void_id`, recorded then."""

    void_id: str
    event_id: str
    recorded_at: datetime


def _column(name: str, type_: str) -> Column[Fact]:
    return Column(name, type_, attrgetter(name))


FACTS = Table(
    "facts",
    [
        _column("event_id", "text"),
        _column("kind", "text NOT NULL"),
        _column("case_id", "uuid NOT NULL"),
        _column("commune", "text"),
        _column("service", "text NOT NULL"),
        _column("org", "text NOT NULL"),
        _column("occurred_at", "timestamptz NOT NULL"),
        _column("recorded_at", "timestamptz NOT NULL"),
        _column("client_id", "uuid"),
    ],
    key=1,
    read=Fact,
    indexes=["INDEX ON facts (kind, occurred_at)", "INDEX ON facts (case_id)"],
)

FACT_CASES = Table(
    "fact_cases",
    [
        Column("case_id", "uuid", attrgetter("case_id")),
        Column("client_id", "uuid NOT NULL", attrgetter("client_id")),
    ],
    key=1,
    read=FactCase,
    indexes=["INDEX ON fact_cases (client_id)"],
)


FACT_VOIDS = Table(
    "fact_voids",
    [
        Column("void_id", "text", attrgetter("void_id")),
        Column("event_id", "text NOT NULL", attrgetter("event_id")),
        Column("recorded_at", "timestamptz NOT NULL", attrgetter("recorded_at")),
    ],
    key=1,
    read=FactVoid,
    indexes=["INDEX ON fact_voids (event_id)"],
)

MERGES = merges_table()


@dataclass(frozen=True)
class FactsView:
    """Puts the facts of pages, what voids them and who is one person into tables; nothing is ever changed
    there: a report as of a moment takes what was known then."""

    name: str = "facts"
    version: int = 3

    def create(self, cursor: Cursor[Any], schema: str) -> None:  # noqa: ARG002 - names are bare
        """Makes the empty tables."""
        for table in (FACTS, FACT_CASES, FACT_VOIDS, MERGES):
            table.create(cursor)

    def fold(self, cursor: Cursor[Any], page: Sequence[Entry]) -> None:
        """Takes in a page of the history, in the transaction of the cursor."""
        opened = [FactCase(entry.case_id, client) for entry in page if (client := client_in(entry))]
        FACT_CASES.add(cursor, opened)
        FACTS.add(cursor, [fact for entry in page if (fact := fact_in(entry))])
        FACT_VOIDS.add(cursor, [void_in(entry) for entry in page if is_void(entry)])
        MERGES.add(cursor, edges_in(page))


def void_in(entry: Entry) -> FactVoid:
    """What an entry voids; of no fact, if its event stated none."""
    return FactVoid(entry.event_id, entry.data.event_id, entry.recorded_at)
