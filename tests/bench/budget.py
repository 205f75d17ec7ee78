"""Where the time of intake's batches goes: what each step costs Python, and what it waits for."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from chassis.store import migrations
from chassis.store.batch import Batch
from chassis.store.unit_of_work import UnitOfWork
from intake.application.decider import IntakeDecider

from tests.bench.agency_feed import fill, posts
from tests.bench.apart import apart_on_a_loop
from tests.bench.databases import database
from tests.bench.harness import Servers
from tests.bench.intake import take_in

EVENTS = 20_000
HEADING = "Where intake's time goes"
BOUND = (
    "One process of CPython runs Python on one core: it cannot be faster than the first column together,",
    "whatever PostgreSQL does. The next batch is read while PostgreSQL commits this one; what is left of",
    "waiting is in *look up* and in the fsync. Nothing in the first column stands out any more: about a",
    "hundred calls an event, the dearest a few µs each (the schema's check of what came and of the envelope,",
    "the two serialisations of what is stored). The bare loop's own share (poll, schema, one row) is in it.",
)
READ, PREPARE, DECIDE, ENCODE, COMMIT = "foresee", "prepare", "decide", "collect", "commit"
_WHERE: dict[str, type] = {
    READ: IntakeDecider, PREPARE: IntakeDecider, DECIDE: Batch, ENCODE: UnitOfWork, COMMIT: Batch,
}  # fmt: skip


@dataclass(frozen=True)
class Spent:
    """Seconds: by the clock, and of this thread's processor."""

    wall: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.cpu - other.cpu)


def budget(servers: Servers) -> list[str]:
    """A table for people, in microseconds an event; from one run that measures itself."""
    fill(servers.kafka_bootstrap, posts(EVENTS))
    with database(servers.postgres_dsn) as dsn, tempfile.TemporaryDirectory() as folder:
        migrations.migrate(dsn, "intake")
        wall, cpu, spent = apart_on_a_loop(_measured, dsn, servers.kafka_bootstrap, folder)
    return _table(wall, cpu, spent)


async def _measured(dsn: str, bootstrap: str, folder: str) -> tuple[float, float, dict[str, Spent]]:
    spent = {step: Spent() for step in _WHERE}
    for step, cls in _WHERE.items():
        setattr(cls, step, _timed(getattr(cls, step), step, spent))
    wall, cpu = await take_in(dsn, bootstrap, folder, EVENTS)
    return wall, cpu, spent


def _timed(method: Callable[..., Any], step: str, spent: dict[str, Spent]) -> Callable[..., Any]:
    @wraps(method)
    def timed(*given: Any, **named: Any) -> Any:
        began = Spent(time.perf_counter(), time.thread_time())
        try:
            return method(*given, **named)
        finally:
            spent[step] += Spent(time.perf_counter(), time.thread_time()) - began

    return timed


def _table(wall: float, cpu: float, spent: dict[str, Spent]) -> list[str]:
    decide = spent[DECIDE] - spent[PREPARE] - spent[ENCODE]
    commit = spent[COMMIT] - spent[READ]
    rest = Spent(wall, cpu) - spent[DECIDE] - spent[COMMIT]
    rows = {
        "poll: aiokafka, FastStream, records of ours (event loop)": rest,
        "look up: what the batch needs to know, in bulk": spent[PREPARE],
        "decide: admit, match, record, verdict, receipt": decide,
        "encode: events to the bytes stored and published": spent[ENCODE],
        "commit: arrays, one transaction, its fsync": commit,
        "read: attributes, schema, hashes; of the next batch, while PostgreSQL commits": spent[READ],
    }
    lines = ["| step | Python, µs an event | by the clock |", "|---|--:|--:|"]
    lines += [f"| {name} | {_each(one.cpu)} | {_each(one.wall)} |" for name, one in rows.items()]
    return [*lines, f"| together | {_each(cpu)} | {_each(wall)} |", "", *BOUND]


def _each(seconds: float) -> str:
    return f"{seconds / EVENTS * 1e6:.1f}"
