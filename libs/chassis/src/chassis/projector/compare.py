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
_DIFFERING = """
WITH one AS (SELECT content::text FROM {one} AS content),
    other AS (SELECT content::text FROM {other} AS content)
SELECT greatest((SELECT count(*) FROM (TABLE one EXCEPT ALL TABLE other) AS gone),
    (SELECT count(*) FROM (TABLE other EXCEPT ALL TABLE one) AS come))
"""


@dataclass(frozen=True)
class Compared:
    """One table in both schemas: rows (`None`: no such table), whether the contents are the same, and how
    many rows differ: a row that changed is one, not one gone and one come."""

    table: str
    live_rows: int | None
    rebuilt_rows: int | None
    same: bool
    differing_rows: int = 0


def compare(cursor: Cursor, live: str, rebuilt: str) -> tuple[Compared, ...]:
    """Compare by number of rows and by the sum of their 64-bit hashes."""
    one, other = _contents(cursor, live), _contents(cursor, rebuilt)
    return tuple(
        Compared(
            table,
            _rows(one.get(table)),
            _rows(other.get(table)),
            one.get(table) == other.get(table),
            _differing(cursor, (live, one.get(table)), (rebuilt, other.get(table)), table),
        )
        for table in sorted(one.keys() | other.keys())
    )


_Side = tuple[str, tuple[int, int] | None]
"""A schema, and what its table holds; None if it has no such table."""


def _differing(cursor: Cursor, one: _Side, other: _Side, table: str) -> int:
    if one[1] is None or other[1] is None:
        return (one[1] or other[1] or (0, 0))[0]
    if one[1] == other[1]:
        return 0
    places = {"one": sql.Identifier(one[0], table), "other": sql.Identifier(other[0], table)}
    row = cursor.execute(sql.SQL(_DIFFERING).format(**places)).fetchone()
    return int(row[0]) if row else 0


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
