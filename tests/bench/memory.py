"""`python -m tests.bench.memory [--events N] [--steps N] [--write]`: resident memory of the services while
agencies' events go through all of them; `--write` puts the table into docs/memory.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
from reftrack_local import LocalRuntime
from rich.console import Console

from tests.bench.agency_feed import TOPIC, fill, posts
from tests.bench.harness import machine
from tests.bench.system import running

ROOT = Path(__file__).parents[2]
NAMES = ("intake", "referral", "followup", "reporting")
WRITERS = NAMES[:3]
MB = 1024 * 1024
PATIENCE = 1_800.0

Step = tuple[int, list[float]]
"""Agency events so far, and the megabytes of each service."""


def main() -> int:
    arguments, console = _arguments(), Console()
    steps: list[Step] = []
    with running(*NAMES) as runtime:
        for step in _steps(runtime, arguments.events, arguments.steps):
            steps.append(step)
            console.print("  ".join(_cells(step)), highlight=False)
    if arguments.write:
        (ROOT / "docs" / "memory.md").write_text(_page(steps), encoding="utf-8")
    return 0 if max(sum(sizes) for _, sizes in steps) < 1024 else 1


def _steps(runtime: LocalRuntime, events: int, steps: int) -> Iterator[Step]:
    yield 0, _sizes(runtime)
    slice_, posted = events // steps, 0
    for number in range(steps):
        fill(runtime.kafka.bootstrap, posts(slice_, seed=number))
        posted += slice_
        _await_all(runtime, posted)
        yield posted, _sizes(runtime)


def _sizes(runtime: LocalRuntime) -> list[float]:
    return [psutil.Process(runtime.services[name][0].pid).memory_info().rss / MB for name in NAMES]


def _await_all(runtime: LocalRuntime, posted: int) -> None:
    """Wait until intake has taken in all of it and every view shows it."""
    deadline = time.monotonic() + PATIENCE
    while not _is_through(runtime, posted):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{posted} events did not come through within {PATIENCE:.0f} s")
        time.sleep(0.5)


def _is_through(runtime: LocalRuntime, posted: int) -> bool:
    taken = f"SELECT coalesce(max(next_offset), 0) FROM positions WHERE topic = '{TOPIC}'"
    if _number(runtime, "intake", taken) != posted:
        return False
    recorded = "SELECT coalesce(max(notification_id), 0) FROM stored_events"
    head = sum(_number(runtime, name, recorded) for name in WRITERS)
    shown = "SELECT coalesce(min(position), 0) FROM projections WHERE slot = 'live'"
    return _number(runtime, "reporting", shown) == head


def _number(runtime: LocalRuntime, service: str, query: str) -> int:
    with psycopg.connect(runtime.dsn(service), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _cells(step: Step) -> list[str]:
    events, sizes = step
    return [f"{events:,}", *(f"{size:.0f}" for size in sizes), f"{sum(sizes):.0f}"]


def _page(steps: list[Step]) -> str:
    lines = [
        "# Memory",
        "",
        f"Written by `python -m tests.bench.memory --events {steps[-1][0]}` on "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
        "",
        "Resident memory of each service, in MB, after so many agency events passed all four: taken in,",
        "published, appended to the history, folded into every view. Bound: 1 GB together, and flat.",
        "",
        f"| agency events | {' | '.join(NAMES)} | together |",
        "|--:|" + "--:|" * (len(NAMES) + 1),
        *(f"| {' | '.join(_cells(step))} |" for step in steps),
    ]
    return "\n".join(lines) + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.memory", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
