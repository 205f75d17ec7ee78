"""A view of reporting built again from the history, beside the library's own projection runner."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
from chassis.projector.fold import fold_next
from chassis.projector.pages import Pages
from chassis.projector.place import connect, establish_if_missing
from chassis.projector.rebuild import rebuild
from chassis.store import migrations
from reporting.history import History
from reporting.views import CasesView

from tests.bench.apart import apart
from tests.bench.databases import database
from tests.bench.harness import Figures, Pair, Servers, Work
from tests.bench.library_projection import project, record
from tests.bench.told import tell_pathways

VIEW = CasesView()


@contextmanager
def setup(servers: Servers) -> Iterator[Pair]:
    with database(servers.postgres_dsn) as ours, database(servers.postgres_dsn) as theirs:
        migrations.migrate(ours, "reporting")
        events = tell_pathways(ours, servers.count(3_000))
        _bring_to_the_end(ours)
        few = servers.count(3_000)
        record(theirs, _told(ours, few))
        yield Pair(partial(_ours, ours, events), partial(_beside, theirs, few))


def _bring_to_the_end(dsn: str) -> None:
    pages = Pages(History(), 1_000)
    with connect(dsn) as connection:
        establish_if_missing(connection, VIEW)
        while fold_next(connection, VIEW, "live", pages, wait=True) is not None:
            pass
        connection.execute("VACUUM ANALYZE")


def _told(dsn: str, few: int) -> list[Any]:
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        return list(History().read(connection, 0, few))


def _ours(dsn: str, events: int) -> Figures:
    return {"events": events / apart(_rebuild, dsn)}


def _rebuild(dsn: str) -> float:
    """Seconds for the new tables, the comparison with the live ones, and the switch."""
    started = time.perf_counter()
    done = rebuild(dsn, History(), VIEW)
    assert not done.differences
    return time.perf_counter() - started


def _beside(dsn: str, events: int) -> Figures:
    return {"events": events / apart(project, dsn, events)}


REBUILD = Work(
    name="projection rebuild",
    against="eventsourcing's ProjectionRunner with its PostgreSQL recorders and transcoder, on a history of "
    "the same events: the same table of cases, read, folded by the same function and written back, a commit "
    "an event. Ours is the whole rebuild of the view `cases` (five tables), comparison and switch included",
    unit="events/s",
    at_least=15,
    setup=setup,
)
