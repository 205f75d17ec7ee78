"""Claims as a batch sees them: as stored, with what the batch itself claimed and released."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.rows import tuple_row

from chassis.store.commit import Commit
from chassis.store.datastore import Datastore
from chassis.store.overlay import Journal, Overlay
from chassis.store.rows import Claim, Release
from chassis.store.unnest import Unnest

Name = tuple[str, str]
"""(kind, key)."""

_READ = Unnest(
    "SELECT c.kind, c.key, c.holder FROM {rows} AS r (kind, key) JOIN claims AS c USING (kind, key)",
    *("text", "text"),
)


class Claims:
    """One batch's view of the claims."""

    def __init__(self, datastore: Datastore, journal: Journal) -> None:
        self._datastore = datastore
        self._rows: Overlay[Name, str] = Overlay(journal)
        self.now = self._rows.now

    def load(self, names: Iterable[Name]) -> None:
        unknown = self._rows.unknown(names)
        if not unknown:
            return
        with self._datastore.get_connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            _READ.write(cursor, unknown)
            self._rows.know(unknown, (((kind, key), holder) for kind, key, holder in cursor))

    def holder(self, name: Name) -> str | None:
        try:
            return self._rows.get(name)
        except KeyError:
            self.load([name])
            return self._rows.get(name)

    def put(self, name: Name, holder: str | None) -> None:
        self.holder(name)
        self._rows.put(name, holder)

    def write_to(self, commit: Commit) -> None:
        for (kind, key), before, after in self._rows.changes():
            if before is not None:
                commit.releases.append(Release(kind, key, before))
            if after is not None:
                commit.claims.append(Claim(kind, key, after))
