"""A view built anew beside the live one, compared with it, and put in its place."""

from __future__ import annotations

import time
from dataclasses import dataclass

from psycopg import sql

from chassis.projector.compare import Compared, compare
from chassis.projector.fold import fold_next, fold_page
from chassis.projector.pages import Pages
from chassis.projector.place import Place, connect, establish, live_places, lock, replace, schema_of
from chassis.projector.view import Connection, Cursor, Source, View
from chassis.telemetry import get_logger, safe_text

_log = get_logger("projector")
_PAGE = 2_000

__all__ = ["Compared", "RebuildUnderWay", "Rebuilt", "rebuild"]


@safe_text
class RebuildUnderWay(Exception):
    """Somebody rebuilds this view already; wait until that is done."""


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild found; the rebuilt tables are live now.

    `tables` compares old and new at the same position of the history. Between two versions of a view
    differences are expected; within one they mean that folding is not a function of the history, or that
    somebody wrote to the view.
    """

    view: str
    version: int
    replaced_version: int
    position: int
    seconds: float
    tables: tuple[Compared, ...]

    @property
    def differences(self) -> tuple[Compared, ...]:
        """The tables that differ."""
        return tuple(table for table in self.tables if not table.same)


def rebuild(dsn: str, source: Source, view: View) -> Rebuilt:
    """Build the view from seq 0 in `<name>__next`, compare, switch in one transaction, drop the old tables.

    The live view goes on meanwhile and stands still only for the last page and the comparison. Raises
    `RebuildUnderWay`, and what folding raises: then the live view is as before.
    """
    began = time.monotonic()
    with connect(dsn) as connection:
        _alone(connection, view)
        _drop(connection, _old(view))
        establish(connection, view, "next")
        pages = Pages(source, _PAGE)
        _catch_up(connection, view, pages)
        live, tables = _switch(connection, view, pages)
        _drop(connection, _old(view))
    done = Rebuilt(view.name, view.version, live.version, live.position, time.monotonic() - began, tables)
    names = [table.table for table in done.differences]
    _log.info("view_rebuilt", view=view.name, version=view.version, position=live.position, differences=names)
    return done


def _alone(connection: Connection, view: View) -> None:
    name = f"rebuild.{view.name}"
    row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (name,)).fetchone()
    if not (row and row[0]):
        raise RebuildUnderWay(view.name)


def _catch_up(connection: Connection, view: View, pages: Pages) -> None:
    position: int | None = 0
    while position is not None:
        if position + _PAGE >= live_places(connection)[view.name].position:
            return
        position = fold_next(connection, view, "next", pages, wait=True)


def _switch(connection: Connection, view: View, pages: Pages) -> tuple[Place, tuple[Compared, ...]]:
    with connection.transaction(), connection.cursor() as cursor:
        live = lock(cursor, view, "live")
        fresh = lock(cursor, view, "next")
        assert live is not None
        assert fresh is not None
        _fold_up_to(connection, view, pages, fresh.position, live.position)
        tables = compare(cursor, schema_of(view, "live"), schema_of(view, "next"))
        _rename(cursor, schema_of(view, "live"), _old(view))
        _rename(cursor, schema_of(view, "next"), schema_of(view, "live"))
        replace(cursor, view, live.position)
    return live, tables


def _fold_up_to(connection: Connection, view: View, pages: Pages, position: int, end: int) -> None:
    while position < end:
        page = [row for row in pages.after(connection, position) if row.seq <= end]
        position = fold_page(connection, view, "next", page)


def _drop(connection: Connection, schema: str) -> None:
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _rename(cursor: Cursor, old: str, new: str) -> None:
    cursor.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def _old(view: View) -> str:
    return f"{view.name}__old"
