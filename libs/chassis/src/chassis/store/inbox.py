"""The inbox as a batch sees it: every (source, event_id) once, with the verdict it has now."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from chassis.store.commit import Commit
from chassis.store.datastore import Datastore
from chassis.store.overlay import Journal, Overlay
from chassis.store.rows import InboxRow, Verdict
from chassis.store.together import Ask, Rows, together
from chassis.store.unnest import Lookup

Name = tuple[str, str]
"""(source, event_id)."""

COLUMNS = ", ".join(f'i."{name}"' for name in InboxRow._fields)
_BY_NAME = Lookup(
    f"SELECT {COLUMNS} FROM unnest({{sources}}, {{ids}}) AS r (source, event_id)"
    " JOIN inbox AS i USING (source, event_id)",
    sources="text",
    ids="text",
)
_BY_ROUTED = Lookup(
    f"SELECT {COLUMNS} FROM unnest({{routed}}) AS r (routed_id) JOIN inbox AS i USING (routed_id)",
    routed="text",
)


class Inbox:
    """One batch's view of the inbox."""

    def __init__(self, datastore: Datastore, journal: Journal) -> None:
        self._datastore = datastore
        self._rows: Overlay[Name, InboxRow] = Overlay(journal)
        self._routed: Overlay[str, Name] = Overlay(journal)

    def load(self, names: Iterable[Name]) -> None:
        together(self._datastore.get_connection, self.asks(names))

    def asks(self, names: Iterable[Name]) -> list[Ask]:
        unknown = self._rows.unknown(names)
        if not unknown:
            return []
        sources, ids = zip(*unknown, strict=True)
        return [Ask(_BY_NAME, {"sources": sources, "ids": ids}, partial(self._take, unknown, []))]

    def load_routed(self, routed_ids: Iterable[str]) -> None:
        unknown = self._routed.unknown(routed_ids)
        if unknown:
            ask = Ask(_BY_ROUTED, {"routed": unknown}, partial(self._take, [], unknown))
            together(self._datastore.get_connection, [ask])

    def received(self, name: Name) -> InboxRow | None:
        try:
            return self._rows.get(name)
        except KeyError:
            self.load([name])
            return self._rows.get(name)

    def routed(self, routed_id: str) -> InboxRow | None:
        try:
            name = self._routed.get(routed_id)
        except KeyError:
            self.load_routed([routed_id])
            name = self._routed.get(routed_id)
        return None if name is None else self.received(name)

    def put(self, row: InboxRow) -> None:
        self._rows.put((row.source, row.event_id), row)
        if row.routed_id is not None:
            self._routed.put(row.routed_id, (row.source, row.event_id))

    def write_to(self, commit: Commit) -> None:
        for (source, event_id), before, after in self._rows.changes():
            assert after is not None, "an inbox row is never deleted"
            if before is None:
                commit.inbox.append(after)
            else:
                commit.verdicts.append(
                    Verdict(source, event_id, before.verdict, before.detail, after.verdict, *after[8:])
                )

    def _take(self, names: list[Name], routed_ids: list[str], rows: Rows) -> None:
        found = [InboxRow._make(row) for row in rows]
        self._rows.know(names, (((row.source, row.event_id), row) for row in found))
        routed = ((row.routed_id, (row.source, row.event_id)) for row in found if row.routed_id is not None)
        self._routed.know(routed_ids, routed)
