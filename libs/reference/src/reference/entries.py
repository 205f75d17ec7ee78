"""What every entry of reference data is made of, and how a YAML file becomes entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reference.errors import ReferenceInvalid
from reference.marks import line_of, line_of_error, load, located

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Word = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
Code = Annotated[str, Field(pattern=r"^[0-9]{2,5}$")]


class Entry(BaseModel):
    """One entry of a file: frozen, strict, and no field beyond those named."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)


class Name(Entry):
    """What people call it, in Vietnamese and English."""

    vi: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Lasting(Entry):
    """An entry with a life: in force from its first day to its last day, both included; none = open."""

    since: date | None = Field(default=None, alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError(f"until {self.until} is before from {self.since}: swap or correct them")
        return self

    @property
    def first_day(self) -> date:
        """The first day in force; the first of all days where none is given."""
        return self.since or date.min

    @property
    def last_day(self) -> date:
        """The last day in force; the last of all days where none is given."""
        return self.until or date.max

    def holds(self, on: date) -> bool:
        """Whether the entry is in force on that day of Asia/Ho_Chi_Minh."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


E = TypeVar("E", bound=Entry)


def read_mapping(file: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; raises `ReferenceInvalid` where it holds none."""
    try:
        content = load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReferenceInvalid(
            file, "file", "is missing: point REFTRACK_REFERENCE_PATH at its folder"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReferenceInvalid(
            file, "file", f"is not YAML in UTF-8: {error}", line=line_of_error(error)
        ) from None
    if not isinstance(content, dict):
        raise ReferenceInvalid(file, "file", "must be a mapping at its top", line=1)
    return content


def read_entries(file: Path, key: str, model: type[E], identity: str) -> list[E]:
    """The list under `key` as entries of `model`; `identity` is the field that names an entry in errors."""
    rows = read_mapping(file).get(key)
    if not isinstance(rows, list) or not rows:
        raise wrong(file, key, "must be a list with at least one entry", at=(key,))
    return [
        read_entry(file, _entry_name(key, number, row, identity), model, row, at=(key, number))
        for number, row in enumerate(rows)
    ]


def read_entry(file: Path, name: str, model: type[E], row: object, *, at: Sequence[int | str] = ()) -> E:
    """One entry; raises `ReferenceInvalid` naming each field that is wrong and its line.

    `at`: where in the file the entry stands, to find the line.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        problems = sorted(_problems(file, at, error))
        found = "; ".join(_told(line, text, problems[0][0]) for line, text in problems)
        raise ReferenceInvalid(file, name, found, line=problems[0][0] or None) from None


def wrong(file: Path, entry: str, problem: str, *, at: Sequence[int | str]) -> ReferenceInvalid:
    """What to raise about a place in a file: with its line."""
    return ReferenceInvalid(file, entry, problem, line=line_of(file, at))


def refuse_duplicates(file: Path, key: str, identities: Iterable[str]) -> None:
    """Raises `ReferenceInvalid` when one identity stands twice."""
    seen: set[str] = set()
    for identity in identities:
        if identity in seen:
            raise ReferenceInvalid(file, f"{key} {identity}", "stands twice: keep one of the two")
        seen.add(identity)


def _entry_name(key: str, number: int, row: object, identity: str) -> str:
    name = row.get(identity) if isinstance(row, dict) else None
    return f"{key}[{number}] ({identity} {name})"


def _problems(file: Path, at: Sequence[int | str], error: ValidationError) -> Iterable[tuple[int, str]]:
    problems = error.errors()
    wrong_within = {problem["loc"][:depth] for problem in problems for depth in range(len(problem["loc"]))}
    for problem in problems:
        if problem["type"] == "too_short" and problem["loc"] in wrong_within:
            continue  # pydantic does not count the items that are wrong themselves
        line, path = located(file, (*at, *problem["loc"]))
        where = ".".join(str(part) for part in path[len(at) :]) or "entry"
        hint = " (quote it)" if problem["type"] == "string_type" else ""
        yield line or 0, f"{where}: {problem['msg']}{hint}"


def _told(line: int, text: str, first: int) -> str:
    return text if line in (0, first) else f"line {line}: {text}"
