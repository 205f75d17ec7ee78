"""Queries that need nothing of each other, in one round trip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from psycopg import Connection

from chassis.store.unnest import Lookup

Rows = list[tuple[Any, ...]]


class Ask(NamedTuple):
    """A query by keys that is not sent yet; `take` is given its rows."""

    lookup: Lookup
    keys: Mapping[str, Sequence[Any]]
    take: Callable[[Rows], None]


def together(connect: Callable[[], AbstractContextManager[Connection[Any]]], asks: Sequence[Ask]) -> None:
    """Send all of them at once, then hand each its rows, in their order; of none, no connection is taken.

    Whoever needs an answer before it can ask on does so while it takes.
    """
    if not asks:
        return
    with connect() as connection:
        if len(asks) == 1:
            cursors = [ask.lookup.read(connection, **ask.keys) for ask in asks]
        else:
            with connection.pipeline():
                cursors = [ask.lookup.read(connection, **ask.keys) for ask in asks]
        found = [cursor.fetchall() for cursor in cursors]
    for ask, rows in zip(asks, found, strict=True):
        ask.take(rows)
