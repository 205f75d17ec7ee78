"""What every entry of reference data is made of, and how a YAML file becomes entries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from reference.errors import ReferenceInvalid

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
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

    def holds(self, on: date) -> bool:
        """Whether the entry is in force on that day of Asia/Ho_Chi_Minh."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


E = TypeVar("E", bound=Entry)


def read_mapping(file: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds; raises `ReferenceInvalid` where it holds none."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReferenceInvalid(
            file, "file", "is missing: point REFTRACK_REFERENCE_PATH at its folder"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ReferenceInvalid(file, "file", f"is not YAML in UTF-8: {error}") from None
    if not isinstance(content, dict):
        raise ReferenceInvalid(file, "file", "must be a mapping at its top")
    return content


def read_entries(file: Path, key: str, model: type[E], identity: str) -> list[E]:
    """The list under `key` as entries of `model`; `identity` is the field that names an entry in errors."""
    rows = read_mapping(file).get(key)
    if not isinstance(rows, list) or not rows:
        raise ReferenceInvalid(file, key, "must be a list with at least one entry")
    return [
        read_entry(file, _entry_name(key, number, row, identity), model, row)
        for number, row in enumerate(rows)
    ]


def read_entry(file: Path, name: str, model: type[E], row: object) -> E:
    """One entry; raises `ReferenceInvalid` naming each field that is wrong."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        raise ReferenceInvalid(file, name, "; ".join(_problems(error))) from None


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


def _problems(error: ValidationError) -> Iterable[str]:
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"]) or "entry"
        hint = " (quote it)" if problem["type"] == "string_type" else ""
        yield f"{where}: {problem['msg']}{hint}"
