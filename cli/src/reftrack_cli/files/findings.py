"""What checking a file finds: where, what, how to mend it. Never a value of the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from contracts import catalogue

MOST = 200
"""So many errors are told one by one; of the rest, how many there are."""


class Place(NamedTuple):
    """Where in a file: the sheet (none in CSV and JSON Lines), the row from 1, the column as it is headed."""

    sheet: str = ""
    row: int | None = None
    column: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing found: an error keeps the file from being sent, a note does not."""

    code: str
    place: Place
    detail: Mapping[str, str] = field(default_factory=dict)

    def text(self, lang: str) -> str:
        """What is wrong and what to do about it; codes of a list as people call them."""
        detail = {"again": "file", **self.detail}
        if (of := detail.pop("list", None)) is not None:
            codes = detail["allowed"].split(", ")
            detail["allowed"] = "; ".join(catalogue.name_in(of, code, lang) for code in codes)
        return catalogue.text(self.code, lang, **detail)


@dataclass
class Findings:
    """What was found in a whole file: errors up to `MOST`, notes once for each kind of place."""

    errors: list[Finding] = field(default_factory=list)
    error_count: int = 0
    rows_with_errors: int = 0
    _notes: dict[tuple[str, str, str], tuple[Finding, int]] = field(default_factory=dict)
    _last: tuple[str, int | None] | None = None

    def error(self, finding: Finding, *, in_row: bool = True) -> None:
        """Keep an error, or count it if there are enough; not `in_row`: of the headings or the whole file."""
        self.error_count += 1
        where = (finding.place.sheet, finding.place.row)
        if in_row and where != self._last:
            self.rows_with_errors += 1
            self._last = where
        if len(self.errors) < MOST:
            self.errors.append(finding)

    def note(self, finding: Finding) -> None:
        """Keep a note; the same one of other rows is counted only."""
        key = (finding.code, finding.place.sheet, finding.place.column)
        first, count = self._notes.get(key, (finding, 0))
        if key in self._notes or len(self._notes) < MOST:
            self._notes[key] = (first, count + 1)

    @property
    def notes(self) -> Iterator[tuple[Finding, int]]:
        """The first of each, and how many there are."""
        return iter(self._notes.values())

    @property
    def untold(self) -> int:
        """How many errors are not told one by one."""
        return self.error_count - len(self.errors)
