"""How a table stands on a screen: what people copy (ids, numbers, codes) is never broken over lines.

A column of single words is as wide as they are. Where that does not fit, a row is a block of lines instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

LEAST = 12
"""A column of text becomes no narrower than this."""

WIDEST = 10_000
"""Wider than any table."""


def fits(table: Table, console: Console) -> bool:
    """Whether the console has room for it; its columns are told how far they may be folded."""
    for column in table.columns:
        lines = [line for cell in column.cells for line in str(cell).split("\n")]
        column.no_wrap = not any(" " in line for line in lines)
        column.min_width = min(LEAST, max(map(len, lines), default=0))
    options = console.options.update(width=WIDEST)
    return Measurement.get(console, options, table).minimum <= console.width


def blocks(table: Table) -> Iterator[str]:
    """Each row as lines `heading: cell`, those after the first indented; empty cells are left out."""
    headings = [str(column.header) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        said = [(head, str(cell).replace("\n", ", ")) for head, cell in zip(headings, row, strict=True)]
        yield "\n  ".join(f"{head}: {cell}" if head else cell for head, cell in said if cell)
