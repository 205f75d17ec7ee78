"""Files of an office for tests: written as people write them, read as `reftrack files check` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from reftrack_cli.files.checking import Report, check
from reftrack_cli.files.directory import Directory
from reftrack_cli.files.entries import Entry, Setting
from reftrack_cli.files.forms import form_named
from reftrack_cli.files.opening import entries
from reftrack_cli.files.rules import Rules
from reftrack_local import paths

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CONTACT: Mapping[str, str] = {
    "Mã của cơ quan": "LB-1",
    "Ngày xảy ra": "02/03/2019",
    "Người thực hiện": "nv-07",
    "Hình thức tiếp cận": "tại cộng đồng",
    "Xã, phường": "00139",
    "Nhóm khách hàng": "drug_user",
}


@cache
def directory() -> Directory:
    return Directory(paths.default_reference())


def setting(org: str = "cap-bo-de", **defaults: str) -> Setting:
    return Setting(directory(), org, defaults, NOW)


def csv_file(
    folder: Path,
    rows: Iterable[Sequence[str]],
    *,
    separator: str = ";",
    encoding: str = "utf-8",
    name: str = "rows.csv",
) -> Path:
    path = folder / name
    path.write_bytes("".join(f"{separator.join(row)}\r\n" for row in rows).encode(encoding))
    return path


def table(*rows: Mapping[str, Any]) -> list[list[Any]]:
    """Rows under the headings that they use, in the order of their coming."""
    heads = list(dict.fromkeys(heading for row in rows for heading in row))
    return [heads, *([row.get(heading, "") for heading in heads] for row in rows)]


def workbook(folder: Path, sheets: Mapping[str, list[list[Any]]], name: str = "rows.xlsx") -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    book.save(folder / name)
    return folder / name


def checked(path: Path, org: str = "", event: str | None = None) -> Report:
    return check(
        path,
        setting(org or "cap-bo-de"),
        rules=Rules(directory(), org),
        form=form_named(event) if event else None,
    )


def found(report: Report) -> list[tuple[str, int | None, str]]:
    """Code, row and column of every error."""
    return [(one.code, one.place.row, one.place.column) for one in report.findings.errors]


def noted(report: Report) -> list[str]:
    return [one.code for one, _ in report.findings.notes]


def one(path: Path, event: str | None = None) -> Entry:
    """The only row of a file."""
    (entry,) = entries(path, setting(), lambda _: None, form_named(event) if event else None)
    return entry


def contacts(folder: Path, *changed: Mapping[str, Any], without: str = "") -> Path:
    """A sheet of contacts, each with what is changed in it."""
    rows = [{**CONTACT, **each} for each in changed]
    return workbook(
        folder, {"Tiếp cận": table(*({k: v for k, v in row.items() if k != without} for row in rows))}
    )
