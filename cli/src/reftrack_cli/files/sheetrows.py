"""The rows of one sheet of a workbook, one after the other, out of its XML (ECMA-376, part 1, 18.3.1)."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.parsers import expat

from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import from_excel, from_ISO8601

from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.source import MOST_COLUMNS, MOST_ROWS, Row, Tell, Unusable
from reftrack_cli.files.values import LONGEST, Odd, Value

_BLOCK = 1 << 16
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_TRUE = {"1", "true"}
_BROKEN = (expat.ExpatError, zipfile.BadZipFile, zlib.error, KeyError, EOFError, OSError, RuntimeError)
"""What a damaged, cut off or encrypted archive raises; NotImplementedError is a RuntimeError."""


@dataclass(frozen=True)
class Styles:
    """What the numbers of a workbook mean: from which day it counts, which styles show dates."""

    epoch: datetime
    dates: Any


def stream(
    archive: zipfile.ZipFile, part: str, name: str, shared: Sequence[str], styles: Styles, tell: Tell
) -> Iterator[Row]:
    """The rows that hold anything. Raises `Unusable` for a broken sheet; tells of hidden rows and merged
    cells, the latter once all rows are read."""
    sheet = _Sheet(shared, styles)
    try:
        with archive.open(part.lstrip("/")) as source:
            while block := source.read(_BLOCK):
                sheet.parser.Parse(block, False)
                yield from sheet.taken()
                if sheet.number > MOST_ROWS:
                    raise Unusable("file_too_long", {"most": str(MOST_ROWS)})
            sheet.parser.Parse(b"", True)
            yield from sheet.taken()
    except _BROKEN:
        raise Unusable("sheet_broken", {"sheet": name, "row": str(sheet.number)}) from None
    for row in sheet.hidden[:1]:
        tell(Finding("rows_hidden", Place(name, row), {"count": str(sheet.hidden_count)}))
    for merged in sheet.merged:
        tell(Finding("cells_merged", Place(name, _row_of(merged), merged)))


class _Sheet:
    """Takes what expat finds; keeps the rows of the last block only."""

    def __init__(self, shared: Sequence[str], styles: Styles) -> None:
        self.number = 0
        self.hidden: list[int] = []
        self.hidden_count = 0
        self.merged: list[str] = []
        self._shared, self._styles = shared, styles
        self._rows: list[Row] = []
        self._cells: list[Value] = []
        self._hidden_row = False
        self._cell: dict[str, str] | None = None
        self._count = 0
        self._text: list[str] = []
        self._length = 0
        self._formula = False
        self._in_text = False
        self._begin = {"row": self._row, "c": self._c, "v": self._v, "t": self._v, "f": self._f,
                       "mergeCell": self._merge}  # fmt: skip
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = _refuse_entity

    def taken(self) -> list[Row]:
        """The rows that are complete; they are not kept."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        begin = self._begin.get(tag.rpartition("}")[2])
        if begin is not None:
            begin(attributes)

    def _end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        if name in {"v", "t"}:
            self._in_text = False
        elif name == "c":
            if self._cell is not None and (self._text or self._formula):
                self._put(self._cell)
            self._cell = None
        elif name == "row":
            self._row_ends()

    def _row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r", "")
        self.number = int(given) if given.isdecimal() and len(given) < 8 else self.number + 1
        self._hidden_row = attributes.get("hidden") in _TRUE
        self._cells, self._count = [], 0

    def _row_ends(self) -> None:
        if any(cell is not None for cell in self._cells):
            self._rows.append(Row(self.number, self._cells))
            if self._hidden_row:
                self.hidden_count += 1
                if not self.hidden:
                    self.hidden.append(self.number)
        self._cells = []

    def _c(self, attributes: dict[str, str]) -> None:
        """Most cells of a formatted sheet are empty: nothing is made of one before it holds something."""
        self._cell, self._count = attributes, self._count + 1

    def _v(self, _attributes: dict[str, str]) -> None:
        self._in_text = self._cell is not None

    def _f(self, _attributes: dict[str, str]) -> None:
        self._formula = self._cell is not None

    def _merge(self, attributes: dict[str, str]) -> None:
        if len(self.merged) < 20:
            self.merged.append(attributes.get("ref", "")[:20])

    def _characters(self, text: str) -> None:
        if self._in_text and self._length <= LONGEST:
            self._text.append(text)
            self._length += len(text)

    def _put(self, attributes: dict[str, str]) -> None:
        """The cell holds something: its value takes its place in the row."""
        found = _PLACE.fullmatch(attributes.get("r", ""))
        index = column_index_from_string(found[1]) - 1 if found else self._count - 1
        if index >= MOST_COLUMNS:
            raise Unusable("file_too_wide", {"most": str(MOST_COLUMNS), "row": str(self.number)})
        self._cells.extend(None for _ in range(index + 1 - len(self._cells)))
        self._cells[index] = Odd.FORMULA if self._formula else self._value(attributes, "".join(self._text))
        self._text, self._length, self._formula = [], 0, False

    def _value(self, attributes: dict[str, str], text: str) -> Value:
        """What stands in the cell; what contradicts its own kind is an error of that cell."""
        kind = attributes.get("t", "n")
        if self._length > LONGEST:
            return Odd.LONG
        try:
            if kind == "s":
                return self._shared[int(text)] or None
            if kind in {"str", "inlineStr"}:
                return text or None
            if kind == "b":
                return bool(int(text))
            if kind == "n":
                return self._number(attributes.get("s", "0"), float(text))
            return _iso(text) if kind == "d" else Odd.ERROR
        except (ValueError, OverflowError, IndexError, TypeError):
            return Odd.ERROR

    def _number(self, style: str, number: float) -> Value:
        if int(style) in self._styles.dates:
            shown: Value = from_excel(number, self._styles.epoch)
            return shown
        return int(number) if number == int(number) else number


def _iso(text: str) -> Value:
    read: Value = from_ISO8601(text)  # type: ignore[no-untyped-call]
    return read


def _refuse_entity(*_: object) -> None:
    raise Unusable("file_not_xlsx")


def _row_of(reference: str) -> int | None:
    found = _PLACE.match(reference)
    return int(found[2]) if found else None
