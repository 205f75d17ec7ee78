"""Reading the committed events file (`data/events.jsonl`): a header, then one event a line."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

from contracts.base import Contract
from pydantic import Field, TypeAdapter, ValidationError

from territory.errors import TerritoryInvalid
from territory.events import (
    Event,
    OrgUnitAbolished,
    OrgUnitCreated,
    OrgUnitRenamed,
    OrgUnitsMerged,
    OrgUnitSplit,
)

EVENTS_FILE = Path(__file__).parent / "data" / "events.jsonl"
Type = TypeVar("Type", bound=str)
Data = TypeVar("Data", bound=Event)


class Source(Contract):
    """A list that events were made from: what it is, its version, the SHA-256 of what was read, its date."""

    name: str
    version: str
    sha256: str
    dated: date
    about: str


class Header(Contract):
    """The first line: where the events come from, how many there are, what was counted while making them."""

    format: Literal["reftrack-territory-events-1"]
    leading: str
    sources: tuple[Source, ...]
    counts: dict[str, int]


class Line(Contract, Generic[Type, Data]):
    """An event with the name of its type, as it stands in the file."""

    type: Type
    data: Data


AnyLine = Annotated[
    Line[Literal["org.reftrack.org-unit-created.v1"], OrgUnitCreated]
    | Line[Literal["org.reftrack.org-unit-renamed.v1"], OrgUnitRenamed]
    | Line[Literal["org.reftrack.org-units-merged.v1"], OrgUnitsMerged]
    | Line[Literal["org.reftrack.org-unit-split.v1"], OrgUnitSplit]
    | Line[Literal["org.reftrack.org-unit-abolished.v1"], OrgUnitAbolished],
    Field(discriminator="type"),
]
_LINES = TypeAdapter(list[AnyLine])


def load_header(file: Path = EVENTS_FILE) -> Header:
    """What the file says about itself; raises `TerritoryInvalid`."""
    with file.open("rb") as lines:
        try:
            return Header.model_validate_json(lines.readline())
        except ValidationError as error:
            raise TerritoryInvalid(
                f"{file}:1: no header of a territory file: run `make territory`"
            ) from error


def load_events(file: Path = EVENTS_FILE) -> list[Event]:
    """The events of a file in its order; raises `TerritoryInvalid` with file and line."""
    load_header(file)
    lines = file.read_bytes().splitlines()[1:]
    return [line.data for line in parse(b"[" + b",".join(lines) + b"]", file, first=2)]


def line_of(event: Event) -> bytes:
    """An event as a line of the file, always the same bytes."""
    data = event.model_dump(mode="json", exclude_defaults=True)
    return json.dumps({"type": event.TYPE, "data": data}, ensure_ascii=False, separators=(",", ":")).encode()


def digest(event: Event) -> bytes:
    """What tells an event from every other; the same event said again has the same."""
    return _digest(line_of(event))


@cache
def committed_digests() -> frozenset[bytes]:
    """The digests of the committed events: their lines are read, not understood."""
    return frozenset(map(_digest, EVENTS_FILE.read_bytes().splitlines()[1:]))


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=16).digest()


def parse(array: bytes, file: Path, first: int) -> list[AnyLine]:
    """A JSON array of lines; `first` is the number that errors give the first of them."""
    try:
        return _LINES.validate_json(array)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        at, *where = wrong["loc"] or (0,)
        line = first + (at if isinstance(at, int) else 0)
        problem = f"{'.'.join(map(str, where))}: {wrong['msg']}"
        raise TerritoryInvalid(f"{file}:{line}: {problem}: correct the line") from error
