"""What people see of checking and sending: in their language, or as JSON with both."""

from __future__ import annotations

import json as jsonlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contracts import catalogue
from contracts.sealing import sealed_names

from reftrack_cli import session
from reftrack_cli.files import results
from reftrack_cli.files.checking import Report
from reftrack_cli.files.entries import Entry
from reftrack_cli.files.findings import Finding, Place
from reftrack_cli.files.forms import column_named
from reftrack_cli.files.journal import Journal
from reftrack_cli.session import err, out, say, word

SHOWN = 100
"""So many outcomes that ask for something stand on the screen; all stand in the list."""

GOOD = frozenset({"accepted", "routed", "waiting"})


def tell_report(report: Report, lang: str, *, json: bool) -> None:
    """Everything that checking found."""
    if json:
        _as_json(_document(report))
        return
    _counts(report.by_event, lang)
    tell_notes(report, lang)
    for finding in report.findings.errors:
        out.print(_where(finding.place, lang), style="red", markup=False, soft_wrap=True)
        session.below(finding.text(lang))
    if report.findings.untold:
        out.print(say("file_untold", lang, count=report.findings.untold), markup=False)
    if report.sendable:
        out.print(say("file_fine", lang, rows=report.rows), markup=False)
    else:
        found = report.findings
        which = "file_errors" if found.rows_with_errors else "file_errors_in_no_row"
        told = say(which, lang, count=found.error_count, rows=found.rows_with_errors)
        err.print(told, style="red", markup=False)


def tell_notes(report: Report, lang: str) -> None:
    """What is worth knowing and keeps nothing from being sent."""
    for finding, count in report.findings.notes:
        told = say("file_note", lang, count=count)
        err.print(
            f"{told}  {_where(finding.place, lang)}: {finding.text(lang)}", markup=False, soft_wrap=True
        )


def tell_dry_run(report: Report, rows: Iterable[Entry], lang: str, *, json: bool) -> None:
    """What would be sent: how many of which event; as JSON each of them, without what is about a person."""
    if json:
        for entry in rows:
            _as_json(_outline(entry))
        return
    tell_notes(report, lang)
    _counts(report.by_event, lang)
    if any(sealed_names(type_name) for type_name in report.by_event):
        out.print(word("sealed_to_intake", lang), markup=False)
    out.print(word("file_dry", lang), markup=False)


def tell_going_on(rows: int, lang: str) -> None:
    """That a sending before was interrupted, or done."""
    if rows:
        err.print(say("file_goes_on", lang, rows=rows), markup=False)


def tell_outcomes(journal: Journal, written: Path, lang: str, *, json: bool) -> bool:
    """How many rows came to what, those that ask for something one by one; whether none was rejected."""
    counted, shown = Counter[str](), 0
    for one in journal.outcomes():
        counted[one.verdict] += 1
        if json:
            _as_json(asdict(one))
        elif one.verdict not in GOOD and shown < SHOWN:
            shown += 1
            place = Place(one.sheet, one.row)
            out.print(f"{_where(place, lang)}: {results.verdict(one, lang)}", markup=False, soft_wrap=True)
            for _, field, vi, en in one.problems:
                heading = column_named(one.type, field, lang)
                session.below(
                    f"{heading}: {vi if lang == 'vi' else en}" if heading else vi if lang == "vi" else en
                )
    names = {code: _verdict_name(code, lang) for code in counted}
    err.print(", ".join(f"{count} {names[code]}" for code, count in sorted(counted.items())), markup=False)
    if counted["rejected"]:
        err.print(word("file_mended_rows", lang), markup=False)
    if counted["routed"]:
        err.print(say("file_routed", lang, rows=counted["routed"]), markup=False)
    err.print(say("file_list_written", lang, path=written), markup=False, soft_wrap=True)
    return not counted.keys() - GOOD


def _verdict_name(code: str, lang: str) -> str:
    return catalogue.name_in("Routing" if code == "routed" else "Verdict", code, lang)


def _counts(by_event: Mapping[str, int], lang: str) -> None:
    table = session.table(*session.words(("event", "rows"), lang))
    for type_name, count in by_event.items():
        table.add_row(catalogue.event_title(type_name, lang), str(count))
    if table.row_count:
        out.print(table, markup=False)


def _where(place: Place, lang: str) -> str:
    """`Tiếp cận, dòng 5, cột D "Xã, phường"`."""
    parts = [place.sheet] if place.sheet else []
    if place.row is not None:
        parts.append(f"{word('line', lang)} {place.row}")
    if place.column:
        parts.append(f"{word('column', lang)} {place.column}")
    return ", ".join(parts) or word("whole_file", lang)


def _document(report: Report) -> dict[str, Any]:
    return {
        "rows": report.rows,
        "sendable": report.sendable,
        "by_event": dict(report.by_event),
        "error_count": report.findings.error_count,
        "errors": [_finding(each) for each in report.findings.errors],
        "notes": [{**_finding(each), "count": count} for each, count in report.findings.notes],
    }


def _finding(one: Finding) -> dict[str, Any]:
    texts = {lang: one.text(lang) for lang in catalogue.LANGS}
    return {**one.place._asdict(), "code": one.code, "text": texts}


def _outline(entry: Entry) -> dict[str, Any]:
    event = entry.event
    assert event is not None
    sealed = [name for name in sealed_names(event.type) if name in event.posted.get("data", {})]
    return {
        "sheet": entry.place.sheet,
        "row": entry.place.row,
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "about": event.posted.get("about"),
        "seals": sealed,
    }


def _as_json(document: Mapping[str, Any]) -> None:
    out.print(jsonlib.dumps(document, ensure_ascii=False), soft_wrap=True, markup=False)
