"""Pages of the history, read and decoded once for all views that stand at the same place."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from chassis.projector.view import Connection, Source

_KEPT = 4


class Pages:
    """Reads pages and keeps the last few. A kept page may lack rows that came later, none in between."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._kept: OrderedDict[int, Sequence[Any]] = OrderedDict()

    def after(self, connection: Connection, position: int) -> Sequence[Any]:
        """Return the page that follows a position, empty at the end."""
        page = self._kept.get(position)
        if page is None:
            page = self._source.read(connection, position, self._size)
            if page:
                self._kept[position] = page
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return page
