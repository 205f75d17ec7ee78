"""Where a view stands: its row in `projections`, its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from chassis.projector.view import Connection, Cursor, View

Slot = Literal["live", "next"]
_SESSION: dict[str, Any] = {"application_name": "reftrack-projector", "connect_timeout": 5}
_OPTIONS = "-c timezone=UTC -c synchronous_commit=off -c idle_in_transaction_session_timeout=20s"
"""An instance that froze over a page keeps the others from folding it for so long."""


class Place(NamedTuple):
    """Version and position of one slot of a view."""

    version: int
    position: int


def connect(dsn: str) -> Connection:
    """Open a connection for folding. Commits are not waited for on disk: rows and position are lost
    together, and folded again."""
    return psycopg.connect(dsn, autocommit=True, row_factory=tuple_row, options=_OPTIONS, **_SESSION)


def schema_of(view: View, slot: Slot) -> str:
    """Return the schema of a slot; readers know only that of the live one."""
    return view.name if slot == "live" else f"{view.name}__next"


def live_places(connection: Connection) -> Mapping[str, Place]:
    """Return where every live view stands."""
    rows = connection.execute("SELECT view, version, position FROM projections WHERE slot = 'live'")
    return {view: Place(version, position) for view, version, position in rows}


def establish(connection: Connection, view: View, slot: Slot) -> None:
    """Make an empty slot, in place of whatever it held."""
    schema = sql.Identifier(schema_of(view, slot))
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
        cursor.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        enter(cursor, view, slot)
        view.create(cursor, schema_of(view, slot))
        cursor.execute("DELETE FROM projections WHERE view = %s AND slot = %s", (view.name, slot))
        cursor.execute(
            "INSERT INTO projections (view, slot, version, position) VALUES (%s, %s, %s, 0)",
            (view.name, slot, view.version),
        )


def establish_if_missing(connection: Connection, view: View) -> None:
    """Make the live slot of a view that has never been; two instances at once make it once."""
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"view.{view.name}",))
        known = connection.execute("SELECT FROM projections WHERE view = %s AND slot = 'live'", (view.name,))
        if known.fetchone() is None:
            establish(connection, view, "live")


def enter(cursor: Cursor, view: View, slot: Slot) -> None:
    """Let bare names mean the tables of this slot, until the transaction ends."""
    path = sql.SQL("SET LOCAL search_path TO {}, public").format(sql.Identifier(schema_of(view, slot)))
    cursor.execute(path)


_LOCK = "SELECT version, position FROM projections WHERE view = %s AND slot = %s FOR UPDATE"
_OPEN = """
BEGIN; SELECT version, position, set_config('search_path', {}, true)
FROM projections WHERE view = {} AND slot = {} FOR UPDATE
"""
_CLOSE = """
UPDATE projections SET position = {}, changed_at = clock_timestamp() WHERE view = {} AND slot = {}; COMMIT
"""


def open_slot(connection: Connection, view: View, slot: Slot, *, wait: bool) -> Place | None:
    """Begin a transaction, lock the slot and enter it, in one round trip.

    `None` if it is missing, or taken and not waited for; the transaction is open in any case.
    """
    path = sql.Literal(f'"{schema_of(view, slot)}", public')
    statement = sql.SQL(_OPEN if wait else f"{_OPEN} SKIP LOCKED").format(path, view.name, slot)
    with connection.cursor() as cursor:
        cursor.execute(statement, prepare=False)
        cursor.nextset()
        row = cursor.fetchone()
    return Place(*row[:2]) if row else None


def close_slot(connection: Connection, view: View, slot: Slot, position: int) -> None:
    """Set the position of the slot and commit, in one round trip."""
    connection.execute(sql.SQL(_CLOSE).format(position, view.name, slot), prepare=False)


def lock(cursor: Cursor, view: View, slot: Slot) -> Place | None:
    """Lock the slot until the transaction ends; `None` if it is missing."""
    cursor.execute(_LOCK, (view.name, slot))
    row = cursor.fetchone()
    return Place(*row) if row else None


def move(cursor: Cursor, view: View, slot: Slot, position: int) -> None:
    """Set the position of a locked slot."""
    cursor.execute(
        "UPDATE projections SET position = %s, changed_at = clock_timestamp() WHERE view = %s AND slot = %s",
        (position, view.name, slot),
    )


def replace(cursor: Cursor, view: View, position: int) -> None:
    """The next slot is the live one now; both are locked, their schemas renamed."""
    cursor.execute("DELETE FROM projections WHERE view = %s AND slot = 'next'", (view.name,))
    cursor.execute(
        "UPDATE projections SET version = %s, position = %s, changed_at = clock_timestamp() "
        "WHERE view = %s AND slot = 'live'",
        (view.version, position, view.name),
    )
