"""One statement for many rows or keys: binary arrays, spread by `unnest`, looked for by `ANY`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import tuple_row

from chassis.store.arrays import array


class Unnest:
    """A statement over rows: `Unnest("INSERT INTO t (a, b) SELECT * FROM {rows}", "text", "bigint")`.

    `{rows}` becomes `unnest(%b::text[], %b::bigint[])`; `types` are the element types, in the rows' order.
    Write `{rows} WITH ORDINALITY AS r (a, b, n)` to name the columns. Further parameters (`%b`) follow those
    of the rows if they stand behind `{rows}`.
    """

    def __init__(self, statement: str, *types: str) -> None:
        rows = ", ".join(f"%b::{name}[]" for name in types)
        self._statement = statement.replace("{rows}", f"unnest({rows})").encode()
        self._types = types

    def write(self, cursor: Cursor[Any], rows: Sequence[Sequence[Any]], *further: Any) -> None:
        """Send it for these rows (each as wide as there are types); prepared, so it is planned once."""
        self.send(cursor, zip(*rows, strict=True), *further)

    def send(self, cursor: Cursor[Any], columns: Iterable[Sequence[Any]], *further: Any) -> None:
        """Send it for rows that are given column by column."""
        arrays = map(array, self._types, columns)
        cursor.execute(self._statement, [*arrays, *further], prepare=True)


class Rows:
    """A table that a service owns (`chassis.store.commit.Table`), its rows written by one statement."""

    def __init__(self, rank: int, statement: str, *types: str) -> None:
        self.rank = rank
        self._statement = Unnest(statement, *types)

    def write(self, cursor: Cursor[Any], rows: Sequence[Sequence[Any]]) -> None:
        """Send it for these rows."""
        self._statement.write(cursor, rows)


class Lookup:
    """A query by keys: `Lookup("SELECT a, b FROM t WHERE id = ANY({ids})", ids="uuid")`."""

    def __init__(self, query: str, **types: str) -> None:
        for name, type_name in types.items():
            query = query.replace(f"{{{name}}}", f"%({name})b::{type_name}[]")
        self._query = query.encode()
        self._types = types

    def read(self, connection: Connection[Any], **keys: Sequence[Any]) -> Cursor[tuple[Any, ...]]:
        """The rows as tuples; prepared, so it is planned once."""
        given = {name: array(self._types[name], column) for name, column in keys.items()}
        cursor = connection.cursor(row_factory=tuple_row, binary=True)
        return cursor.execute(self._query, given, prepare=True)
