"""One page into one view: rows and position in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psycopg

from chassis import crash
from chassis.projector.pages import Pages
from chassis.projector.place import Place, Slot, close_slot, enter, move, open_slot
from chassis.projector.view import Connection, View


class OtherVersion(Exception):
    """The slot is of another version than this code's view."""


def fold_next(connection: Connection, view: View, slot: Slot, pages: Pages, *, wait: bool) -> int | None:
    """Fold the page that follows the slot's position; returns the new position.

    `None`: another instance has the slot in hand, or there is nothing to fold. The lock on the slot's row
    keeps two instances from folding the same page; a crash loses rows and position together. Raises
    `OtherVersion`.
    """
    try:
        position = _fold(connection, view, pages, open_slot(connection, view, slot, wait=wait))
        if position is not None:
            close_slot(connection, view, slot, position)
            return position
    except BaseException:
        with suppress(psycopg.Error):
            connection.rollback()
        raise
    connection.rollback()
    return None


def _fold(connection: Connection, view: View, pages: Pages, place: Place | None) -> int | None:
    if place is None:
        return None
    if place.version != view.version:
        raise OtherVersion(view.name)
    page = pages.after(connection, place.position)
    if not page:
        return None
    with connection.cursor() as cursor:
        view.fold(cursor, page)
    crash.point("projection_mid_page")
    return int(page[-1].seq)


def fold_page(connection: Connection, view: View, slot: Slot, page: Sequence[Any]) -> int:
    """Fold a page into a slot that is locked; returns the new position."""
    with connection.cursor() as cursor:
        enter(cursor, view, slot)
        view.fold(cursor, page)
        position = int(page[-1].seq)
        move(cursor, view, slot, position)
    return position
