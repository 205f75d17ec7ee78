"""The whole file, looked at before anything of it is sent."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from contracts.registry import POSTABLE

from reftrack_cli.files.entries import Entry, Setting
from reftrack_cli.files.findings import Finding, Findings, Place
from reftrack_cli.files.forms import Form
from reftrack_cli.files.opening import entries
from reftrack_cli.files.rules import OF_THE_LAW, Rules
from reftrack_cli.files.source import Unusable

BEGINS = frozenset(
    name
    for name in POSTABLE
    if name.split(".")[2] in {"client-contacted", "client-introduced", "client-registered"}
)
"""Events that may name a person of whom nothing is known yet."""

EVERY = 500
"""Rows after which whoever looks is told how far it is."""


@dataclass
class Report:
    """What was found: `digest` names the content of the file, `by_event` counts the rows that can be sent."""

    digest: str = ""
    rows: int = 0
    by_event: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=Findings)

    @property
    def sendable(self) -> bool:
        """Whether the file can be sent."""
        return self.findings.error_count == 0 and self.rows > 0


def check(
    path: Path,
    setting: Setting,
    *,
    form: Form | None = None,
    rules: Rules | None = None,
    tell: Callable[[int], None] = lambda _rows: None,
) -> Report:
    """Go through all of a file. Never raises for what stands in it.

    `rules`: what holds for the office that posts, if it is known. `tell` is called with the rows read.
    """
    report = Report()
    across = _Across(report.findings, rules)
    try:
        report.digest = digest(path)
        for entry in entries(path, setting, lambda finding: _noticed(report, finding), form):
            report.rows += 1
            _taken(report, across, entry)
            if report.rows % EVERY == 0:
                tell(report.rows)
    except Unusable as unusable:
        report.findings.error(Finding(unusable.code, Place(), unusable.detail), in_row=False)
    except OSError:
        report.findings.error(Finding("file_not_readable", Place()), in_row=False)
    across.finish()
    if report.rows == 0 and report.findings.error_count == 0:
        report.findings.error(Finding("file_empty", Place()), in_row=False)
    tell(report.rows)
    return report


def digest(path: Path) -> str:
    """SHA-256 of the file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


NOTES = frozenset(
    {
        "rows_hidden",
        "sheet_hidden",
        "file_encoding",
        "file_macros",
        "file_in_future",
        "file_number_as_text",
        "file_scored",
        "file_days_mixed",
    }
)
"""What is worth knowing and keeps nothing from being sent."""


def _noticed(report: Report, finding: Finding) -> None:
    if finding.code in NOTES:
        report.findings.note(finding)
    else:
        report.findings.error(finding, in_row=False)


def _taken(report: Report, across: _Across, entry: Entry) -> None:
    for finding in entry.errors:
        report.findings.error(finding)
    for finding in entry.notes:
        report.findings.note(finding)
    if entry.event is not None:
        report.by_event[entry.event.type] += 1
        across.take(entry)


class _Across:
    """What rows are to each other. Of each row a few bytes are kept, nothing of its content."""

    def __init__(self, findings: Findings, rules: Rules | None) -> None:
        self._findings, self._rules = findings, rules
        self._ids: dict[int, tuple[int, int]] = {}
        self._sheets: list[str] = []
        self._told: set[tuple[str, str]] = set()
        self._met: set[int] = set()
        self._unmet: dict[int, Place] = {}

    def take(self, entry: Entry) -> None:
        """Compare a row that can be sent with those before it."""
        assert entry.event is not None
        self._once(entry)
        about = entry.event.posted.get("about")
        names = about if isinstance(about, dict) else {}
        reference = _short(str(names["agency_ref"]).encode()) if "agency_ref" in names else None
        by_number = bool(names.keys() - {"agency_ref"})
        self._may(entry, met=by_number or reference in self._met)
        if reference is not None:
            if entry.event.type in BEGINS or by_number:
                self._met.add(reference)
            elif reference not in self._met and reference not in self._unmet:
                self._unmet[reference] = entry.place

    def finish(self) -> None:
        """What can be told at the end only."""
        unmet = [place for short, place in self._unmet.items() if short not in self._met]
        if unmet:
            self._findings.note(Finding("file_ref_unmet", unmet[0], {"count": str(len(unmet))}))

    def _may(self, entry: Entry, *, met: bool) -> None:
        """What intake would refuse of this office; what the law lays down once for each sheet and event."""
        assert entry.event is not None
        for found in self._rules.broken(entry, met=met) if self._rules is not None else ():
            if found.code not in OF_THE_LAW:
                self._findings.note(found)
            elif (key := (entry.place.sheet, entry.event.type)) not in self._told:
                self._told.add(key)
                self._findings.error(found)

    def _once(self, entry: Entry) -> None:
        event, place = entry.event, entry.place
        assert event is not None
        content = _short(event.type.encode() + event.time.encode() + event.data)
        key = _short(event.id.encode())
        before = self._ids.setdefault(key, (content, self._row(place)))
        if before[1] == self._row(place):
            return
        where = {"row": self._named(before[1])}
        if not entry.given_id:
            self._findings.error(Finding("file_row_twice", place, where))
        elif before[0] != content:
            self._findings.error(Finding("file_id_twice", place, where))
        else:
            self._findings.note(Finding("file_row_again", place, where))

    def _row(self, place: Place) -> int:
        """Sheet and row in one number."""
        if place.sheet not in self._sheets:
            self._sheets.append(place.sheet)
        return self._sheets.index(place.sheet) << 32 | (place.row or 0)

    def _named(self, row: int) -> str:
        sheet, number = self._sheets[row >> 32], row & 0xFFFFFFFF
        return f"{sheet} {number}".strip()


def _short(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


def rows(path: Path, setting: Setting, form: Form | None) -> Iterator[Entry]:
    """The rows of a file that was checked, once more."""
    return entries(path, setting, lambda _: None, form)
