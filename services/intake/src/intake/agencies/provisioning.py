"""What the registry decided comes about on Kafka: topics, rights, credentials; tried until it is done.

One instance works at a time (an advisory lock of PostgreSQL), always by what the registry says at that
moment: whatever order suspensions and registrations come in, Kafka ends where the registry ends.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any, LiteralString, NamedTuple, TypeVar

import psycopg
from chassis.clock import Clock
from chassis.telemetry import Check, get_logger
from directory.on_kafka import Right
from directory.table import CHANNEL
from kafka.errors import KafkaError
from psycopg import sql
from psycopg.rows import tuple_row

from intake.agencies.kafka_access import KafkaAccess, KafkaRefused

_log = get_logger("agencies")
_LOOK_EVERY = 2.0
_LONGEST_PAUSE = 30.0
_SESSION: dict[str, Any] = {"application_name": "reftrack-agencies", "connect_timeout": 5}
_FROZEN = "-c idle_session_timeout=60000"
"""PostgreSQL ends the session of an instance that froze with the lock in hand."""

_LOCK = "SELECT pg_advisory_lock(hashtextextended('reftrack.agency_access', 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended('reftrack.agency_access', 0))"
_BEHIND: LiteralString = """
SELECT a.org FROM agencies AS a LEFT JOIN agency_access AS k USING (org)
WHERE coalesce(k.version, 0) < a.version ORDER BY a.seq LIMIT 100
"""
_STATE: LiteralString = "SELECT version, suspended FROM agencies WHERE org = %s"
_DONE: LiteralString = """
INSERT INTO agency_access (org, version, tried_at, problem) VALUES (%(org)s, %(version)s, %(at)s, %(problem)s)
ON CONFLICT (org) DO UPDATE SET version = greatest(agency_access.version, excluded.version),
    tried_at = excluded.tried_at, problem = excluded.problem
