"""A table of rows that folds work on: made, read and written in bulk, one statement each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from psycopg import Cursor
from psycopg.sql import SQL, Composed, Identifier

Row = TypeVar("Row")


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its name, its PostgreSQL type, and where a row has the value."""

    name: str
    type: str
    of: Callable[[Row], Any]


class Table(Generic[Row]):
    """Rows of one kind in one table, found by their key (the first `key` columns).

    Names are not qualified: the connection's search path says which version of a view is meant.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[Column[Row]],
        *,
        key: int,
        read: Callable[..., Row],
        indexes: str = "",
    ) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.key = tuple(column.name for column in columns[:key])
        self.indexes = indexes
        self._read = read
        self._load = self._load_statement()
        self._save = self._save_statement(replace=True)
        self._add = self._save_statement(replace=False)

    def load(self, cursor: Cursor[Any], keys: Iterable[Any]) -> list[Row]:
        """The rows that there are for these keys; for tables with a key of one column."""
        found = cursor.execute(self._load, [list(keys)], prepare=True, binary=True)
        return [self._read(*values) for values in found.fetchall()]

    def save(self, cursor: Cursor[Any], rows: Sequence[Row]) -> None:
        """Inserts rows, or replaces what stands under their keys. Keys must differ within one call."""
        self._write(cursor, self._save, rows)

    def add(self, cursor: Cursor[Any], rows: Sequence[Row]) -> None:
        """Inserts rows whose keys are not there yet; what is there stays as it is."""
        self._write(cursor, self._add, rows)

    def create(self) -> str:
        """The statements that make the table and its indexes."""
        lines = ", ".join(f"{column.name} {column.type}" for column in self.columns)
        return f"CREATE TABLE {self.name} ({lines}, PRIMARY KEY ({', '.join(self.key)}));\n{self.indexes}"

    def _write(self, cursor: Cursor[Any], statement: Composed, rows: Sequence[Row]) -> None:
        if rows:
            values = [[column.of(row) for row in rows] for column in self.columns]
            cursor.execute(statement, values, prepare=True)

    def _load_statement(self) -> Composed:
        return SQL("SELECT {} FROM {} WHERE {} = ANY(%b)").format(
            self._names(), Identifier(self.name), Identifier(self.key[0])
        )

    def _save_statement(self, *, replace: bool) -> Composed:
        arrays = SQL(", ").join(
            SQL("%b::{}[]").format(SQL(column.type.partition(" ")[0])) for column in self.columns
        )
        insert = SQL("INSERT INTO {} ({}) SELECT * FROM unnest({}) ON CONFLICT ({}) DO ").format(
            Identifier(self.name), self._names(), arrays, SQL(", ").join(map(Identifier, self.key))
        )
        return insert + (self._replacing() if replace else SQL("NOTHING"))

    def _replacing(self) -> Composed:
        changing = [Identifier(column.name) for column in self.columns if column.name not in self.key]
        return SQL("UPDATE SET ") + SQL(", ").join(
            SQL("{0} = excluded.{0}").format(name) for name in changing
        )

    def _names(self) -> Composed:
        return SQL(", ").join(Identifier(column.name) for column in self.columns)
