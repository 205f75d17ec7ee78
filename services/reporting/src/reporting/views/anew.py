"""The history of cases that are folded anew: what was voided cannot be taken out of a fold again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor

from reporting.pathway.entry import Entry

History = Callable[[Collection[UUID]], Mapping[UUID, Sequence[Entry]]]
"""All entries of these cases up to the end of the page in hand, by case."""

_OF_CASES = """
SELECT source, position, event_id, type, subject, org, occurred_at, recorded_at, value, seq FROM history
WHERE subject = ANY(%s) AND seq <= %s AND (%s::text IS NULL OR source = %s) ORDER BY seq
"""


def history_of(cursor: Cursor[Any], end: int, *, source: str | None = None) -> History:
    """Reads them when they are asked for; `source`: only what that service recorded."""

    def read(cases: Collection[UUID]) -> Mapping[UUID, Sequence[Entry]]:
        found: dict[UUID, list[Entry]] = {case_id: [] for case_id in cases}
        for row in cursor.execute(_OF_CASES, (list(cases), end, source, source)).fetchall():
            entry = Entry(*row)
            found[entry.case_id].append(entry)
        return found

    return read
