"""What every kind of file gives: tables of rows, read as they are needed, and what was noticed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reftrack_cli.files.findings import Finding
from reftrack_cli.files.values import Value

MOST_ROWS = 1_048_576
"""As many as a sheet of Excel has; a longer file is to be divided."""

MOST_COLUMNS = 1_000


class Unusable(Exception):
    """The file as a whole cannot be read: `code` of the catalogue and what fills its text."""

    def __init__(self, code: str, detail: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code, self.detail = code, dict(detail or {})


class Row(NamedTuple):
    """A row that is not empty: its number in the file, from 1, and its cells."""

    number: int
    cells: list[Value]


@dataclass(frozen=True)
class Table:
    """A sheet, or the whole of a CSV file. `rows` can be gone through once; it may raise `Unusable`."""

    name: str
    rows: Iterator[Row]


Tell = Callable[[Finding], None]
"""Takes what is noticed: notes (encoding, hidden rows) and errors (merged cells)."""


def letter(index: int) -> str:
    """How Excel calls the column of this index, from 0: `A`, `Z`, `AA`."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text
