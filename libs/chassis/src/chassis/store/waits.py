"""What waits, as a batch sees it; woken by key, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import tuple_row

from chassis.items import Woken
from chassis.store.commit import Commit
from chassis.store.datastore import Datastore
from chassis.store.overlay import MISSING, Journal, Overlay
from chassis.store.rows import Wait
from chassis.store.together import Ask, Rows, together
from chassis.store.unnest import Lookup

_COLUMNS = ", ".join(f'w."{name}"' for name in Woken.__dataclass_fields__)
_READ = Lookup(
    f"SELECT {_COLUMNS} FROM unnest({{keys}}) AS r (key) JOIN waits AS w USING (key) ORDER BY w.seq",
    keys="text",
)
_OVERDUE = f"SELECT {_COLUMNS} FROM waits AS w WHERE w.until <= %s ORDER BY w.until, w.seq LIMIT %s"


class Waits:
    """One batch's view of the waits.

    A wait added by this batch has a negative `seq` until it is committed.
    """

    def __init__(self, datastore: Datastore, journal: Journal) -> None:
        self._datastore = datastore
        self._stored: Overlay[str, tuple[Woken, ...]] = Overlay(journal)
        self._added: Overlay[str, tuple[Woken, ...]] = Overlay(journal)
        self._gone: Overlay[int, bool] = Overlay(journal)
        self._last = 0

    def load(self, keys: Iterable[str]) -> None:
        together(self._datastore.get_connection, self.asks(keys))

    def asks(self, keys: Iterable[str]) -> list[Ask]:
        unknown = self._stored.unknown(keys)
        if not unknown:
            return []

        def take(rows: Rows) -> None:
            found: dict[str, list[Woken]] = {}
            for row in rows:
                found.setdefault(row[1], []).append(Woken(*row))
            self._stored.know(unknown, ((key, tuple(waits)) for key, waits in found.items()))

        return [Ask(_READ, {"keys": unknown}, take)]

    def overdue(self, now: datetime, limit: int) -> list[Woken]:
        """Those whose term is over, longest first; what this batch took away is left out."""
        with self._datastore.get_connection() as connection:
            cursor: Cursor[Any] = connection.cursor(row_factory=tuple_row)
            rows = cursor.execute(_OVERDUE.encode(), (now, limit)).fetchall()
        return [wait for wait in (Woken(*row) for row in rows) if not self._is_gone(wait.seq)]

    def of(self, key: str) -> Sequence[Woken]:
        """All that waits for the key, oldest first."""
        if key not in self._added.now and self._stored.now.get(key, MISSING) is None:
            return ()  # nearly always
        return (*self._of_stored(key), *self._of_added(key))

    def add(self, wait: Wait) -> None:
        self._last -= 1
        self._added.put(wait.key, (*self._of_added(wait.key), Woken(self._last, *wait)))

    def take(self, key: str) -> Sequence[Woken]:
        """Takes away all that waits for the key."""
        taken = self.of(key)
        for wait in taken:
            self.remove(wait)
        return taken

    def remove(self, wait: Woken) -> None:
        """Takes away one."""
        self._gone.put(wait.seq, True)

    def write_to(self, commit: Commit) -> None:
        gone = {seq for seq, _, _ in self._gone.changes()}
        commit.waits_gone += sorted(seq for seq in gone if seq > 0)
        added = [
            wait for _, _, waits in self._added.changes() for wait in waits or () if wait.seq not in gone
        ]
        commit.waits += [_row(wait) for wait in sorted(added, key=lambda wait: -wait.seq)]

    def _of_stored(self, key: str) -> list[Woken]:
        try:
            found = self._stored.get(key)
        except KeyError:
            self.load([key])
            found = self._stored.get(key)
        return [wait for wait in found or () if not self._is_gone(wait.seq)]

    def _of_added(self, key: str) -> list[Woken]:
        try:
            found = self._added.get(key)
        except KeyError:
            return []
        return [wait for wait in found or () if not self._is_gone(wait.seq)]

    def _is_gone(self, seq: int) -> bool:
        try:
            return self._gone.get(seq) is True
        except KeyError:
            return False


def _row(wait: Woken) -> Wait:
    return Wait(
        wait.key,
        wait.source,
        wait.event_id,
        wait.sealed,
        wait.topic,
        wait.partition,
        wait.offset,
        wait.received_at,
        wait.until,
    )
