"""One page into one view: rows and position in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis import crash
from chassis.projector.pages import Pages
from chassis.projector.place import Slot, enter, lock, move
from chassis.projector.view import Connection, View


class OtherVersion(Exception):
    """The slot is of another version than this code's view."""


def fold_next(connection: Connection, view: View, slot: Slot, pages: Pages, *, wait: bool) -> int | None:
    """Fold the page that follows the slot's position; returns the new position.

    `None`: another instance has the slot in hand, or there is nothing to fold. The lock on the slot's row
    keeps two instances from folding the same page; a crash loses rows and position together. Raises
    `OtherVersion`.
    """
    with connection.transaction(), connection.cursor() as cursor:
        place = lock(cursor, view, slot, wait=wait)
        if place is None:
            return None
        if place.version != view.version:
            raise OtherVersion(view.name)
        page = pages.after(connection, place.position)
        if not page:
            return None
        return fold_page(connection, view, slot, page)


def fold_page(connection: Connection, view: View, slot: Slot, page: Sequence[Any]) -> int:
    """Fold a page into a slot that is locked; returns the new position."""
    with connection.cursor() as cursor:
        enter(cursor, view, slot)
        view.fold(cursor, page)
        crash.point("projection_mid_page")
        position = int(page[-1].seq)
        move(cursor, view, slot, position)
    return position
