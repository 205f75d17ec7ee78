"""CSV as Excel and others save it: encoding and separator are found out, and said where they are unusual."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import forms
from reftrack_cli.files.source import MOST_COLUMNS, MOST_ROWS, Row, Table, Tell, Unusable
from reftrack_cli.files.values import LONGEST

SEPARATORS = ";,\t"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HEAD = 65_536
_SEP_LINE = re.compile(r"sep=.?", re.IGNORECASE)
"""A first line by which Excel is told the separator; it is no heading."""


def encoding_of(path: Path) -> str:
    """The encoding: by its mark, by NULs where UTF-16 has them, UTF-8 if all of it is, else Windows-1258.

    Raises `Unusable` if it is none of these.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head[:2000].count(0) > len(head[:2000]) // 4:
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    for name in ("utf-8", "cp1258"):
        if _is_all(path, name):
            return name
    raise Unusable("file_encoding_unknown")


def table(path: Path, tell: Tell) -> Table:
    """The one table of a file. Raises `Unusable` if it is no text."""
    encoding = encoding_of(path)
    if encoding not in {"utf-8", "utf-8-sig"}:
        name = {"cp1258": "Windows-1258"}.get(encoding, "UTF-16")
        tell(Finding("file_encoding", Place(), {"encoding": name}))
    return Table("", _rows(path, encoding, _separator(path, encoding)))


def _rows(path: Path, encoding: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(2 * LONGEST)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        before = 0
        try:
            for cells in reader:
                number, before = before + 1, reader.line_num
                if len(cells) > MOST_COLUMNS:
                    raise Unusable("file_too_wide", {"most": str(MOST_COLUMNS), "row": str(number)})
                if number == 1 and _SEP_LINE.fullmatch(separator.join(cells).strip('\ufeff" ')):
                    continue
                if any(cell.strip() for cell in cells):
                    yield Row(number, list(cells))
                if number > MOST_ROWS:
                    raise Unusable("file_too_long", {"most": str(MOST_ROWS)})
        except csv.Error:
            raise Unusable("file_quote_open", {"row": str(before + 1)}) from None
        except UnicodeError:
            raise Unusable("file_encoding_broken", {"row": str(before + 1)}) from None


def _separator(path: Path, encoding: str) -> str:
    """The one with which most headings are known; of equals the one that stands there most often."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            head = file.read(_HEAD)
    except UnicodeError:
        raise Unusable("file_encoding_broken", {"row": "1"}) from None
    lines = (line for line in head.splitlines() if line.strip(" \t;,\ufeff"))
    line = next((line for line in lines if not _SEP_LINE.fullmatch(line.strip('\ufeff" '))), "")
    return max(SEPARATORS, key=lambda mark: (_known(line, mark), line.count(mark)))


def _known(line: str, separator: str) -> int:
    try:
        cells = next(csv.reader(io.StringIO(line), delimiter=separator), [])
    except csv.Error:
        return 0
    headings = [unicodedata.normalize("NFC", cell) for cell in cells[:MOST_COLUMNS]]
    return sum(any(form.column(heading) for form in forms().values()) for heading in headings)


def _is_all(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
