"""Claims as a batch sees them: as stored, with what the batch itself claimed and released."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.store.commit import Commit
from chassis.store.datastore import Datastore
from chassis.store.overlay import Journal, Overlay
from chassis.store.rows import Claim, Release
from chassis.store.together import Ask, Rows, together
from chassis.store.unnest import Lookup

Name = tuple[str, str]
"""(kind, key)."""

_READ = Lookup(
    "SELECT c.kind, c.key, c.holder FROM unnest({kinds}, {keys}) AS r (kind, key)"
    " JOIN claims AS c USING (kind, key)",
    kinds="text",
    keys="text",
)


class Claims:
    """One batch's view of the claims."""

    def __init__(self, datastore: Datastore, journal: Journal) -> None:
        self._datastore = datastore
        self._rows: Overlay[Name, str] = Overlay(journal)
        self.now = self._rows.now

    def load(self, names: Iterable[Name]) -> None:
        together(self._datastore.get_connection, self.asks(names))

    def asks(self, names: Iterable[Name]) -> list[Ask]:
        unknown = self._rows.unknown(names)
        if not unknown:
            return []

        def take(rows: Rows) -> None:
            self._rows.know(unknown, (((kind, key), holder) for kind, key, holder in rows))

        kinds, keys = zip(*unknown, strict=True)
        return [Ask(_READ, {"kinds": kinds, "keys": keys}, take)]

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
