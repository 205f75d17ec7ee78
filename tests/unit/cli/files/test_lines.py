"""JSON Lines: structured CloudEvents, and the posted form with its type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.files.office import checked, found, one

DATA = {"channel": "street", "commune": "00139", "client_group": "drug_user"}
POSTED: dict[str, Any] = {
    "type": "client-contacted",
    "about": {"agency_ref": "LB-1"},
    "by": "nv-1",
    "occurred_on": "2019-03-02",
    "data": DATA,
}
STRUCTURED: dict[str, Any] = {
    "specversion": "1.0",
    "id": "a-1",
    "source": "/agencies/cap-bo-de",
    "type": "org.reftrack.client-contacted.v1",
    "time": "2019-03-02T09:15:00+07:00",
    "data": {"about": {"agency_ref": "LB-1"}, "by": "nv-1", "data": DATA},
}


def lines(folder: Path, *documents: object) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in documents), "utf-8")
    return path


def test_both_forms_are_events(tmp_path: Path) -> None:
    structured, posted = one(lines(tmp_path, STRUCTURED)).event, one(lines(tmp_path, POSTED)).event
    assert structured is not None
    assert posted is not None
    assert (structured.id, structured.time) == ("a-1", "2019-03-02T02:15:00+00:00")
    assert (posted.type, posted.time) == (structured.type, "2019-03-02T00:00:00+07:00")
    assert posted.id.startswith("row-")


def test_the_mark_of_windows_and_empty_lines_do_not_matter(tmp_path: Path) -> None:
    path = lines(tmp_path, POSTED)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes() + b"\n  \n")
    assert found(checked(path)) == []


@pytest.mark.parametrize(
    ("document", "code", "column"),
    [
        ({**POSTED, "type": "nonsense"}, "type_unknown", "type"),
        ({**POSTED, "type": 7}, "type_unknown", "type"),
        ({k: v for k, v in POSTED.items() if k != "type"}, "field_missing", "type"),
        ({k: v for k, v in POSTED.items() if k != "occurred_on"}, "field_missing", "/occurred_on"),
        ({**POSTED, "time": "09:15"}, "time_wrong_form", "time"),
        ({**POSTED, "id": 7}, "wrong_type", "id"),
        ({**POSTED, "id": "001090001234"}, "agency_ref_personal", "id"),
        ({**POSTED, "extra": 1}, "field_unknown", "/extra"),
        ({**POSTED, "data": {**DATA, "channel": "pigeon"}}, "not_in_list", "/data/channel"),
        ({**STRUCTURED, "source": "/agencies/somebody"}, "source_not_yours", "source"),
        ({**STRUCTURED, "time": "2019-03-02"}, "time_wrong_form", "ce_time"),
        ([], "wrong_type", ""),
        ("text", "wrong_type", ""),
    ],
)
def test_what_is_wrong_is_told_by_line_and_field(
    tmp_path: Path, document: object, code: str, column: str
) -> None:
    assert found(checked(lines(tmp_path, document))) == [(code, 1, column)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "not_json"),
        (b"\xff\xfe{}", "not_utf8"),
        (b"[" * 100_000, "not_json"),
        (b'{"a":"' + b"x" * 1_000_001 + b'"}', "line_too_long"),
    ],
)
def test_bytes_that_are_no_event_are_answered_and_the_next_line_is_read(
    tmp_path: Path, line: bytes, code: str
) -> None:
    path = lines(tmp_path, POSTED)
    path.write_bytes(line + b"\n" + path.read_bytes())
    report = checked(path)
    assert (found(report), report.by_event.total()) == ([(code, 1, "")], 1)
