"""Are the tables of two schemas equal, row for row, whatever the order of their rows?"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from chassis.projector.view import Cursor

_TABLES = """
SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = %s AND relkind IN ('r', 'p') ORDER BY relname
"""
_CONTENT = """
SELECT count(*), coalesce(sum(hashtextextended(content::text, 0)::numeric), 0) FROM {}.{} AS content
"""


@dataclass(frozen=True)
class Compared:
    """One table in both schemas: rows (`None`: no such table), and whether the contents are the same."""

    table: str
    live_rows: int | None
    rebuilt_rows: int | None
    same: bool


def compare(cursor: Cursor, live: str, rebuilt: str) -> tuple[Compared, ...]:
    """Compare by number of rows and by the sum of their 64-bit hashes."""
    one, other = _contents(cursor, live), _contents(cursor, rebuilt)
    return tuple(
        Compared(table, _rows(one.get(table)), _rows(other.get(table)), one.get(table) == other.get(table))
        for table in sorted(one.keys() | other.keys())
    )


def _contents(cursor: Cursor, schema: str) -> dict[str, tuple[int, int]]:
    tables = [table for (table,) in cursor.execute(_TABLES, (schema,)).fetchall()]
    return {table: _content(cursor, schema, table) for table in tables}


def _content(cursor: Cursor, schema: str, table: str) -> tuple[int, int]:
    cursor.execute(sql.SQL(_CONTENT).format(sql.Identifier(schema), sql.Identifier(table)))
    row = cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _rows(content: tuple[int, int] | None) -> int | None:
    return content[0] if content else None
