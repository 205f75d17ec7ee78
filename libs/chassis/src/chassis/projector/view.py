"""What a service says of its views and of the history they are folded from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import psycopg

Connection = psycopg.Connection[Any]
Cursor = psycopg.Cursor[Any]


class Sequenced(Protocol):
    """A row of the history, decoded as the views like it."""

    @property
    def seq(self) -> int: ...


class Source(Protocol):
    """An append-only table, ordered by `seq`; rows become visible in that order (one writer, lock first)."""

    channel: str
    """NOTIFY channel that is told when rows have been committed."""

    def read(self, connection: Connection, after: int, limit: int) -> Sequence[Any]:
        """Return at most `limit` rows with a seq above `after`, in order; all views share the answer."""
        ...

    def head(self, connection: Connection) -> int:
        """Return the highest seq, 0 if the table is empty."""
        ...


class View(Protocol):
    """Tables that are a function of the history: the same rows folded in the same order give the same
    content.

    No clock, no serial, no `now()`: a rebuilt view is compared with the live one, column by column.
    Statements name the view's tables bare; they run with the schema that is being built first in
    `search_path`. Raise `version` when tables or folding change: the next start builds the new version
    beside the old one and switches.
    """

    @property
    def name(self) -> str:
        """Schema in which readers find the live tables; `[a-z_]+`, never changes."""
        ...

    @property
    def version(self) -> int: ...

    def create(self, cursor: Cursor, schema: str) -> None:
        """Create the tables and indexes in the (empty) schema."""
        ...

    def fold(self, cursor: Cursor, page: Sequence[Any]) -> None:
        """Take in the next rows, by statements that may run in a pipeline (no COPY).

        What it raises stops this view, unless it is `psycopg.OperationalError`.
        """
        ...
