"""One page into all views that stand at the same place: one transaction, few round trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from chassis import crash
from chassis.projector.place import Place, schema_of
from chassis.projector.view import Connection, Cursor, Source, View

_LOCK = """
SELECT view, version, position FROM projections
WHERE view = ANY(%s) AND slot = 'live' ORDER BY view FOR UPDATE SKIP LOCKED
"""
_AT_MOST = "SET LOCAL transaction_timeout = '20s'"
"""Whoever freezes half-way through a pipeline is not idle in its transaction: its locks end with this."""
_ENTER = "SELECT set_config('search_path', %s, true)"
_MOVE = """
UPDATE projections SET position = %s, changed_at = clock_timestamp()
WHERE view = ANY(%s) AND slot = 'live'
"""


def fold_together(
    connection: Connection, views: Sequence[View], source: Source, position: int, size: int
) -> int | None:
    """Fold the page that follows `position` into every view; returns the new position of all of them.

    `None`, and nothing is done, unless all of them stand at that place, in the version of this code, free
    for us to take, and the page is the last one. It is what `fold_next` does, for views that keep up; what a
    view raises does not tell whose fault it is: fold them one by one then.
    """
    if not views:
        return None
    try:
        with connection.pipeline():
            reached = _fold(connection, views, source, position, size)
    except BaseException:
        with suppress(psycopg.Error):
            connection.rollback()
        raise
    if reached is None:
        connection.rollback()
    return reached


def _fold(
    connection: Connection, views: Sequence[View], source: Source, position: int, size: int
) -> int | None:
    cursor = connection.cursor()
    cursor.execute("BEGIN", prepare=False)
    cursor.execute(_AT_MOST, prepare=False)
    names = [view.name for view in views]
    locked = connection.cursor().execute(_LOCK, (names,), prepare=True)
    page = source.read(connection, position, size)
    places = {view: Place(version, at) for view, version, at in locked}
    if not page or len(page) == size or places != _expected(views, position):
        return None
    for view in views:
        _fold_one(cursor, view, page)
    reached = int(page[-1].seq)
    cursor.execute(_MOVE, (reached, names), prepare=True)
    cursor.execute("COMMIT", prepare=False)
    return reached


def _expected(views: Sequence[View], position: int) -> Mapping[str, Place]:
    return {view.name: Place(view.version, position) for view in views}


def _fold_one(cursor: Cursor, view: View, page: Sequence[Any]) -> None:
    cursor.execute(_ENTER, (f'"{schema_of(view, "live")}", public',), prepare=True)
    view.fold(cursor, page)
    crash.point("projection_mid_page")
