"""A table of rows that folds work on: made, read and written in bulk, one statement each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chassis.store.arrays import array
from chassis.store.unnest import Unnest
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

    Names are bare: the search path says whether the live or the next version is meant.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[Column[Row]],
        *,
        key: int,
        read: Callable[..., Row],
        indexes: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.key = tuple(column.name for column in columns[:key])
        self._key_type = columns[0].type.partition(" ")[0]
        self.indexes = [f"CREATE {index}" for index in indexes]
        self._read = read
        self._load = self._load_statement()
        self._save = self._save_statement(replace=True)
        self._add = self._save_statement(replace=False)

    def load(self, cursor: Cursor[Any], keys: Iterable[Any]) -> list[Row]:
        """The rows that there are for these keys; for tables with a key of one column."""
        found = cursor.execute(self._load, [array(self._key_type, list(keys))], prepare=True, binary=True)
        return [self._read(*values) for values in found.fetchall()]

    def save(self, cursor: Cursor[Any], rows: Sequence[Row]) -> None:
        """Inserts rows, or replaces what stands under their keys. Keys must differ within one call."""
        self._write(cursor, self._save, rows)

    def add(self, cursor: Cursor[Any], rows: Sequence[Row]) -> None:
        """Inserts rows whose keys are not there yet; what is there stays as it is."""
        self._write(cursor, self._add, rows)

    def remove(self, cursor: Cursor[Any], column: str, values: Iterable[Any]) -> None:
        """Deletes the rows that have one of these values in a column."""
        statement = SQL("DELETE FROM {} WHERE {} = ANY(%s)")
        cursor.execute(statement.format(Identifier(self.name), Identifier(column)), [list(values)])

    def create(self, cursor: Cursor[Any]) -> None:
        """Makes the table and its indexes."""
        lines = ", ".join(f"{column.name} {column.type}" for column in self.columns)
        made = f"CREATE TABLE {self.name} ({lines}, PRIMARY KEY ({', '.join(self.key)}))"
        for statement in (made, *self.indexes):
            cursor.execute(statement.encode())

    def _load_statement(self) -> Composed:
        return SQL("SELECT {} FROM {} WHERE {} = ANY(%b::{}[])").format(
            self._names(), Identifier(self.name), Identifier(self.key[0]), Identifier(self._key_type)
        )

    def _write(self, cursor: Cursor[Any], statement: Unnest, rows: Sequence[Row]) -> None:
        if rows:
            statement.send(cursor, ([column.of(row) for row in rows] for column in self.columns))

    def _save_statement(self, *, replace: bool) -> Unnest:
        names = [column.name for column in self.columns]
        changing = ", ".join(f"{name} = excluded.{name}" for name in names if name not in self.key)
        then = f"UPDATE SET {changing}" if replace and changing else "NOTHING"
        return Unnest(
            f"INSERT INTO {self.name} ({', '.join(names)}) SELECT * FROM {{rows}} "
            f"ON CONFLICT ({', '.join(self.key)}) DO {then}",
            *(column.type.partition(" ")[0] for column in self.columns),
        )

    def _names(self) -> Composed:
        return SQL(", ").join(Identifier(column.name) for column in self.columns)
