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
    """Rows by key: None is a row known to be absent."""

    __slots__ = ("_changed", "_journal", "_read")

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read: dict[K, V | None] = {}
        self._changed: dict[K, V | None] = {}

    def unknown(self, keys: Iterable[K]) -> list[K]:
        """Those of the keys that nobody has read, each once."""
        return [key for key in dict.fromkeys(keys) if key not in self._read]

    def know(self, keys: Iterable[K], found: Iterable[tuple[K, V]]) -> None:
        """Take in the answer to a query for `keys`: what is not `found` is absent."""
        self._read.update(dict.fromkeys(keys))
        self._read.update(found)

    def get(self, key: K) -> V | None:
        """The row as the batch leaves it. Raises KeyError when it was neither read nor written."""
        found = self._changed.get(key, MISSING)
        return self._read[key] if isinstance(found, _Missing) else found

    def put(self, key: K, row: V | None) -> None:
        """The row is this from now on, or gone."""
        self._journal.put(self._changed, key, row)

    def changes(self) -> Iterator[tuple[K, V | None, V | None]]:
        """(key, before, after) for each row that the batch changed in the end; unread counts as absent."""
        for key, after in self._changed.items():
            before = self._read.get(key)
            if before != after:
                yield key, before, after