"""

_KNOWN: LiteralString = """
SELECT org, a.suspended IS NOT NULL FROM agencies AS a FULL JOIN agency_access AS k USING (org)
WHERE k.org IS NOT NULL
"""
"""Offices that were let in (or shut out) before, those of the reference data too."""

_FOUND: LiteralString = """
INSERT INTO seed_looked_after AS s (org, problem)
SELECT org, %(problem)s::text FROM unnest(%(orgs)s::text[]) AS org
ON CONFLICT (org) DO UPDATE SET problem = excluded.problem WHERE s.problem IS DISTINCT FROM excluded.problem
"""

T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]


class Provided(NamedTuple):
    """What came of it: the password if one was set; else why not, a code of the catalogue."""

    password: str | None
    problem: str | None


class Provisioner:
    """A thread (`chassis.service.Startable`) for what is behind; `renew` for who asks for a password now.

    `ready` is told of an office whose topics and rights are there. Now and then, and at start, it looks
    whether Kafka still has the topics and rights of every office, those of the reference data (`seed`) too:
    what was lost there, or never made, is made.
    """

    def __init__(
        self,
        dsn: str,
        access: KafkaAccess,
        clock: Clock,
        ready: Callable[[str], None] = lambda _org: None,
        *,
        seed: Callable[[], Iterable[str]] = tuple,
        look_after_every: float = 300.0,
    ) -> None:
        self._dsn = dsn
        self._access = access
        self._clock = clock
        self._ready = ready
        self._seed = seed
        self._look_after_every = look_after_every
        self._looks_at = time.monotonic()
        self._trouble: str | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="agencies", daemon=True)

    def check(self) -> Check:
        """Degraded while Kafka is not as the registry wants it."""
        return Check("agencies", degraded=lambda: self._trouble)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End after the office in hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def follow(self, org: str) -> str | None:
        """Bring an office's access up to date now; why not, if it cannot be. Blocks as `renew`."""
        return self._bring_up_to_date(org)

    def renew(self, org: str) -> Provided:
        """Bring an office's access up to date and give it a new password; blocks some hundred ms, and up to
        some seconds while Kafka is away. A suspended one gets none."""
        if not self._access.secured:
            return Provided(None, self._bring_up_to_date(org) or "no_credentials_here")
        password = secrets.token_urlsafe(32)
        problem = self._bring_up_to_date(org, password)
        return Provided(None if problem else password, problem)

    def _bring_up_to_date(self, org: str, password: str | None = None) -> str | None:
        """Why not, if Kafka could not be brought to what the registry says now. An office that only the
        reference data name is of version 0."""
        with self._alone() as connection:
            version, suspended = connection.execute(_STATE, (org,)).fetchone() or (0, None)
            if suspended and password:
                return "agency_suspended"
            problem = self._try(org, suspended is not None, password)
            self._note(connection, org, 0 if problem else version, problem)
        if problem is None:
            self._ready(org)
        return problem

    def _try(self, org: str, suspended: bool, password: str | None) -> str | None:
        if suspended:
            return self._asked(lambda: self._access.shut_out(org), org)[1]
        return self._asked(lambda: self._access.let_in(org, password), org)[1]

    def _asked(self, ask: Callable[[], T], org: str) -> tuple[T | None, str | None]:
        """What Kafka answered, or why it did not."""
        try:
            return ask(), None
        except KafkaRefused as error:
            _log.error("kafka_refused", org=org, exc_info=error)
            return None, "kafka_refused"
        except (KafkaError, OSError) as error:
            _log.warning("kafka_not_reached", org=org, exc_info=error)
            return None, "kafka_refused" if _is_a_no(error) else "kafka_away"

    def _note(self, connection: Connection, org: str, version: int, problem: str | None) -> None:
        at: datetime = self._clock.now()
        connection.execute(_DONE, {"org": org, "version": version, "at": at, "problem": problem})

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A connection that no other instance works beside; it ends with the process that holds it."""
        with psycopg.connect(
            self._dsn, autocommit=True, row_factory=tuple_row, options=_FROZEN, **_SESSION
        ) as connection:
            connection.execute(_LOCK)
            yield connection
            connection.execute(_UNLOCK)

    def _run(self) -> None:
        pause = _LOOK_EVERY
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    self._dsn, autocommit=True, row_factory=tuple_row, **_SESSION
                ) as connection:
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self._work(connection)
            except Exception as error:
                self._trouble = f"failed: {type(error).__name__}"
                _log.error("provisioning_interrupted", exc_info=error)
            self._stopping.wait(random.uniform(0.5, 1.0) * pause)

    def _work(self, connection: Connection) -> None:
        pause = _LOOK_EVERY
        while not self._stopping.is_set():
            behind = [row[0] for row in connection.execute(_BEHIND, prepare=True)]
            problems = {problem for org in behind if (problem := self._next(org)) is not None}
            if time.monotonic() >= self._looks_at:
                problems |= self._look_after(connection)
            self._trouble = f"not as the registry wants: {', '.join(sorted(problems))}" if problems else None
            pause = min(pause * 2, _LONGEST_PAUSE) if problems else _LOOK_EVERY
            self._wait(connection, pause)

    def _look_after(self, connection: Connection) -> set[str]:
        """Make what is not there any more; why not, where it cannot be: then it looks again soon."""
        lacking, problem = self._asked(lambda: self._access.lacking(self._wanted(connection)), "")
        own = "seed_not_let_in" if self._access.secured else None
        connection.execute(_FOUND, {"orgs": sorted(self._seed()), "problem": problem or own})
        if problem is not None:
            return {problem}
        for org in lacking or ():
            _log.warning("agency_access_lost", org=org)
        problems = {problem for org in lacking or () if (problem := self._next(org)) is not None}
        if not problems:
            self._looks_at = time.monotonic() + self._look_after_every
        return problems

    def _wanted(self, connection: Connection) -> dict[str, tuple[Right, ...]]:
        """The rights of each office that the registry or the reference data name."""
        known: dict[str, bool] = dict(connection.execute(_KNOWN, prepare=True).fetchall())
        return {
            org: self._access.wanted(org, known=org in known, suspended=known.get(org, False))
            for org in dict.fromkeys((*self._seed(), *known))
        }

    def _next(self, org: str) -> str | None:
        return None if self._stopping.is_set() else self._bring_up_to_date(org)

    def _wait(self, connection: Connection, seconds: float) -> None:
        """Until the registry changes, at most so long, and not beyond a stop."""
        until = time.monotonic() + seconds
        while not self._stopping.is_set() and time.monotonic() < until:
            # To its end: a generator that is left half-way keeps the connection locked.
            if list(connection.notifies(timeout=min(1.0, seconds), stop_after=1)):
                return


def _is_a_no(error: BaseException) -> bool:
    """Whether Kafka answered; otherwise it was not reached."""
    return "Authorization" in type(error).__name__ or "Security" in type(error).__name__
