"""Queries of RPC handlers: a pool of read-only connections, and the caller's deadline as PostgreSQL's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.sql import SQL, Composed
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from chassis.rpc.call import time_left
from chassis.rpc.errors import InvalidInput, TooLate, Unavailable, Violation

Query = LiteralString | SQL | Composed
Row = tuple[Any, ...]
T = TypeVar("T")

LONGEST_SECONDS = 30
_STEPS = (100, 250, 500, 1000, 2000, 5000, 10_000, LONGEST_SECONDS * 1000)
"""Milliseconds. Timeouts are rounded up to a step: connections are seldom told a new one."""


class Reads:
    """Reads for RPC handlers. A statement ends with its caller's deadline, or after thirty seconds.

    Raises `TooLate` when the deadline is over, `Unavailable` when no connection can be had, `InvalidInput`
    for a parameter that PostgreSQL cannot hold (a text with a NUL): nothing can be found by it.
    """

    def __init__(self, dsn: str, *, least: int = 2, most: int = 8) -> None:
        self._most = most
        self._pool: AsyncConnectionPool[Timed] = AsyncConnectionPool(
            dsn,
            connection_class=Timed,
            kwargs={"autocommit": True, "options": "-c default_transaction_read_only=on -c timezone=UTC"},
            min_size=least,
            max_size=most,
            name="reads",
            open=False,
        )

    async def open(self) -> None:
        """Connect. Waits until the least number of connections is there."""
        await self._pool.open(wait=True, timeout=LONGEST_SECONDS)

    async def close(self) -> None:
        """Disconnect."""
        await self._pool.close()

    async def all(self, query: Query, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return every row of one statement."""
        return await self._read(query, parameters, AsyncCursor.fetchall)

    async def one(self, query: Query, parameters: Sequence[Any] = ()) -> Row | None:
        """Return the first row of one statement, None if there is none."""
        return await self._read(query, parameters, AsyncCursor.fetchone)

    async def _read(
        self, query: Query, parameters: Sequence[Any], fetch: Callable[[AsyncCursor[Row]], Awaitable[T]]
    ) -> T:
        """Ask, once more for each connection that turns out to be dead: after a restart all of them are."""
        dead = 0
        while True:
            try:
                return await self._read_once(query, parameters, fetch)
            except Unavailable:
                dead += 1
                if dead > self._most:
                    raise

    async def _read_once(
        self, query: Query, parameters: Sequence[Any], fetch: Callable[[AsyncCursor[Row]], Awaitable[T]]
    ) -> T:
        """The same as `connection`, without a context of its own: this is every query's road."""
        left = _left()
        try:
            connection = await self._pool.getconn(LONGEST_SECONDS if left is None else left)
            try:
                await connection.limit_to(left)
                return await fetch(await connection.execute(query, parameters or None))
            finally:
                await self._pool.putconn(connection)
        except psycopg.DataError as error:
            raise _not_held() from error
        except psycopg.OperationalError as error:
            raise _told(error, left) from error

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncCursor[Row]]:
        """Give a cursor whose statements all see the database as it was at the first of them."""
        async with self.connection() as connection, connection.transaction(), connection.cursor() as cursor:
            await cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield cursor

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Timed]:
        """Give a connection whose statements end with the caller's deadline."""
        left = _left()
        try:
            connection = await self._pool.getconn(LONGEST_SECONDS if left is None else left)
            try:
                await connection.limit_to(left)
                yield connection
            finally:
                await self._pool.putconn(connection)
        except psycopg.DataError as error:
            raise _not_held() from error
        except psycopg.OperationalError as error:
            raise _told(error, left) from error


def _left() -> float | None:
    left = time_left()
    if left is not None and left <= 0:
        raise TooLate
    return left


def _not_held() -> InvalidInput:
    return InvalidInput([Violation("request", "not_of_form", {"form": "printable"})])


def _told(error: psycopg.OperationalError, left: float | None) -> TooLate | Unavailable:
    waited_in_vain = isinstance(error, PoolTimeout) and left is not None
    if waited_in_vain or isinstance(error, psycopg.errors.QueryCanceled):
        return TooLate()
    return Unavailable("database_away")


class Timed(AsyncConnection[Row]):
    """A connection that remembers its statement timeout, so as not to be told the same again."""

    _limit = 0

    async def limit_to(self, seconds: float | None) -> None:
        """Let a statement run for so long, rounded up, at most thirty seconds.

        A limit that is at most four times as long stays: deadlines just around a step would otherwise cost
        every call a statement of its own.
        """
        needed = _STEPS[-1] if seconds is None else min(seconds * 1000, _STEPS[-1])
        if not needed <= self._limit <= 4 * needed:
            self._limit = next(step for step in _STEPS if step >= needed)
            await self.execute(f"SET statement_timeout = {self._limit}")
