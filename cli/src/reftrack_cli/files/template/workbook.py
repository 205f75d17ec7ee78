"""An empty workbook: a sheet a kind of event, drop-down lists, cells that keep leading zeros."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from contracts import catalogue
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from reftrack_cli.files import assist
from reftrack_cli.files.columns import Column
from reftrack_cli.files.directory import Directory
from reftrack_cli.files.forms import Form, sheet_title
from reftrack_cli.files.source import letter
from reftrack_cli.files.template.lists import SHEET, Lists
from reftrack_cli.files.template.prompts import prompt
from reftrack_cli.files.values import Day, Whole
from reftrack_cli.session import word

LAST_ROW = 1_048_576
_HEAD = PatternFill("solid", fgColor="DDEBF7")
_NEEDED = PatternFill("solid", fgColor="FCE4D6")


def write(path: Path, forms: Sequence[Form], directory: Directory, on: date, lang: str) -> None:
    """Write the template; `on`: the day whose communes stand in the list."""
    book = Workbook()
    _instructions(book.worksheets[0], forms, lang)
    lists = Lists(book.create_sheet(SHEET), directory, on, lang)
    for form in forms:
        title = sheet_title(catalogue.in_lang(form.title, lang))
        _sheet(book.create_sheet(title), form, form.for_template(), lists, lang)
        if form.sheet:
            _sheet(book.create_sheet(f"{title} {assist.SHEET}"), form, form.for_sheet(), lists, lang)
    lists.sheet.sheet_state = "hidden"
    book.save(path)


def _instructions(sheet: Worksheet, forms: Sequence[Form], lang: str) -> None:
    sheet.title = word("template_instructions", lang)
    sheet.column_dimensions["A"].width = 110
    lines = [
        word(code, lang) for code in ("template_1", "template_2", "template_3", "template_4", "template_5")
    ]
    for line in (*lines, *(f"• {catalogue.in_lang(form.title, lang)}" for form in forms)):
        sheet.append([line])
        sheet.cell(sheet.max_row, 1).alignment = Alignment(wrap_text=True, vertical="top")


def _sheet(sheet: Worksheet, form: Form, columns: Sequence[Column], lists: Lists, lang: str) -> None:
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.print_title_rows = "landscape", "1:1"
    validations: dict[tuple[str, str], DataValidation] = {}
    for at, column in enumerate(columns):
        _column(sheet, at, form, column, lang)
        told = prompt(column.field, lang)
        wanted = lists.range_of(column.field.reading)
        key = (wanted or "", told)
        if key not in validations:
            validations[key] = _validation(wanted, told)
            sheet.add_data_validation(validations[key])
        validations[key].add(f"{letter(at)}2:{letter(at)}{LAST_ROW}")


def _column(sheet: Worksheet, at: int, form: Form, column: Column, lang: str) -> None:
    needed = column.field.needed and (column.n or 1) == 1
    head = sheet.cell(1, at + 1, form.heading(column, lang) + (" *" if needed else ""))
    head.font = Font(bold=True)
    head.fill = _NEEDED if needed else _HEAD
    head.alignment = Alignment(wrap_text=True, vertical="top")
    dimension = sheet.column_dimensions[letter(at)]
    dimension.width = 24 if isinstance(column.field.reading, Day) else 28
    dimension.number_format = _shown_as(column)


def _shown_as(column: Column) -> str:
    """Text keeps what was typed; days and numbers are Excel's own."""
    if isinstance(column.field.reading, Day) or column.path == ("when",):
        return "dd/mm/yyyy"
    return "0" if isinstance(column.field.reading, Whole) else "@"


def _validation(wanted: str | None, told: str) -> DataValidation:
    """A list that can be left by typing a code, or only the words that say what belongs there."""
    made = DataValidation(
        type="list" if wanted else None,
        formula1=wanted,
        allow_blank=True,
        showErrorMessage=bool(wanted),
        errorStyle="warning",
        showInputMessage=True,
    )
    made.prompt = told[:250]
    return made
