"""XLSX in bounded memory: openpyxl reads what a workbook is, expat streams the rows of its sheets.

openpyxl's own stream keeps something of every row and does not tell what is hidden or merged. Formulas are
not computed, macros are not run, nothing outside the file is fetched, and entities are refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl.reader.excel import ExcelReader

from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.sheetrows import Styles, stream
from reftrack_cli.files.source import Table, Tell, Unusable

MOST_BYTES = 2_000_000_000
"""Unpacked; 100 k rows of forty columns are 0.3 GB, a million rows formatted but empty 0.5 GB."""

MOST_SHARED = 150_000_000
"""Unpacked bytes of everything but sheets; the texts among it are kept in memory."""

_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Workbook:
    """An open workbook; `with Workbook(path, tell) as book: for table in book.tables(): …`."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self._path, self._tell = path, tell
        self._archive = _archive(path)
        self._book: Any = None

    def __enter__(self) -> Workbook:
        try:
            reader = ExcelReader(str(self._path), read_only=True, keep_links=False)
            reader.read()
            self._book = reader.wb
        except Exception:  # openpyxl raises whatever it stumbles over
            self._archive.close()
            raise Unusable("file_not_xlsx") from None
        if any(name.endswith("vbaProject.bin") for name in self._archive.namelist()):
            self._tell(Finding("file_macros", Place()))
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()
        if self._book is not None:
            self._book.close()

    def tables(self) -> Iterator[Table]:
        """Every sheet but those that the template hides for its lists, in their order."""
        styles = Styles(self._book.epoch, self._book._date_formats)
        for sheet in self._book.worksheets:
            if sheet.sheet_state == "visible":
                part, shared = sheet._worksheet_path, sheet._shared_strings
                yield Table(sheet.title, stream(self._archive, part, sheet.title, shared, styles, self._tell))
            elif not sheet.title.startswith("_"):
                self._tell(Finding("sheet_hidden", Place(sheet.title)))


def _archive(path: Path) -> zipfile.ZipFile:
    with path.open("rb") as file:
        if file.read(8) == _OLD_EXCEL:
            raise Unusable("file_old_excel")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unusable("file_not_xlsx") from None
    entries = archive.infolist()
    texts = sum(entry.file_size for entry in entries if not entry.filename.startswith("xl/worksheets/"))
    if sum(entry.file_size for entry in entries) > MOST_BYTES or texts > MOST_SHARED or len(entries) > 5_000:
        archive.close()
        raise Unusable("file_unpacks_too_big")
    return archive
