"""`python -m tests.bench [--only NAME…] [--short]`: measure, show, write docs/benchmarks.md and bench.json.

`--short` does a tenth of the work and writes nothing: it shows that each benchmark runs, not how fast we are.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reftrack_local import LocalRuntime, Wanted
from rich.console import Console

from tests.bench import works
from tests.bench.budget import HEADING, budget
from tests.bench.demo import demo
from tests.bench.harness import Row, Servers, Work, measure, show, write
from tests.bench.intake import INTAKE

ROOT = Path(__file__).parents[2]


def main() -> int:
    arguments = _arguments()
    chosen = [
        work for work in works.ALL if not arguments.only or any(part in work.name for part in arguments.only)
    ]
    console, rows = Console(), list[Row]()
    with LocalRuntime(None, Wanted(services=())) as runtime:
        scale = 0.1 if arguments.short else 1.0
        servers = Servers(runtime.postgres.dsn(), runtime.kafka.bootstrap, scale)
        for work in chosen:
            rows += _measured(work, servers, console)
        sections = {HEADING: budget(servers)} if INTAKE in chosen else {}
    for heading, told in sections.items():
        console.print(heading, *told, sep="\n", highlight=False)
    against = {work.name: work.against for work in chosen}
    show(rows, against, console)
    if not arguments.short and len(chosen) == len(works.ALL):
        console.print(*(shown := demo()), sep="\n", highlight=False)
        write(
            rows,
            against,
            shown,
            sections,
            json_path=ROOT / "bench.json",
            page=ROOT / "docs" / "benchmarks.md",
        )
    return 0 if arguments.short or all(row.reached for row in rows) else 1


def _measured(work: Work, servers: Servers, console: Console) -> list[Row]:
    with console.status(f"measuring {work.name}"):
        rows = list(measure(work, servers))
    for row in rows:
        console.print(f"{row.name}: {row.ratio:.2f} (at least {row.at_least})", highlight=False)
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", help="a part of the name of a work; may be repeated")
    parser.add_argument("--short", action="store_true", help="a tenth of the work; writes nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
