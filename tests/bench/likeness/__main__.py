"""Measures the lookup of people by likeness: `python -m tests.bench.likeness` writes docs/likeness.md.

    --people N      how many are known (100,000)
    --asked N       how many of them come again, and how many strangers (4,000)
    --estimate      write services/intake/src/intake/likeness/weights.yaml anew, and measure nothing

`REFTRACK_TEST_POSTGRES` names a server; without it one is started. Status 1 if a bound is missed. A run with
other numbers than the usual ones writes no page.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.bench.likeness import estimate
from tests.bench.likeness.measure import measure
from tests.bench.likeness.page import P99, RECALL, page, summary

PEOPLE, ASKED, HELD_OUT = 100_000, 4_000, 500
PAGE = Path(__file__).resolve().parents[3] / "docs" / "likeness.md"


def main() -> int:
    """Measure, show, write; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.likeness", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--asked", type=int, default=ASKED)
    parser.add_argument("--estimate", action="store_true")
    wanted = parser.parse_args()
    if wanted.estimate:
        estimate.write(estimate.estimate())
        return 0
    with _server() as dsn:
        result = measure(dsn, wanted.people, wanted.asked, min(HELD_OUT, wanted.asked))
    Console().print(summary(result), highlight=False)
    if (wanted.people, wanted.asked) == (PEOPLE, ASKED):
        PAGE.write_text(page(result), encoding="utf-8")
    return 0 if result.recall >= RECALL and result.percentile(0.99) < P99 else 1


@contextmanager
def _server() -> Iterator[str]:
    given = os.environ.get("REFTRACK_TEST_POSTGRES")
    if given:
        yield given
        return
    from reftrack_local.postgres import PostgresServer

    with TemporaryDirectory(prefix="reftrack-likeness-") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        try:
            yield server.dsn()
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
