"""The table of merges and their ends, one row an event; several views keep one, each at its own position."""

from __future__ import annotations

from operator import attrgetter

from reporting.pathway.merging import Edge
from reporting.views.table import Column, Table


def merges_table() -> Table[Edge]:
    """Rows are never changed: which edges hold at a moment is found on reading."""
    return Table(
        "merges",
        [
            Column("event_id", "text", attrgetter("event_id")),
            Column("merge", "uuid NOT NULL", attrgetter("merge")),
            Column("survivor", "uuid NOT NULL", attrgetter("survivor")),
            Column("merged", "uuid NOT NULL", attrgetter("merged")),
            Column("ended", "bool NOT NULL", attrgetter("ended")),
            Column("recorded_at", "timestamptz NOT NULL", attrgetter("recorded_at")),
        ],
        key=1,
        read=Edge,
        indexes=["INDEX ON merges (survivor)", "INDEX ON merges (merged)", "INDEX ON merges (merge)"],
    )
