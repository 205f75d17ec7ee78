"""The projector: one thread that keeps the live views at the end of the history."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping, Sequence
from threading import Event, Thread

import psycopg
from psycopg import sql

from chassis.projector.fold import OtherVersion, fold_next
from chassis.projector.pages import Pages
from chassis.projector.place import Place, connect, establish_if_missing, live_places
from chassis.projector.rebuild import RebuildUnderWay, Rebuilt, rebuild
from chassis.projector.together import fold_together
from chassis.projector.view import Connection, Source, View
from chassis.projector.waiting import Waiting
from chassis.telemetry import Check, get_logger, metrics

_log = get_logger("projector")
_HUNG = 120.0
_LOOK_AGAIN = 5.0
"""Seconds after which it is seen whether another instance has built a view to its end, or the database is
there again."""


class Projector:
    """Folds the history into views, page by page; the position of a view is committed with its rows.

    Two instances share the work and never fold a page twice. A view whose folding raises stops here (metric,
    `degraded`); the others go on; a rebuild with better code sets it going again. A view of a newer version
    than the live one is built beside it at start; one of an older version leaves the view to the newer
    instance. Until both are of one version this instance is not ready, and has `of_other_version`.
    """

    def __init__(
        self, dsn: str, source: Source, views: Sequence[View], *, page: int = 1_000, poll_seconds: float = 0.5
    ) -> None:
        self._dsn = dsn
        self._source = source
        self._views = {view.name: view for view in views}
        self._page = page
        self._poll_seconds = poll_seconds
        self._stopped: dict[str, str] = {}
        self._waiting = Waiting()
        self._trouble: str | None = "not started"
        self._seen_at = time.monotonic()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="projector", daemon=True)
        self._rebuilding: dict[str, Thread] = {}
        self._of_other_version: dict[str, int] | None = None

    def start(self) -> None:
        """Begin to fold."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End after the page in hand."""
        self._stopping.set()
        for thread in (self._thread, *self._rebuilding.values()):
            if thread.is_alive():
                thread.join(seconds)

    def check(self) -> Check:
        """Ready while the database answers and its views are of this software's version; degraded when a view
        stopped; alive while the thread turns."""
        return Check("projector", ready=self._not_ready, live=self._hangs, degraded=self._degraded)

    def of_other_version(self) -> Collection[str]:
        """The live views whose tables this software cannot read: of another version; all before they were
        looked at."""
        known = self._of_other_version
        return sorted(self._views if known is None else known)

    def positions(self) -> dict[str, int]:
        """Return how far each live view has come."""
        return self._waiting.positions()

    async def wait_for(self, view: str, seq: int) -> None:
        """Return when the live view holds everything up to `seq`. Bound it with `asyncio.timeout`."""
        await self._waiting.wait_for(view, seq)

    def rebuild(self, name: str) -> Rebuilt:
        """Build a view anew, compare it with the live one and switch (takes its time: not on an event loop).

        Raises `KeyError` for an unknown view, `RebuildUnderWay`, and what folding raises.
        """
        done = rebuild(self._dsn, self._source, self._views[name])
        self._stopped.pop(name, None)
        metrics.PROJECTION_STOPPED.labels(view=name).set(0)
        return done

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                with connect(self._dsn) as connection:
                    self._serve(connection)
            except Exception as error:
                failures = failures + 1 if self._trouble else 1
                self._trouble = f"cannot fold: {type(error).__name__}"
                _log.error("projector_interrupted", exc_info=error)
            self._seen_at = time.monotonic()
            self._stopping.wait(random.uniform(0.5, 1.0) * min(0.2 * 2.0**failures, 5.0))

    def _serve(self, connection: Connection) -> None:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._source.channel)))
        for view in self._views.values():
            establish_if_missing(connection, view)
        self._compare_versions(live_places(connection))
        self._trouble = None
        pages = Pages(self._source, self._page)
        while not self._stopping.is_set():
            self._seen_at = time.monotonic()
            if not self._turn(connection, pages):
                self._follow(connection)

    def _follow(self, connection: Connection) -> None:
        """All views stand at the end: fold what is told of at once, as long as they keep up together."""
        asked_at = time.monotonic()
        while not self._stopping.is_set() and time.monotonic() - asked_at < self._poll_seconds:
            if not (self._told(connection) and self._fold_together(connection)):
                return

    def _told(self, connection: Connection) -> bool:
        # To its end: a generator that is left half-way keeps the connection locked.
        return bool(list(connection.notifies(timeout=self._poll_seconds, stop_after=1)))

    def _turn(self, connection: Connection, pages: Pages) -> bool:
        """Fold the next page into every view that lacks one; returns whether any was folded."""
        places, head = live_places(connection), self._source.head(connection)
        self._compare_versions(places)
        folded = False
        for view in self._views.values():
            place = places[view.name]
            if place.version < view.version:
                self._upgrade(view)
            position = place.position
            if place.version == view.version and position < head and view.name not in self._stopped:
                reached = self._fold(connection, view, pages)
                folded |= reached is not None
                position = reached if reached is not None else position
            self._measure(view, position, head)
        return folded

    def _fold_together(self, connection: Connection) -> bool:
        """Fold what is new into all views in one transaction; if that is not to be, false: one by one."""
        began, positions = time.perf_counter(), self._waiting.positions()
        views = [view for view in self._views.values() if view.name not in self._stopped]
        position = min(positions[view.name] for view in views) if views else 0
        try:
            reached = fold_together(connection, views, self._source, position, self._page)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception:
            return False  # whose fault it is shows when they are folded one by one
        if reached is None:
            return False
        seconds = (time.perf_counter() - began) / len(views)
        for view in views:
            metrics.PROJECTION_SECONDS.labels(view=view.name).observe(seconds)
            self._measure(view, reached, reached)
        return True

    def _fold(self, connection: Connection, view: View, pages: Pages) -> int | None:
        began = time.perf_counter()
        try:
            reached = fold_next(connection, view, "live", pages, wait=False)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except OtherVersion:
            return None
        except Exception as error:
            self._stop_view(view, error)
            return None
        if reached is not None:
            metrics.PROJECTION_SECONDS.labels(view=view.name).observe(time.perf_counter() - began)
        return reached

    def _stop_view(self, view: View, error: Exception) -> None:
        self._stopped[view.name] = type(error).__name__
        metrics.PROJECTION_STOPPED.labels(view=view.name).set(1)
        _log.critical("view_stopped", view=view.name, version=view.version, exc_info=error)

    def _measure(self, view: View, position: int, head: int) -> None:
        metrics.PROJECTION_POSITION.labels(view=view.name).set(position)
        metrics.PROJECTION_LAG.labels(view=view.name).set(max(head - position, 0))
        self._waiting.reached(view.name, position)

    def _compare_versions(self, places: Mapping[str, Place]) -> None:
        versions = {name: places[name].version for name in self._views}
        self._of_other_version = {n: v for n, v in versions.items() if v != self._views[n].version}

    def _upgrade(self, view: View) -> None:
        """Build the newer version beside the live one, in a thread of its own; tried once a start, and again
        while another instance is at it or the database is away."""
        if view.name not in self._rebuilding:
            thread = Thread(target=self._rebuild_quietly, args=(view,), name="rebuild", daemon=True)
            self._rebuilding[view.name] = thread
            thread.start()

    def _rebuild_quietly(self, view: View) -> None:
        try:
            rebuild(self._dsn, self._source, view)
        except RebuildUnderWay:
            _log.info("another_instance_rebuilds", view=view.name)
            self._look_again(view)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            _log.error("rebuild_interrupted", view=view.name, exc_info=error)
            self._look_again(view)
        except Exception as error:
            self._stop_view(view, error)

    def _look_again(self, view: View) -> None:
        self._stopping.wait(_LOOK_AGAIN)
        del self._rebuilding[view.name]

    def _not_ready(self) -> str | None:
        if self._trouble or not self._of_other_version:
            return self._trouble
        return "; ".join(
            f"view {name} is of version {version}, not {self._views[name].version}: "
            + ("rebuilding" if version < self._views[name].version else "update this instance")
            for name, version in sorted(self._of_other_version.items())
        )

    def _degraded(self) -> str | None:
        if not self._stopped:
            return None
        return "; ".join(f"view {view} stopped: {why}" for view, why in sorted(self._stopped.items()))

    def _hangs(self) -> str | None:
        if self._stopping.is_set():
            return None
        if not self._thread.is_alive():
            return "the projector's thread has ended"
        return "the projector's thread hangs" if time.monotonic() - self._seen_at > _HUNG else None
