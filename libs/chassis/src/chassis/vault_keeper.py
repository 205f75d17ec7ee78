"""Looks after the vault of a running service: takes up new master keys, says which it holds, wraps anew."""

from __future__ import annotations

import random
import time
from threading import Event, Thread

import psycopg

from chassis import rewrapping
from chassis.masterkey import MasterKey, MasterKeyUnusable
from chassis.telemetry import Check, get_logger, metrics

LOG = get_logger("vault")
EVERY_SECONDS = 2.0
HUNG_SECONDS = 120.0
_OPTIONS = "-c timezone=UTC -c idle_in_transaction_session_timeout=20s -c lock_timeout=10s"
"""An instance that froze over a page keeps the others from its rows for so long."""

FILE_UNUSABLE = "master_key_file_unusable"
KEY_LACKING = "master_key_lacking"
"""The file is another installation's, or a line of it is gone: what the key wraps opens nowhere here."""


class VaultKeeper:
    """One thread beside the writer. Degraded while the file of keys cannot be taken up, or a page fails."""

    def __init__(
        self,
        dsn: str,
        master: MasterKey,
        instance: str,
        *,
        every_seconds: float = EVERY_SECONDS,
        page: int = rewrapping.PAGE,
    ) -> None:
        self._dsn = dsn
        self._master = master
        self._instance = instance
        self._every = every_seconds
        self._page = page
        self._trouble = ""
        self._failed: str | None = None
        self._seen_at = time.monotonic()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="vault", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End after the page in hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def check(self) -> Check:
        """Degraded by what somebody has to mend; alive while the thread turns."""
        return Check("vault", live=self._hangs, degraded=lambda: self._trouble or self._failed)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    self._dsn, autocommit=True, connect_timeout=5, options=_OPTIONS,
                    application_name="reftrack-vault",
                ) as connection:  # fmt: skip
                    self._serve(connection)
            except Exception as error:
                self._failed = f"failed: {type(error).__name__}"
                LOG.error("vault_interrupted", exc_info=error)
                self._seen_at = time.monotonic()
                self._stopping.wait(self._every * random.uniform(0.5, 1.5))

    def _serve(self, connection: psycopg.Connection) -> None:
        rewrapping.adopt(connection, self._master)
        while not self._stopping.is_set():
            self._seen_at = time.monotonic()
            self._look(connection)
            self._failed = None
            self._stopping.wait(self._every)
        rewrapping.say_goodbye(connection, self._instance)

    def _look(self, connection: psycopg.Connection) -> None:
        self._take_up(connection)
        rewrapping.say_held(connection, self._instance, self._master, self._trouble)
        while not self._stopping.is_set():
            done = rewrapping.rewrap_page(connection, self._master, self._page)
            if not done:
                break
            metrics.REWRAPPED.inc(done)
            self._seen_at = time.monotonic()
            rewrapping.say_held(connection, self._instance, self._master, self._trouble)
        rewrapping.finish(connection)

    def _take_up(self, connection: psycopg.Connection) -> None:
        before, needed = self._trouble, rewrapping.needed(connection)
        try:
            self._master.reload(needed)
        except MasterKeyUnusable as unusable:
            if before != FILE_UNUSABLE:
                LOG.error("master_key_not_taken_up", exc_info=unusable)
            self._trouble = FILE_UNUSABLE
            return
        lacking = needed.difference(self._master.key_ids)
        if lacking and before != KEY_LACKING:
            LOG.error("master_key_lacking", key_id=min(lacking))
        self._trouble = KEY_LACKING if lacking else ""

    def _hangs(self) -> str | None:
        silent = time.monotonic() - self._seen_at
        return "hangs" if self._thread.is_alive() and silent > HUNG_SECONDS else None
