"""The folded territory as one small table: what processes load at their start, a tenth of the cost of
folding.

`data/territory.tsv` is made by `make territory` from `data/events.jsonl` and holds nothing that the fold of
those events does not give; a test folds them and compares. Its first line names the SHA-256 of the events it
is made of. A row: code, Vietnamese and English name, level, kind, parent, since, attested, until, other
codes, source, and the rows (counted from 0) that it became. Rows stand in order of code and time; an empty
field is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from sys import intern
from typing import cast

from territory.errors import TerritoryInvalid
from territory.events import Kind, Level
from territory.lineage import Lineage
from territory.territory import Territory
from territory.units import Step, Unit

TABLE_FILE = Path(__file__).parent / "data" / "territory.tsv"
_FORMAT = "reftrack-territory-table-1"
_DAY = timedelta(days=1)


def load(file: Path = TABLE_FILE) -> Territory:
    """The territory of a table, by default the committed one; raises `TerritoryInvalid`."""
    first, *rows = file.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    if not first.startswith(_FORMAT + "\t"):
        raise TerritoryInvalid(f"{file}:1: no table of a territory: run `make territory`")
    try:
        return _read(rows)
    except (ValueError, IndexError) as error:
        raise TerritoryInvalid(f"{file}: a row is broken: run `make territory`") from error


def made_of(file: Path = TABLE_FILE) -> str:
    """The SHA-256 of the events file that a table was made of."""
    with file.open(encoding="utf-8") as lines:
        return lines.readline().rstrip("\n").partition("\t")[2]


def table(territory: Territory, events_sha256: str) -> bytes:
    """The table of a territory, the same bytes for the same territory."""
    row_of = {unit: row for row, unit in enumerate(territory)}
    rows = ("\t".join(_fields(unit, territory, row_of)) for unit in territory)
    return "\n".join([f"{_FORMAT}\t{events_sha256}", *rows, ""]).encode()


def _fields(unit: Unit, territory: Territory, row_of: dict[Unit, int]) -> Iterator[str]:
    yield from (unit.code, unit.vi, unit.en, unit.level, unit.kind, unit.parent or "")
    yield from (
        unit.since.isoformat(),
        unit.attested.isoformat(),
        unit.until.isoformat() if unit.until else "",
    )
    yield ",".join(f"{code}={other_list}" for code, other_list in unit.also)
    yield unit.source
    step = territory.became(unit)
    yield ",".join(str(row_of[other]) for other in step.units) if step else ""


def _read(rows: list[str]) -> Territory:
    day = cache(date.fromisoformat)
    units: list[Unit] = []
    became: dict[int, str] = {}
    for at, row in enumerate(rows):
        *facts, after = row.split("\t")
        units.append(_unit(facts, day))
        if after:
            became[at] = intern(after)
    return Territory(units, _lineage(units, became))


def _unit(facts: list[str], day: Callable[[str], date]) -> Unit:
    code, vi, en, level, kind, parent, since, attested, until, also, source = facts
    return Unit(
        intern(code),
        vi,
        en,
        cast(Level, intern(level)),
        cast(Kind, intern(kind)),
        intern(parent) or None,
        day(since),
        day(attested),
        day(until) if until else None,
        tuple((a, intern(b)) for a, b in (pair.split("=") for pair in also.split(",") if pair)),
        intern(source),
    )


def _lineage(units: list[Unit], became: dict[int, str]) -> Lineage:
    """Steps seen from both sides. Those who became the same on the same day share one step."""
    after: dict[Unit, Step] = {}
    came_from: dict[Unit, list[Unit]] = {}
    shared: dict[tuple[date, str], Step] = {}
    for at, rows in became.items():
        unit = units[at]
        on = (unit.until or date.max) + _DAY
        if (on, rows) not in shared:
            into = tuple(units[int(row)] for row in rows.split(","))
            shared[on, rows] = Step(on, into, len(into) == 1)
        step = after[unit] = shared[on, rows]
        for other in step.units:
            came_from.setdefault(other, []).append(unit)
    before = {unit: Step(unit.since, tuple(olds), len(olds) == 1) for unit, olds in came_from.items()}
    return Lineage(after, before)
