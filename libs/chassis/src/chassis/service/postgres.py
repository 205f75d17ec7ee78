"""PostgreSQL may come after us: wait for it, bring its schema up to date, notice when it goes away."""

from __future__ import annotations

import asyncio
import time

import psycopg
from psycopg import AsyncConnection

from chassis.store.migrations import migrate
from chassis.telemetry import Check, get_logger

LOG = get_logger("postgres")
LONGEST_PAUSE = 5.0
LOOK_EVERY = 2.0
AWAY_SECONDS = 5.0


async def prepare(dsn: str, package: str) -> None:
    """Wait until the database answers, for ever, then apply the chassis' migrations and the package's own.

    Raises `MigrationChanged`. A server that goes away in the middle is waited for again.
    """
    pause = 0.1
    while True:
        try:
            for name in await asyncio.to_thread(migrate, dsn, package):
                LOG.info("migration_applied", migration=name)
            return
        except psycopg.OperationalError as error:
            LOG.warning("postgres_awaited", retry_in=pause, exc_info=error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


class Pulse:
    """Asks the database every two seconds whether it is there. Not ready when it has been silent for five."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._answered_at = time.monotonic()

    def check(self) -> Check:
        """Ready while the database answers."""
        return Check("postgres", ready=self._silent)

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            try:
                await self._ask()
            except (psycopg.OperationalError, TimeoutError):
                LOG.warning("postgres_silent", seconds=round(time.monotonic() - self._answered_at))
            await asyncio.sleep(LOOK_EVERY)

    async def _ask(self) -> None:
        """Keep one connection and ask over it, as long as it holds."""
        async with asyncio.timeout(AWAY_SECONDS):
            connection = await AsyncConnection.connect(self._dsn, autocommit=True)
        async with connection:
            while True:
                async with asyncio.timeout(AWAY_SECONDS):
                    await connection.execute("SELECT 1")
                self._answered_at = time.monotonic()
                await asyncio.sleep(LOOK_EVERY)

    def _silent(self) -> str | None:
        silent = time.monotonic() - self._answered_at
        return f"no answer for {silent:.0f} s" if silent > AWAY_SECONDS + LOOK_EVERY else None
