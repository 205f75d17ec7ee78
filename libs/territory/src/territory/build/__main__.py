"""`python -m territory.build FOLDER LOCK [TARGET]`: the events file and its table, out of unpacked wheels.
See tools/territory.py.

The same wheels and the same `older.yaml` give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from territory.build.july import first_of_july, snapshot
from territory.build.lists import (
    LEADING,
    OTHER,
    Before,
    Listed,
    codes_of_other,
    read_after,
    read_before,
    read_other,
)
from territory.build.older import OLDER_FILE, read_older, told
from territory.events import Event, begun_by, ended_by
from territory.fold import fold
from territory.loading import EVENTS_FILE, Header, Source, line_of, load_events
from territory.table import TABLE_FILE, table

ABOUT = {
    OTHER: (date(2025, 10, 18), "34 provinces and their communes; cites the draft of the decision on codes"),
    LEADING: (
        date(2025, 8, 23),
        "units before and after 1 July 2025 and which became which, divided ones too",
    ),
}
"""Day and content of each list: `__data_version__` of the one, the date of the files in the other's wheel."""
_PINNED = re.compile(r"^(\S+)==(\S+) \\\n +--hash=sha256:([0-9a-f]{64})$", re.MULTILINE)


def build(folder: Path, lock: Path) -> bytes:
    """The whole events file; raises `ListChanged` or `TerritoryInvalid` when it cannot be made."""
    before, after, other = read_before(folder), read_after(folder), read_other(folder)
    sources = _sources(lock)
    name = f"{LEADING} {sources[1].version}"
    also, older = codes_of_other(after, other), read_older()
    events = list(older)
    events += snapshot(before, told(older, before.units), name)
    events += first_of_july(before, after, also, name)
    fold(events)  # what contradicts itself is not written
    header = Header(
        format="reftrack-territory-events-1",
        leading=LEADING,
        sources=sources,
        counts=_counts(before, after, other, also) | {"events": len(events)},
    )
    return b"\n".join([header.model_dump_json().encode(), *_lines(events), b""])


def _lines(events: Iterable[Event]) -> Iterable[bytes]:
    for event in sorted(events, key=_place):
        yield line_of(event)


def _place(event: Event) -> tuple[date, str, str]:
    facts = begun_by(event)
    return event.effective, event.TYPE, facts.code if facts else ended_by(event)[0]


def _counts(before: Before, after: list[Listed], other: list[Listed], also: dict[str, str]) -> dict[str, int]:
    """What was counted on the lists themselves, for the test that compares it with the issue."""
    ours, theirs = _communes(after), _communes(other)
    return {
        "rows_before": before.rows,
        "communes_before": len(_communes(before.units)),
        "districts_before": sum(unit.level == "district" for unit in before.units),
        "provinces_before": sum(unit.level == "province" for unit in before.units),
        "communes_after": len(ours),
        "provinces_after": len(after) - len(ours),
        "communes_of_other": len(theirs),
        "provinces_of_other": len(other) - len(theirs),
        "whole": len(before.whole),
        "divided": len(before.divided),
        "codes_of_one_list_only": len(ours - theirs),
        "units_with_two_codes": sum(code != others for code, others in also.items()),
        "codes_of_two_units": sum(code != others and code in theirs for code, others in also.items()),
    }


def _communes(units: list[Listed]) -> set[str]:
    return {unit.code for unit in units if unit.level == "commune"}


def _sources(lock: Path) -> tuple[Source, Source, Source]:
    """The two wheels, as the lock pins them, and our own file."""
    pinned = {name: (version, digest) for name, version, digest in _PINNED.findall(lock.read_text())}
    first, second = (
        Source(name=name, version=pinned[name][0], sha256=pinned[name][1], dated=dated, about=about)
        for name, (dated, about) in ABOUT.items()
    )
    digest = hashlib.sha256(OLDER_FILE.read_bytes()).hexdigest()
    ours = Source(
        name=OLDER_FILE.name,
        version="1",
        sha256=digest,
        dated=date(2026, 11, 22),
        about="lives of units that facts need and the lists do not tell, each with its source",
    )
    return first, second, ours


def main(folder: str, lock: str, target: str = str(EVENTS_FILE.parent)) -> int:
    events = build(Path(folder), Path(lock))
    file = Path(target) / EVENTS_FILE.name
    file.write_bytes(events)
    territory = fold(load_events(file))
    (Path(target) / TABLE_FILE.name).write_bytes(table(territory, hashlib.sha256(events).hexdigest()))
    sys.stdout.write(f"{len(events.splitlines()) - 1} events, {len(territory)} units in {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
