"""Any text in any cell, any bytes for a file: checking answers, it never raises."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from contracts import catalogue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from reftrack_cli.files.forms import forms
from reftrack_cli.files.values import Context, Unfit, Value

from tests.unit.cli.files.office import checked, directory

CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMS = list(forms().values())
TEXT = st.text(max_size=40) | st.sampled_from(
    [
        "=1+1",
        "@x",
        "1e999",
        "NaN",
        "0x10",
        "31/12/9999",
        "01/01/0001",
        "9999-12-31T23:59:59+14:00",
        "\ufeff",
        '"',
        "1" * 400,
    ]
)
CELL = (
    TEXT
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.none()
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.code)
@CALM
@given(value=CELL)
def test_every_kind_of_cell_is_read_or_unfit(form: Any, value: Value) -> None:
    codes: set[str] = set()
    for one in form.fields:
        try:
            one.reading.read(value, Context(directory()))
        except Unfit as unfit:
            codes.add(unfit.code)
    assert codes <= catalogue.reasons().keys()


@CALM
@given(st.lists(st.lists(TEXT, max_size=8), max_size=6), st.sampled_from(FORMS))
def test_any_text_in_any_cell_of_a_csv_is_answered(tmp_path: Path, rows: list[list[str]], form: Any) -> None:
    path = tmp_path / "any.csv"
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([form.heading(column, "vi") for column in form.for_template()])
        writer.writerows(rows)
    checked(path, event=form.code)


@CALM
@given(st.binary(max_size=400), st.sampled_from([".csv", ".xlsx", ".jsonl"]))
def test_any_bytes_are_answered(tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"any{ending}"
    path.write_bytes(content)
    assert not checked(path).sendable


@CALM
@given(st.lists(st.lists(CELL, max_size=8), max_size=5), st.sampled_from(FORMS))
def test_any_value_in_any_cell_of_a_workbook_is_answered(
    tmp_path: Path, rows: list[list[Any]], form: Any
) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(form.code)
    sheet.append([form.heading(column, "en") for column in form.for_template()])
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in row])
    try:
        book.save(tmp_path / "any.xlsx")
    except (ValueError, OverflowError, UnicodeError):
        return  # what Excel could not have either
    checked(tmp_path / "any.xlsx")


@CALM
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "id", "time", "about", "by", "data", "specversion", "source", "x"]),
                inner,
                max_size=6,
            )
        ),
    )
)
def test_any_json_is_answered(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "any.jsonl"
    path.write_text(json.dumps(document), "utf-8")
    checked(path)
