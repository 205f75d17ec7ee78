"""Reading `data/older.yaml`: lives of units that facts need and the lists do not tell, each with its
source.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from territory.build.july import LAST_DAY, org_unit
from territory.build.lists import ListChanged, Listed
from territory.events import Code, Event, Level
from territory.fold import fold
from territory.loading import parse

OLDER_FILE = Path(__file__).parent.parent / "data" / "older.yaml"
_LEVELS: dict[int, Level] = {2: "province", 3: "district", 5: "commune"}


def read_older(file: Path = OLDER_FILE) -> list[Event]:
    """The events of the file; raises `TerritoryInvalid` with the number of the entry."""
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))["events"]
    lines = json.dumps([_line(entry) for entry in entries], default=str)
    return [line.data for line in parse(lines.encode(), file, first=1)]


def told(events: list[Event], listed: list[Listed]) -> frozenset[Code]:
    """The codes whose units, as our file leaves them, are those of the list; raises `ListChanged` if they
    differ.
    """
    ours = {unit.code: unit for unit in fold(events) if unit.holds(LAST_DAY)}
    theirs = {unit.code: unit for unit in listed}
    for code, unit in ours.items():
        if code not in theirs or (unit.vi, unit.parent) != (theirs[code].name, theirs[code].parent):
            raise ListChanged(
                f"{unit.vi} ({code}) of {OLDER_FILE.name} is another one on the list: correct ours"
            )
    return frozenset(ours)


def _line(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry as a line of the events file; of a unit only code, name and parent are written by hand."""
    data = {key: value for key, value in entry.items() if key != "event"}
    for place in ("unit", "into"):
        if isinstance(data.get(place), dict):
            data[place] = json.loads(_unit(**data[place]))
    return {"type": f"org.reftrack.{entry['event']}.v1", "data": data}


def _unit(code: str, name: str, parent: str | None = None) -> str:
    return org_unit(Listed(code, name, _LEVELS[len(code)], parent)).model_dump_json()
