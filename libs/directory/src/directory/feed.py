"""Lets the live directory of a process learn what stands in the table, from its start on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any, LiteralString

import psycopg
from chassis.telemetry import Check, get_logger
from psycopg import sql
from psycopg.rows import tuple_row
from reference import Organisation, Organisations

from directory.learning import learnt
from directory.table import CHANNEL

_log = get_logger("directory")
_LOOK_EVERY = 1.0
_STALE = 15.0
_FIRST_WITHIN = 30.0
_SESSION: dict[str, Any] = {"application_name": "reftrack-directory", "connect_timeout": 5}

_PAGE: LiteralString = """
SELECT seq, org, said, suspended FROM agencies WHERE seq > %s ORDER BY seq LIMIT 1000
"""

Connection = psycopg.Connection[tuple[Any, ...]]


def _nobody(_orgs: list[str]) -> None:
    return None


class DirectoryFeed:
    """A thread with a connection of its own (`chassis.service.Startable`). `start` returns when the table was
    read once: nothing is decided by the seed alone where the registry knows better.

    `changed` is told of the offices that differ from what was known, after the directory has learnt them.
    """

    def __init__(
        self, dsn: str, organisations: Organisations, changed: Callable[[list[str]], None] = _nobody
    ) -> None:
        self._dsn = dsn
        self._organisations = organisations
        self._changed = changed
        self._seen = 0
        self._unplaced: dict[str, Organisation] = {}
        self._stopping, self._read_once = Event(), Event()
        self._read_at = time.monotonic()
        self._thread = Thread(target=self._run, name="directory", daemon=True)

    def check(self) -> Check:
        """Ready once the table was read; degraded when it cannot be read for long: then it may be out of
        date."""
        return Check("directory", ready=self._unread, degraded=self._stale)

    def start(self) -> None:
        """Begin, and wait for the first reading."""
        self._thread.start()
        self._read_once.wait(_FIRST_WITHIN)

    def stop(self, seconds: float = 5.0) -> None:
        """End."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    self._dsn, autocommit=True, row_factory=tuple_row, **_SESSION
                ) as connection:
                    self._follow(connection)
            except Exception as error:
                _log.warning("directory_unread", exc_info=error)
            self._stopping.wait(random.uniform(0.5, 1.0))

    def _follow(self, connection: Connection) -> None:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        while not self._stopping.is_set():
            while self._take_in(connection):
                pass
            self._read_at = time.monotonic()
            self._read_once.set()
            # To its end: a generator that is left half-way keeps the connection locked.
            list(connection.notifies(timeout=_LOOK_EVERY, stop_after=1))

    def _take_in(self, connection: Connection) -> bool:
        """Learn the next rows; whether there were any."""
        rows = connection.execute(_PAGE, (self._seen,), prepare=True).fetchall()
        found = [one for _, org, said, suspended in rows if (one := _understood(org, said, suspended))]
        changed = self._organisations.learn(self._placed(found))
        self._seen = rows[-1][0] if rows else self._seen
        if changed:
            _log.info("directory_changed", count=len(changed))
            self._changed(changed)
        return bool(rows)

    def _placed(self, found: list[Organisation]) -> list[Organisation]:
        """Those whose unit is known by now. The others are asked again at every look: an office of a unit
        that a decree made may be told of before the decree is, and keeps nobody else from being known."""
        known = self._organisations.can_place
        asked = self._unplaced | {one.id: one for one in found}
        self._unplaced = {org: one for org, one in asked.items() if not known(one)}
        for one in found:
            if one.id in self._unplaced:
                _log.warning("office_of_unknown_unit", org=one.id)
        return [one for org, one in asked.items() if org not in self._unplaced]

    def _unread(self) -> str | None:
        return None if self._read_once.is_set() else "the registry was not read yet"

    def _stale(self) -> str | None:
        silent = time.monotonic() - self._read_at
        return f"not read for {silent:.0f} s" if silent > _STALE else None


def _understood(org: str, said: dict[str, Any], suspended: str | None) -> Organisation | None:
    """What a row says; one that this version cannot read leaves the office as it was known."""
    try:
        return learnt(said, suspended)
    except (ValueError, KeyError) as error:
        _log.error("office_not_understood", org=org, exc_info=error)
        return None
