"""A file by its name: XLSX, CSV or JSON Lines, as entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from territory.names import folded

from reftrack_cli.files import delimited, lines, tables
from reftrack_cli.files.entries import Entry, Setting
from reftrack_cli.files.forms import Form, form_named
from reftrack_cli.files.source import Tell, Unusable
from reftrack_cli.files.workbook import Workbook

WORKBOOKS = frozenset({".xlsx", ".xlsm"})
DELIMITED = frozenset({".csv", ".txt", ".tsv"})
LINES = frozenset({".jsonl", ".ndjson", ".json"})
_OF_THE_TEMPLATE = frozenset({"huong dan", "instructions"})
"""Sheets that tell how to fill in the others."""


def entries(path: Path, setting: Setting, tell: Tell, form: Form | None = None) -> Iterator[Entry]:
    """Every row of a file as it is read; `form`: the event of rows that do not say which they are.

    Raises:
        Unusable: if the file as a whole cannot be read, also half-way through it.
    """
    ending = path.suffix.lower()
    try:
        if ending in LINES:
            yield from lines.entries(path, setting)
        elif ending in DELIMITED:
            yield from tables.entries(delimited.table(path, tell), form, setting, tell)
        elif ending in WORKBOOKS:
            with Workbook(path, tell) as book:
                for table in book.tables():
                    if folded(table.name) in _OF_THE_TEMPLATE:
                        continue
                    yield from tables.entries(table, form_named(table.name) or form, setting, tell)
        else:
            raise Unusable("file_old_excel" if ending == ".xls" else "file_ending_unknown")
    except OSError:
        raise Unusable("file_not_readable") from None
