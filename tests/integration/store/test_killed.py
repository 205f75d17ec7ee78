"""Kill -9 at the crash points of the writer, then a restart: the history of a run that was not killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from chassis.crash import VARIABLE

from tests.integration.store.conftest import Query

Log = Callable[[], list[str]]
RUN = """
import sys
from chassis.clock import FixedClock
from chassis.items import Record
from chassis.store.store import Store
from chassis.store.writer import Writer
from tests.integration.store.conftest import BOX
from tests.integration.store.lending import TOPIC, Feed, LendingDesk
from tests.unit.store.books import MAPPER, NOON

with Store(sys.argv[1], clock=FixedClock(NOON), box=BOX, mappers=[MAPPER]) as store:
    position = store.positions.read([(TOPIC, 0)]).get((TOPIC, 0))
    feed, writer = Feed(), Writer(store, LendingDesk())
    records = [feed.note("buy", "Kieu")]
    for reader in range(3):
        records += [feed.note("lend", "Kieu", str(reader)), feed.note("return", "Kieu")]
    todo = [record for record in records if position is None or record.offset >= position.next_offset]
    for start in range(0, len(todo), 2):
        writer.run(todo[start : start + 2])
"""


def run(dsn: str, crash_at: str | None) -> int:
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), **({VARIABLE: crash_at} if crash_at else {})}
    return subprocess.run(
        [sys.executable, "-c", RUN, dsn], env=environment, timeout=100, check=False
    ).returncode


@pytest.mark.parametrize("crash_at", ["before_commit", "before_commit:3"])
def test_a_writer_that_is_killed_goes_on_where_it_was(
    crash_at: str, library_dsn: str, query: Query, log: Log
) -> None:
    assert run(library_dsn, crash_at) == -signal.SIGKILL
    assert run(library_dsn, None) == 0
    assert log() == [
        "book-bought Kieu",
        *(line for n in range(3) for line in (f"book-lent {n}", "book-returned 0")),
    ]
    assert query("SELECT count(*), count(DISTINCT event_id) FROM receipts") == [(7, 7)]
    assert query("SELECT next_offset FROM positions") == [7]


def test_a_crash_point_that_does_not_exist_is_refused(library_dsn: str, query: Query) -> None:
    assert run(library_dsn, "before_lunch") == 1
    assert query("SELECT count(*) FROM positions") == [0]
