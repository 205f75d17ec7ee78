"""The view `facts`: what indicators count, with both times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import Cursor

from reporting.pathway.entry import Entry
from reporting.pathway.facts import Fact, client_in, fact_in
from reporting.views.table import Column, Table


class FactCase(NamedTuple):
    """Whose case it is. Intake's log says it, and it may come after the facts that other logs state."""

    case_id: UUID
    client_id: UUID


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


@dataclass(frozen=True)
class FactsView:
    """Puts the facts of pages into their table; nothing is ever changed there."""

    name: str = "facts"
    version: int = 1

    def create(self, cursor: Cursor[Any], schema: str) -> None:  # noqa: ARG002 - names are bare
        """Makes the empty tables."""
        FACTS.create(cursor)
        FACT_CASES.create(cursor)

    def fold(self, cursor: Cursor[Any], page: Sequence[Entry]) -> None:
        """Takes in a page of the history, in the transaction of the cursor."""
        opened = [FactCase(entry.case_id, client) for entry in page if (client := client_in(entry))]
        FACT_CASES.add(cursor, opened)
        FACTS.add(cursor, [fact for entry in page if (fact := fact_in(entry))])
