"""PostgreSQL goes away: the writer waits and goes on; nothing is lost, doubled or parked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from chassis.clock import FixedClock
from chassis.items import Item
from chassis.store import recorder
from chassis.store.store import Store
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.writer import Stopped, Writer
from psycopg import Connection

from tests.integration.store.conftest import BOX, MakeStore, Query
from tests.integration.store.lending import Feed, LendingDesk, command
from tests.unit.store.books import MAPPER, NOON

Log = Callable[[], list[str]]
KILL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'reftrack' AND pid <> pg_backend_pid()
"""


class UnpluggedDesk(LendingDesk):
    """Has the server end all connections while it decides, the first `times`."""

    def __init__(self, query: Query, times: int = 1) -> None:
        super().__init__()
        self._query = query
        self.times = times

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        if self.times:
            self.times -= 1
            self._query(KILL)
        return super().decide(uow, item)


def test_a_connection_that_is_ended_in_the_middle_of_a_batch_costs_nothing(
    store: Store, query: Query, log: Log
) -> None:
    feed = Feed()
    results = Writer(store, UnpluggedDesk(query, times=3)).run([feed.note("buy", "Kiều")])
    assert [result.parked for result in results] == [False]
    assert log() == ["book-bought Kiều"]
    assert query("SELECT count(*) FROM receipts") == [1]


@pytest.mark.parametrize("reached", [True, False], ids=["COMMIT was done", "COMMIT never arrived"])
def test_a_commit_whose_answer_is_lost_is_neither_doubled_nor_lost(
    reached: bool, store: Store, query: Query, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[bool] = []
    real = recorder._commit

    def unplug(connection: Connection[Any], token: int) -> None:
        if not lost:
            lost.append(True)
            if reached:
                real(connection, token)
            query(KILL)
        real(connection, token)

    monkeypatch.setattr(recorder, "_commit", unplug)
    desk = LendingDesk()
    feed = Feed()
    results = Writer(store, desk).run(
        [feed.note("buy", "Kiều"), command("lend", "Kiều", "Lan"), feed.note("return", "Kiều")]
    )
    assert lost
    assert results[1].answer == b"lend: 2"
    assert not any(result.dropped or result.parked for result in results)
    assert log() == ["book-bought Kiều", "book-lent Lan", "book-returned 0"]
    assert desk.attempts["buy"] == (1 if reached else 2)


def test_a_server_that_is_not_there_is_waited_for_until_told_to_stop() -> None:
    stop = threading.Event()
    dsn = "postgresql://postgres@127.0.0.1:1/nowhere"
    store = Store(dsn, clock=FixedClock(NOON), box=BOX, mappers=[MAPPER])
    store.datastore.pool.timeout = 0.1
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(Writer(store, LendingDesk(), stop).run, [Feed().note("buy", "Kiều")])
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        stop.set()
        with pytest.raises(Stopped, match="waiting for PostgreSQL"):
            waiting.result(timeout=10)
    store.close()


def test_a_missing_table_stops_the_writer_and_parks_nothing(store: Store, query: Query) -> None:
    query("ALTER TABLE receipts RENAME TO receipts_away")
    with pytest.raises(Exception, match="receipts"):
        Writer(store, LendingDesk()).run([Feed().note("buy", "Kiều")])
    assert query("SELECT count(*) FROM parked") == [0]
    assert query("SELECT count(*) FROM positions") == [0]


def test_recorded_at_rises_though_the_clock_goes_back(make_store: MakeStore, query: Query, log: Log) -> None:
    clock = FixedClock(NOON)
    writer = Writer(make_store(clock), LendingDesk())
    feed = Feed()
    for minutes, title in ((0, "a"), (-60, "b"), (-60, "c"), (5, "d")):
        clock.move_to(NOON + timedelta(minutes=minutes))
        writer.run([feed.note("buy", title)])
    assert len(log()) == 4
    times = query("SELECT recorded_at FROM stored_events ORDER BY notification_id")
    micro = timedelta(microseconds=1)
    assert times == [NOON, NOON + micro, NOON + 2 * micro, NOON + timedelta(minutes=5)]
    assert query("SELECT recorded_at FROM receipts ORDER BY position") == times


def test_a_rolled_back_batch_leaves_no_gap(store: Store, query: Query, log: Log) -> None:
    feed = Feed()
    records = [feed.note("buy", f"book {n}", id="poison" if n == 3 else None) for n in range(8)]
    Writer(store, LendingDesk()).run(records)
    assert len(log()) == 7


def test_readers_are_told_of_events_and_of_receipts(store: Store, library_dsn: str) -> None:
    with psycopg.connect(library_dsn, autocommit=True) as listener:
        listener.execute("LISTEN stored_events")
        listener.execute("LISTEN receipts")
        Writer(store, LendingDesk()).run([Feed().note("buy", "Kiều")])
        heard = {note.channel for note in listener.notifies(timeout=5, stop_after=2)}
    assert heard == {"stored_events", "receipts"}
