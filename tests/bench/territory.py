"""`python -m tests.bench.territory`: what the territory costs a process and each question of it.

Questions are asked with codes of the whole country and days before, at and after 1 July 2025, some unknown.
All in CPU time: on a shared machine wall time says more of its other users.
"""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import territory
from territory import Territory

ASKED = 20_000
AT_MOST_US = 50.0
LOADING = """
import json, time
import territory, yaml
from pathlib import Path
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before, begun = resident(), time.process_time()
loaded = territory.load()
print(json.dumps([time.process_time() - begun, (resident() - before) / 1e6, len(loaded)]))
"""
Ask = Callable[[], object]


@dataclass(frozen=True)
class Loading:
    """What a new process spends on having the territory: CPU seconds and resident megabytes."""

    seconds: float
    megabytes: float
    units: int


@dataclass(frozen=True)
class Asked:
    """CPU microseconds of one kind of question."""

    question: str
    median: float
    p99: float
    worst: float


def loading() -> Loading:
    """Measured in a process of its own, without the imports that every service has anyway."""
    done = subprocess.run([sys.executable, "-c", LOADING], check=True, capture_output=True, text=True)
    return Loading(*json.loads(done.stdout))


def questions(loaded: Territory, asked: int = ASKED, times: int = 1) -> Iterator[Asked]:
    """`asked` questions of each kind, with other codes and days.

    Each is asked `times` times and the quickest counts: on a busy machine the caches of a core are shared.
    """
    chosen = random.Random(4)
    for name, ask in kinds(loaded).items():
        ask(chosen)()  # a first question makes the index or table that the later ones read
        yield _measured(name, [ask(chosen) for _ in range(asked)], times)


def kinds(loaded: Territory) -> dict[str, Callable[[random.Random], Ask]]:
    """A maker of questions for each method."""
    codes = sorted({unit.code for unit in loaded}) + ["99999", "00000"] * 50
    texts = _typed(loaded)

    def one(ask: Callable[[str, date, date], object]) -> Callable[[random.Random], Ask]:
        def make(chosen: random.Random) -> Ask:
            code, (first, second) = chosen.choice(codes), sorted((_day(chosen), _day(chosen)))
            return lambda: ask(code, first, second)

        return make

    def typed(chosen: random.Random) -> Ask:
        text = chosen.choice(texts)
        return lambda: loaded.search(text, limit=10)

    def typed_on(chosen: random.Random) -> Ask:
        text, day = chosen.choice(texts), _day(chosen)
        return lambda: loaded.search(text, on=day, level="commune", limit=10)

    return {
        "unit": one(lambda code, day, _: loaded.unit(code, day)),
        "leading_code": one(lambda code, day, _: loaded.leading_code(code, day)),
        "parents": one(lambda code, day, _: loaded.parents(code, day)),
        "successors": one(loaded.successors),
        "predecessors": one(lambda code, early, late: loaded.predecessors(code, late, early)),
        "resolve": one(lambda code, day, _: loaded.resolve(code, day)),
        "carry": one(loaded.carry),
        "carry back": one(lambda code, early, late: loaded.carry(code, late, early)),
        "units of a level": one(lambda _, day, __: loaded.units(day, "commune")),
        "units within": one(lambda code, day, _: loaded.units(day, "commune", within=code[:2])),
        "search": typed,
        "search on a day": typed_on,
    }


def _typed(loaded: Territory) -> list[str]:
    """What people type: a name, a part of it, without diacritics, with the place it lies in."""
    units = random.Random(5).sample(list(loaded), 2_000)
    own = [unit.vi.split(" ", 1)[1] for unit in units]
    plain = [unit.en.rsplit(" ", 1)[0].lower() for unit in units]
    placed = [f"{name}, {place}" for name in plain[:200] for place in ("ha noi", "t")]
    return own + plain + [name[:4] for name in plain] + [unit.vi for unit in units] + placed


def _day(chosen: random.Random) -> date:
    return date(2003, 1, 1) + timedelta(days=chosen.randrange(24 * 365))


def _measured(name: str, asks: list[Ask], times: int) -> Asked:
    gc.collect()
    spent = sorted(min(_spent_us(ask) for _ in range(times)) for ask in asks)
    return Asked(name, spent[len(spent) // 2], spent[len(spent) * 99 // 100], spent[-1])


def _spent_us(ask: Ask) -> float:
    begun = time.thread_time_ns()
    ask()
    return (time.thread_time_ns() - begun) / 1_000


def main() -> int:
    cost = loading()
    print(f"load: {cost.seconds:.3f} s CPU, {cost.megabytes:.1f} MB, {cost.units} units")  # noqa: T201
    rows = list(questions(territory.load()))
    for row in rows:
        figures = f"median {row.median:6.1f}  p99 {row.p99:6.1f}  worst {row.worst:7.1f} µs"
        print(f"{row.question:18}{figures}")  # noqa: T201
    return 0 if all(row.p99 < AT_MOST_US for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
