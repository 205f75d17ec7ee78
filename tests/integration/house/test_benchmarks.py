"""`make bench` in seconds: each benchmark does a little of its work on both sides, so it still can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import pytest
from reftrack_local import LocalRuntime, Wanted
from reftrack_local.services import SERVICES

from tests.bench import apart, commands, reads, relay, works
from tests.bench.commands import COMMAND
from tests.bench.harness import Servers, Work, measure
from tests.bench.latency import LATENCY
from tests.bench.reads import READ

pytestmark = pytest.mark.timeout(240)

SCALE = 0.002
ASKED: dict[str, ModuleType] = {READ.name: reads, COMMAND.name: commands}
"""Works that start a service themselves: here they share one system."""

IN_TURN = [READ, *(work for work in works.ALL if work not in (READ, LATENCY))]
"""What is read has to be all that reporting was told, so it comes first."""


@pytest.fixture(scope="module")
def runtime() -> Iterator[LocalRuntime]:
    services = [service for service in SERVICES if service.name in ("referral", "reporting")]
    with LocalRuntime(None, Wanted(services=services)) as runtime:
        yield runtime


def here(work: Callable[..., Any], *arguments: Any) -> Any:
    """In this process: starting one takes longer than so little work."""
    return work(*arguments)


@pytest.mark.parametrize("work", IN_TURN, ids=lambda work: work.name)
def test_both_sides_of_a_benchmark_do_their_work(
    runtime: LocalRuntime, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "apart", here)
    monkeypatch.setattr(relay, "apart", here)
    if asks := ASKED.get(work.name):
        monkeypatch.setattr(asks, "running", lambda *_names: nullcontext(runtime))
    rows = list(measure(work, Servers(runtime.postgres.dsn(), runtime.kafka.bootstrap, SCALE)))
    assert rows
    assert all(row.ours > 0 and row.beside > 0 for row in rows)


@pytest.mark.long
def test_both_sides_of_the_benchmark_of_latency_do_their_work(runtime: LocalRuntime) -> None:
    """It needs four services that nothing else was told to."""
    servers = Servers(runtime.postgres.dsn(), runtime.kafka.bootstrap, 0.05)
    assert all(row.ours > 0 and row.beside > 0 for row in measure(LATENCY, servers))
