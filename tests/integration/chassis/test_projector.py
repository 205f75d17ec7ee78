"""What the projector promises, on real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chassis.projector import Cursor, Projector, RebuildUnderWay, View

from tests.integration.chassis.conftest import eventually
from tests.integration.chassis.tally import Lines, Number, Numbers, Tally, add, prepare, rows

Start = Callable[..., Projector]
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'reftrack-projector' AND datname = current_database()
"""
TALLY = "SELECT value, times FROM tally.tally ORDER BY value"
TRUE_TALLY = "SELECT value, count(*) FROM numbers GROUP BY value ORDER BY value"
LINES = "SELECT seq, value FROM lines.lines ORDER BY seq"
TRUE_LINES = "SELECT seq, value FROM numbers ORDER BY seq"


@pytest.fixture
def dsn(postgres_dsn: str) -> str:
    prepare(postgres_dsn)
    return postgres_dsn


@pytest.fixture
def start(dsn: str) -> Iterator[Start]:
    started: list[Projector] = []

    def begin(*views: View, **options: Any) -> Projector:
        projector = Projector(dsn, Numbers(), views or (Tally(), Lines()), **options)
        projector.start()
        started.append(projector)
        return projector

    yield begin
    for projector in started:
        projector.stop()


def equal(dsn: str) -> bool:
    return rows(dsn, TALLY) == rows(dsn, TRUE_TALLY) and equal_lines(dsn)


def equal_lines(dsn: str) -> bool:
    return rows(dsn, LINES) == rows(dsn, TRUE_LINES)


async def test_views_come_to_the_end_of_the_history_and_stay_there(dsn: str, start: Start) -> None:
    add(dsn, 2_345)
    projector = start(page=500)
    await eventually(lambda: projector.positions() == {"tally": 2_345, "lines": 2_345})
    add(dsn, 1)
    async with asyncio.timeout(30):
        await projector.wait_for("lines", 2_346)
        await projector.wait_for("tally", 2_346)
    assert equal(dsn)
    assert projector.check().ready() is None


async def test_a_view_is_told_at_once_of_what_was_committed(dsn: str, start: Start) -> None:
    projector = start(poll_seconds=3.0)
    await eventually(lambda: projector.check().ready() is None)
    add(dsn, 1)
    await eventually(lambda: projector.positions().get("lines") == 1)
    waits = []
    for number in range(2, 12):
        began = time.perf_counter()
        add(dsn, 1)
        async with asyncio.timeout(30):
            await projector.wait_for("lines", number)
        waits.append(time.perf_counter() - began)
    assert sorted(waits)[5] < 0.25


async def test_views_that_keep_up_move_in_one_transaction(dsn: str, start: Start) -> None:
    projector = start(poll_seconds=3.0)
    await eventually(lambda: projector.positions() == {"tally": 0, "lines": 0})
    add(dsn, 10)
    await eventually(lambda: projector.positions() == {"tally": 10, "lines": 10})
    assert rows(dsn, "SELECT count(DISTINCT xmin::text) FROM projections") == [(1,)]
    assert equal(dsn)


async def test_a_view_that_breaks_does_not_hold_up_those_it_kept_up_with(dsn: str, start: Start) -> None:
    projector = start(Tally(broken_at=15), Lines(), poll_seconds=3.0)
    await eventually(lambda: projector.positions() == {"tally": 0, "lines": 0})
    for _ in range(3):
        add(dsn, 10)
        await eventually(lambda: equal_lines(dsn) and projector.positions()["lines"] == len(rows(dsn, LINES)))
    assert projector.check().degraded() == "view tally stopped: ValueError"
    assert projector.positions() == {"tally": 10, "lines": 30}


async def test_two_instances_share_the_work_and_double_nothing(dsn: str, start: Start) -> None:
    start(page=20)
    start(page=20)
    for _ in range(20):
        add(dsn, 100)
        await asyncio.sleep(0.01)
    await eventually(lambda: equal(dsn) and len(rows(dsn, LINES)) == 2_000)


async def test_killed_in_the_middle_of_a_page_nothing_is_lost_or_doubled(dsn: str, start: Start) -> None:
    add(dsn, 1_000)
    environment = {**os.environ, "REFTRACK_CRASH_AT": "projection_mid_page:8"}
    program = Path(__file__).with_name("tally.py")
    killed = await asyncio.create_subprocess_exec(sys.executable, str(program), dsn, env=environment)
    async with asyncio.timeout(30):
        assert await killed.wait() == -signal.SIGKILL
    folded = len(rows(dsn, LINES))
    assert 0 < folded < 1_000
    assert folded % 100 == 0
    projector = start()
    await eventually(lambda: projector.positions() == {"tally": 1_000, "lines": 1_000})
    assert equal(dsn)


