"""The list of what became of each row, as a CSV that Excel opens; and of what checking found."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from contracts import catalogue

from reftrack_cli.files.findings import Finding
from reftrack_cli.files.forms import column_named
from reftrack_cli.files.journal import Journal, Outcome
from reftrack_cli.files.source import Unusable
from reftrack_cli.session import word, words

OUTCOMES = ("sheet", "line", "id", "event", "verdict", "numbers", "code", "column", "remedy_vi", "remedy_en")
FINDINGS = ("sheet", "line", "column", "code", "remedy_vi", "remedy_en")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_outcomes(path: Path, journal: Journal, lang: str) -> None:
    """A line for each problem of a row, one for a row without any. Raises `Unusable` if it cannot be."""
    _write(path, words(OUTCOMES, lang), (line for each in journal.outcomes() for line in _lines(each, lang)))


def write_findings(path: Path, found: Iterable[Finding], lang: str) -> None:
    """A line for each finding, in both languages."""
    rows = (
        (one.place.sheet, one.place.row or "", one.place.column, one.code, one.text("vi"), one.text("en"))
        for one in found
    )
    _write(path, words(FINDINGS, lang), rows)


def _lines(one: Outcome, lang: str) -> Iterable[Sequence[object]]:
    event = catalogue.event_title(one.type, lang)
    head = (one.sheet, one.row, one.id, event, verdict(one, lang), " ".join(one.numbers.values()))
    for code, field, vi, en in one.problems or [_waits(one)]:
        yield (*head, code, column_named(one.type, field, lang), vi, en)


def _waits(one: Outcome) -> tuple[str, str, str, str]:
    return "", "", catalogue.awaited(one.waiting_for, "vi"), catalogue.awaited(one.waiting_for, "en")


def verdict(one: Outcome, lang: str) -> str:
    """What became of a row, in words."""
    named = catalogue.name_in("Routing" if one.verdict == "routed" else "Verdict", one.verdict, lang)
    return f"{named} ({word('again', lang)})" if one.again else named


def _write(path: Path, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(headings)
            writer.writerows([_safe(cell) for cell in row] for row in rows)
    except OSError:
        raise Unusable("file_folder_closed", {"path": str(path)}) from None


def _safe(cell: object) -> object:
    """Text that Excel would take for a formula is made plain: an id of a file may begin with `=`."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
