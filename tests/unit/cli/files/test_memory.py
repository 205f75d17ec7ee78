"""A file takes memory for what finds doubles, not for what its rows hold."""

from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.unit.cli.files.office import checked, found

FEW, MANY = 1_000, 5_000
A_ROW = 700
"""Bytes that a row may add; its cells alone are 1,100."""

HEADS = ["agency_ref", "when", "by", "reason", "note"]


def rows(count: int) -> list[list[str]]:
    return [[f"LB-{n}", "02/03/2019", "nv-07", "goals_met", f"{n} " + "x" * 800] for n in range(count)]


def write(path: Path, count: int) -> Path:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADS, *rows(count)])
        return path
    book = Workbook(write_only=True)
    sheet = book.create_sheet("case-closed")
    for row in [HEADS, *rows(count)]:
        sheet.append(row)
    book.save(path)
    return path


def most(path: Path) -> int:
    """The most bytes that were held at a time while the file was checked."""
    tracemalloc.start()
    try:
        report = checked(path, "ldtbxh-bo-de", event="case-closed")
        assert found(report) == []
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_memory_grows_by_less_than_a_row_for_each_row(tmp_path: Path, ending: str) -> None:
    few, many = (write(tmp_path / f"{count}{ending}", count) for count in (FEW, MANY))
    checked(few, event="case-closed")  # what is kept for all files is there from here on
    assert (most(many) - most(few)) / (MANY - FEW) < A_ROW