async def test_a_rebuilt_view_equals_the_live_one_and_takes_its_place(dsn: str, start: Start) -> None:
    add(dsn, 5_000)
    projector = start()
    await eventually(lambda: projector.positions() == {"tally": 5_000, "lines": 5_000})
    rebuilt = await asyncio.to_thread(projector.rebuild, "tally")
    assert rebuilt.differences == ()
    assert [(table.table, table.live_rows, table.rebuilt_rows) for table in rebuilt.tables] == [
        ("tally", 101, 101)
    ]
    add(dsn, 10)
    await eventually(lambda: projector.positions() == {"tally": 5_010, "lines": 5_010})
    assert equal(dsn)
    schemas = rows(dsn, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tally%'")
    assert schemas == [("tally",)]


async def test_a_rebuild_goes_on_while_the_history_grows(dsn: str, start: Start) -> None:
    add(dsn, 20_000)
    projector = start()
    await eventually(lambda: projector.positions().get("lines") == 20_000)
    rebuilding = asyncio.create_task(asyncio.to_thread(projector.rebuild, "lines"))
    while not rebuilding.done():
        add(dsn, 50)
        await asyncio.sleep(0.01)
    assert rebuilding.result().differences == ()
    await eventually(lambda: equal(dsn))


async def test_a_rebuild_tells_where_the_live_view_was_wrong_and_heals_it(dsn: str, start: Start) -> None:
    add(dsn, 1_000)
    projector = start()
    await eventually(lambda: projector.positions() == {"tally": 1_000, "lines": 1_000})
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE tally.tally SET times = times + 1 WHERE value = 7")
    rebuilt = await asyncio.to_thread(projector.rebuild, "tally")
    assert [table.table for table in rebuilt.differences] == ["tally"]
    assert equal(dsn)


async def test_readers_find_the_view_under_its_name_all_the_time(dsn: str, start: Start) -> None:
    add(dsn, 3_000)
    projector = start()
    await eventually(lambda: projector.positions() == {"tally": 3_000, "lines": 3_000})
    with psycopg.connect(dsn, autocommit=True) as reader:
        rebuilding = asyncio.create_task(asyncio.to_thread(projector.rebuild, "lines"))
        counts = set()
        while not rebuilding.done():
            counts.add(await asyncio.to_thread(_count, reader))
        counts.add(_count(reader))
    rebuilding.result()
    assert counts == {3_000}


def _count(reader: psycopg.Connection[Any]) -> int:
    row = reader.execute("SELECT count(*) FROM lines.lines", prepare=True).fetchone()
    assert row is not None
    return int(row[0])


async def test_only_one_rebuilds_a_view_at_a_time(dsn: str, start: Start) -> None:
    projector = start()
    await eventually(lambda: projector.check().ready() is None)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('rebuild.tally', 0))")
        with pytest.raises(RebuildUnderWay):
            await asyncio.to_thread(projector.rebuild, "tally")


async def test_a_newer_version_is_built_beside_and_switched_to(dsn: str, start: Start) -> None:
    add(dsn, 1_000)
    older = start(Tally(version=1))
    await eventually(lambda: older.positions() == {"tally": 1_000})
    newer = start(Tally(version=2))
    await eventually(lambda: rows(dsn, "SELECT version FROM projections WHERE view = 'tally'") == [(2,)])
    add(dsn, 10)
    await eventually(lambda: rows(dsn, TALLY) == rows(dsn, TRUE_TALLY))
    await eventually(lambda: not newer.of_other_version() and bool(older.of_other_version()))
    assert older.check().ready() == "view tally is of version 2, not 1: update this instance"
    assert (older.of_other_version(), newer.of_other_version()) == (["tally"], [])


async def test_an_instance_takes_over_a_view_that_another_one_did_not_build_to_its_end(
    dsn: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.projector.projector._LOOK_AGAIN", 0.1)
    older = start(Tally(version=1))
    await eventually(lambda: older.check().ready() is None)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('rebuild.tally', 0))")
        newer = start(Tally(version=2))
        await eventually(lambda: newer.check().ready() == "view tally is of version 1, not 2: rebuilding")
    await eventually(lambda: newer.check().ready() is None)


class CutOnce(Tally):
    """Loses its connection the first time that it folds."""

    cut = False

    def fold(self, cursor: Cursor, page: Sequence[Number]) -> None:
        if not self.cut:
            self.cut = True
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        super().fold(cursor, page)


async def test_a_newer_version_is_built_in_the_end_though_the_connection_is_lost_meanwhile(
    dsn: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.projector.projector._LOOK_AGAIN", 0.1)
    add(dsn, 1_000)
    older = start(Tally(version=1))
    await eventually(lambda: older.positions() == {"tally": 1_000})
    older.stop()
    newer = start(CutOnce(version=2))
    await eventually(lambda: newer.check().ready() is None)
    assert newer.check().degraded() is None
    assert rows(dsn, TALLY) == rows(dsn, TRUE_TALLY)


async def test_a_view_that_breaks_stops_loudly_and_the_others_go_on(
    dsn: str, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    from chassis.telemetry import configure

    configure(service="test", instance="1")
    add(dsn, 1_000)
    projector = start(Tally(broken_at=500), Lines(), page=100)
    await eventually(lambda: projector.positions().get("lines") == 1_000)
    await eventually(lambda: projector.check().degraded())
    assert projector.check().degraded() == "view tally stopped: ValueError"
    assert projector.check().ready() is None
    assert projector.positions()["tally"] == 400
    said = capsys.readouterr().out
    assert "view_stopped" in said
    assert "Canary" not in said


async def test_a_lost_database_connection_is_taken_up_again(dsn: str, start: Start) -> None:
    add(dsn, 100)
    projector = start()
    await eventually(lambda: projector.positions().get("lines") == 100)
    assert rows(dsn, CUT) == [(True,)]
    add(dsn, 100)
    await eventually(lambda: projector.positions() == {"tally": 200, "lines": 200})
    assert equal(dsn)
    await eventually(lambda: projector.check().ready() is None)
