"""Queries of handlers: read only, as of one moment, with a deadline, through a restart of PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing

import psycopg
import pytest
from chassis.refusal import Refusal
from chassis.rpc.call import NOBODY, Call, enter
from chassis.rpc.errors import TooLate, Unavailable
from chassis.rpc.reads import Reads
from chassis.rpc.watch import Bell, follow

END_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s
"""


@pytest.fixture
async def reads(postgres_dsn: str) -> AsyncIterator[Reads]:
    found = Reads(postgres_dsn)
    await found.open()
    yield found
    await found.close()


@pytest.fixture
def notes(postgres_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE notes (seq bigint GENERATED ALWAYS AS IDENTITY, text text)")
        yield connection


def write(notes: psycopg.Connection, *texts: str) -> None:
    with notes.transaction():
        for text in texts:
            notes.execute("INSERT INTO notes (text) VALUES (%s)", (text,))
        notes.execute("NOTIFY notes")


def in_a_call(seconds: float) -> None:
    enter(Call("m", NOBODY, "", "", time.monotonic() + seconds))


async def test_a_read_cannot_write(reads: Reads, notes: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        await reads.all("INSERT INTO notes (text) VALUES ('x') RETURNING seq")


async def test_statements_of_a_snapshot_see_one_moment(reads: Reads, notes: psycopg.Connection) -> None:
    write(notes, "before")
    async with reads.snapshot() as cursor:
        assert await (await cursor.execute("SELECT count(*) FROM notes")).fetchone() == (1,)
        write(notes, "meanwhile")
        assert await (await cursor.execute("SELECT count(*) FROM notes")).fetchone() == (1,)
    assert await reads.one("SELECT count(*) FROM notes") == (2,)


async def test_a_statement_ends_with_the_deadline_even_if_nobody_cancels_it(reads: Reads) -> None:
    in_a_call(0.2)
    began = time.monotonic()
    with pytest.raises(TooLate):
        await reads.one("SELECT pg_sleep(20)")
    assert time.monotonic() - began < 5


async def test_a_call_that_has_no_time_left_asks_nothing(reads: Reads) -> None:
    in_a_call(-1)
    with pytest.raises(TooLate):
        await reads.one("SELECT 1")


async def test_a_cancelled_call_leaves_no_statement_running(reads: Reads, notes: psycopg.Connection) -> None:
    asking = asyncio.create_task(reads.one("SELECT pg_sleep(60) /* mine */"))
    running = """
        SELECT count(*) FROM pg_stat_activity
        WHERE query LIKE '%/* mine */' AND state = 'active' AND pid <> pg_backend_pid()
    """

    async def until(count: int) -> None:
        deadline = time.monotonic() + 10
        while notes.execute(running).fetchone() != (count,):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    await until(1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(0)


async def test_connections_that_died_are_replaced_unseen(reads: Reads, notes: psycopg.Connection) -> None:
    await asyncio.gather(*(reads.one("SELECT pg_sleep(0.1)") for _ in range(8)))
    notes.execute(END_ALL, ("%",))
    assert await asyncio.gather(*(reads.one("SELECT 1") for _ in range(20))) == [(1,)] * 20


async def test_a_database_that_is_away_is_a_refusal(postgres_dsn: str) -> None:
    reads = Reads("postgresql://postgres@127.0.0.1:1/nowhere")
    await reads._pool.open(wait=False)
    in_a_call(0.3)
    with pytest.raises(Refusal) as raised:
        await reads.one("SELECT 1")
    assert isinstance(raised.value, TooLate | Unavailable)
    await reads.close()


async def test_a_watch_gives_what_was_there_then_what_comes_then_goes_on_where_it_broke_off(
    reads: Reads, notes: psycopg.Connection, postgres_dsn: str
) -> None:
    async def after(seq: int, limit: int) -> Sequence[tuple[int, str]]:
        rows = await reads.all(
            "SELECT seq, text FROM notes WHERE seq > %s ORDER BY seq LIMIT %s", (seq, limit)
        )
        return [(row[0], row[1]) for row in rows]

    bell = Bell(postgres_dsn, "notes")
    ringing = asyncio.create_task(bell.run())
    write(notes, "a", "b", "c")
    async with asyncio.timeout(20):
        async with aclosing(follow(after, 0, bell, page=2, idle=60)) as watch:
            assert await anext(watch) == [(1, "a"), (2, "b")]
            assert await anext(watch) == [(3, "c")]
            coming = asyncio.ensure_future(anext(watch))
            await asyncio.sleep(0.1)
            write(notes, "d")
            assert await coming == [(4, "d")]
        write(notes, "e")
        async with aclosing(follow(after, 4, bell, idle=60)) as watch:
            assert await anext(watch) == [(5, "e")]
            coming = asyncio.ensure_future(anext(watch))
            notes.execute(END_ALL, ("LISTEN%",))
            write(notes, "f")
            assert await coming == [(6, "f")]
    ringing.cancel()
