"""What comes next is looked at while PostgreSQL works, and nothing depends on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from chassis.items import Record
from chassis.store.recorder import COMMIT_LOCK
from chassis.store.store import Store
from chassis.store.writer import Writer

from tests.integration.store.conftest import Query
from tests.integration.store.lending import Feed, LendingDesk


class Foreseeing(LendingDesk):
    """Calls `look` with what comes next."""

    def __init__(self, look: Callable[[Sequence[Record]], None]) -> None:
        super().__init__()
        self._look = look

    def foresee(self, records: Sequence[Record], now: datetime) -> None:
        self._look(records)


def waits_for_the_lock(query: Query) -> bool:
    """Whether a commit comes to wait for the lock that this session holds, within ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if query(
            "SELECT count(*) FROM pg_locks WHERE database = (SELECT oid FROM pg_database"
            " WHERE datname = current_database()) AND locktype = 'advisory' AND NOT granted"
        ) == [1]:
            return True
        time.sleep(0.01)
    return False


def test_what_comes_next_is_looked_at_once_while_the_commit_is_under_way(store: Store, query: Query) -> None:
    seen: list[tuple[bytes | None, bool]] = []

    def look(records: Sequence[Record]) -> None:
        waits = waits_for_the_lock(query)
        query("SELECT pg_advisory_unlock_all()")
        seen.extend((record.value, waits) for record in records)

    feed, writer = Feed(), Writer(store, Foreseeing(look))
    bought, lent, returned = (
        feed.note("buy", "Kiều"),
        feed.note("lend", "Kiều", "Lan"),
        feed.note("return", "Kiều"),
    )
    writer.foresee(record for record in [lent, returned])
    assert seen == [], "nothing is looked at before there is a commit to wait for"
    query("SELECT pg_advisory_lock(%s)", COMMIT_LOCK)
    writer.run([bought])
    assert seen == [(lent.value, True), (returned.value, True)]
    writer.run([lent, returned])
    assert len(seen) == 2


def test_what_fails_when_it_is_looked_at_ahead_fails_nothing_else(store: Store, query: Query) -> None:
    def look(records: Sequence[Record]) -> None:
        raise RuntimeError(f"cannot read {records}")

    feed, writer = Feed(), Writer(store, Foreseeing(look))
    bought, lent = feed.note("buy", "Kiều"), feed.note("lend", "Kiều", "Lan")
    writer.foresee([lent])
    writer.run([bought])
    writer.run([lent])
    assert query("SELECT verdict FROM inbox ORDER BY event_id") == ["accepted", "accepted"]
