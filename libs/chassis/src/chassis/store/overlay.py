"""What a batch knows of a table: as it was read, and as the batch leaves it. Changes can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class _Missing:
    """There was nothing under this key."""


MISSING: Final = _Missing()


class Journal:
    """Remembers what each change replaced, so that an attempt can be undone backwards."""

    __slots__ = ("_changes",)

    def __init__(self) -> None:
        self._changes: list[tuple[dict[Any, Any], Any, Any]] = []

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """`table[key] = value`, remembered."""
        self._changes.append((table, key, table.get(key, MISSING)))
        table[key] = value

    def __len__(self) -> int:
        return len(self._changes)

    def undo(self, mark: int) -> None:
        """Take back everything since the journal was `mark` long."""
        while len(self._changes) > mark:
            table, key, before = self._changes.pop()
            if before is MISSING:
                del table[key]
            else:
                table[key] = before


class Overlay(Generic[K, V]):
    """Rows by key: None is a row known to be absent. `now` is for looking up what was read or written."""

    __slots__ = ("_before", "_journal", "now")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._before: dict[K, V | _Missing | None] = {}
        self.now: dict[K, V | None] = {}

    def unknown(self, keys: Iterable[K]) -> list[K]:
        """Those of the keys that nobody has read, each once."""
        now, before = self.now, self._before
        return [key for key in dict.fromkeys(keys) if key not in now or before.get(key) is MISSING]

    def know(self, keys: Iterable[K], found: Iterable[tuple[K, V]]) -> None:
        """Take in the answer to a query for `keys`: what is not `found` is absent."""
        read: dict[K, V | None] = dict.fromkeys(keys)
        read.update(found)
        for key in self._before.keys() & read.keys():
            self._before[key] = read[key]
            if key in self.now:
                del read[key]
        self.now.update(read)

    def get(self, key: K) -> V | None:
        """The row as the batch leaves it. Raises KeyError when it was neither read nor written."""
        return self.now[key]

    def put(self, key: K, row: V | None) -> None:
        """The row is this from now on, or gone."""
        if key not in self._before:
            self._before[key] = self.now.get(key, MISSING)
        self._journal.put(self.now, key, row)

    def changes(self) -> Iterator[tuple[K, V | None, V | None]]:
        """(key, before, after) for each row that the batch changed in the end; unread counts as absent."""
        for key, met in self._before.items():
            if key not in self.now:
                continue  # written before it was read, and taken back: nothing is known of it
            before, after = None if isinstance(met, _Missing) else met, self.now[key]
            if before != after:
                yield key, before, after
