"""How a benchmark is measured: ours and a bare counterpart in one run, in turns, the median of the rounds."""

from __future__ import annotations

import gc
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

NUMBERS = frozenset({"ours", "beside", "ratio", "at least"})
Figures = dict[str, float]
"""What one round gave: a figure for each name (one name for most works, p50 and p99 for a latency)."""


@dataclass(frozen=True)
class Pair:
    """The two sides of one comparison; each call does the work once and returns its figures."""

    ours: Callable[[], Figures]
    beside: Callable[[], Figures]


@dataclass(frozen=True)
class Work:
    """One row of the table: what is measured, against what, and the ratio it must reach.

    With `less_is_better` (times) the ratio is beside ÷ ours, so that more is always better.
    """

    name: str
    against: str
    unit: str
    at_least: float
    setup: Callable[[Servers], AbstractContextManager[Pair]]
    less_is_better: bool = False
    rounds: int = 5


@dataclass(frozen=True)
class Servers:
    """Where the real servers are; `scale` below 1 makes the short form."""

    postgres_dsn: str
    kafka_bootstrap: str
    scale: float = 1.0

    def count(self, full: int) -> int:
        return max(int(full * self.scale), 1)


@dataclass(frozen=True)
class Row:
    name: str
    ours: float
    beside: float
    unit: str
    ratio: float
    at_least: float

    def cells(self) -> tuple[str, ...]:
        """Name, ours, beside, unit, ratio and its bound, as people read them."""
        figures = (
            f"{self.ours:,.1f}",
            f"{self.beside:,.1f}",
            self.unit,
            f"{self.ratio:.2f}",
            f"{self.at_least}",
        )
        return self.name, *figures

    @property
    def reached(self) -> bool:
        return self.ratio >= self.at_least


def measure(work: Work, servers: Servers) -> Iterator[Row]:
    """Run one work in interleaved rounds, one unmeasured first, and give a row for each of its figures.

    The short form is a single round.
    """
    ours: list[Figures] = []
    beside: list[Figures] = []
    turns = range(work.rounds + 1) if servers.scale >= 1 else range(1, 2)
    with work.setup(servers) as pair:
        for turn in turns:
            sides = [(pair.ours, ours), (pair.beside, beside)]
            for run, kept in sides if turn % 2 else reversed(sides):
                gc.collect()
                figures = run()
                if turn:
                    kept.append(figures)
    for figure in ours[0]:
        name = f"{work.name}, {figure}" if len(ours[0]) > 1 else work.name
        yield _row(work, name, [one[figure] for one in ours], [one[figure] for one in beside])


def _row(work: Work, name: str, ours: list[float], beside: list[float]) -> Row:
    """The medians, and the median of the rounds' own ratios: whatever else the machine does meanwhile, both
    sides of a round meet much the same of it."""
    pairs = zip(ours, beside, strict=True)
    ratio = statistics.median(them / us if work.less_is_better else us / them for us, them in pairs)
    us, them = statistics.median(ours), statistics.median(beside)
    return Row(name, round(us, 3), round(them, 3), work.unit, round(ratio, 3), work.at_least)


def show(rows: list[Row], against: dict[str, str], console: Console) -> None:
    table = Table(title="reftrack against its bare counterparts")
    for heading in ("work", "ours", "beside", "unit", "ratio", "at least", ""):
        table.add_column(heading, justify="right" if heading in NUMBERS else "left")
    for row in rows:
        mark = "[green]reached[/]" if row.reached else "[red]not reached[/]"
        table.add_row(*row.cells(), mark)
    console.print(table)
    for name, beside in against.items():
        console.print(f"[dim]{name}: beside is {beside}[/]")


def write(
    rows: list[Row],
    against: dict[str, str],
    shown: list[str],
    sections: dict[str, list[str]],
    *,
    json_path: Path,
    page: Path,
) -> None:
    """Write `bench.json` and the page, with the machine and the date; `shown` are plain figures,
    `sections` the lines of Markdown that follow under each heading.
    """
    json_path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n", encoding="utf-8")
    page.write_text(_page(rows, against, shown, sections), encoding="utf-8")


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        cpu = models[0] if models else cpu
    system = f"{platform.system()} {platform.release()}"
    load = f"load average {os.getloadavg()[2]:.1f} in the last 15 minutes"
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, {system}, {load}"


def _page(rows: list[Row], against: dict[str, str], shown: list[str], sections: dict[str, list[str]]) -> str:
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine()}.",
        "",
        "Each work and its bare counterpart ran in the same run, in turns; a figure is the median of rounds,",
        "a ratio the median of the rounds' own ratios. For a time it is beside ÷ ours: more is always",
        "better. Trust ratios, not figures.",
        "",
        "| work | ours | beside | unit | ratio | at least | |",
        "|---|--:|--:|---|--:|--:|---|",
    ]
    lines += [
        f"| {' | '.join(row.cells())} | {'reached' if row.reached else '**not reached**'} |" for row in rows
    ]
    lines += ["", "What stands beside:", ""]
    lines += [f"- *{name}*: {beside}" for name, beside in against.items()]
    lines += ["", "Also:", "", *(f"- {one}" for one in shown)]
    for heading, told in sections.items():
        lines += ["", f"## {heading}", "", *told]
    return "\n".join(lines) + "\n"
