"""Somebody registered twice, by the command line: proposed, merged by who answers for both, taken apart."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_commands import Terminal
from tests.faults.people import MET
from tests.faults.system import System

pytestmark = pytest.mark.timeout(240)

BO_DE, NGOC_LAM = "ldtbxh-bo-de", "ldtbxh-ngoc-lam"
DISTRICT = "operator:dpv-long-bien"
WITHIN = 60.0


@pytest.fixture
def terminal(town: System) -> Terminal:
    return Terminal(town)


def post(terminal: Terminal, folder: Path, org: str, kind: str, ref: str, data: dict[str, Any]) -> str:
    """One event of an office; its verdict."""
    event = {
        "specversion": "1.0",
        "id": f"{kind}-{ref}",
        "source": f"/agencies/{org}",
        "type": f"org.reftrack.{kind}.v1",
        "time": (MET + timedelta(days=6)).isoformat(),
        "data": {"about": {"agency_ref": ref}, "by": "nv-07", "data": data},
    }
    file = folder / f"{ref}.jsonl"
    file.write_text(json.dumps(event, ensure_ascii=False), "utf-8")
    (told,) = terminal.json("events", "post", str(file), "--org", org)
    return str(told["receipt"]["verdict"])


def person(name: str, commune: str) -> dict[str, Any]:
    identity = {"full_name": name}
    return {
        "client_group": "drug_user", "birth_year": 1984, "sex": "male",
        "residence_commune": commune, "identity": identity,
    }  # fmt: skip


def proposed(terminal: Terminal, *cases: str) -> dict[str, Any]:
    """The match of two cases, as soon as it is on the list."""
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        for match in terminal.json("matches", "list", "--as", DISTRICT):
            if {match["one"]["case_id"], (match.get("other") or {}).get("case_id")} == set(cases):
                return match
        time.sleep(0.5)
    raise AssertionError("nobody was proposed")


def test_somebody_registered_twice_is_proposed_merged_and_taken_apart_again(
    terminal: Terminal, tmp_path: Path
) -> None:
    name, unmarked = "Nguyễn Thế Khải Hoàn", "NGUYEN THE KHAI HOAN"
    assert post(terminal, tmp_path, BO_DE, "client-registered", "KH-1", person(name, "00139")) == "accepted"
    other = person(unmarked, "00133")
    assert post(terminal, tmp_path, NGOC_LAM, "client-registered", "KH-2", other) == "accepted"
    first, second = (
        terminal.json("case", "find", ref, "--as", f"operator:{org}")[0]["case_id"]
        for org, ref in ((BO_DE, "KH-1"), (NGOC_LAM, "KH-2"))
    )
    match = proposed(terminal, first, second)
    assert name not in terminal.run("matches", "list", "--as", DISTRICT, "--lang", "vi")
    hidden = [
        one for one in terminal.json("matches", "list", "--as", f"operator:{BO_DE}")
        if one["match_id"] == match["match_id"]
    ]  # fmt: skip
    assert [one.get("other") for one in hidden] == [None]

    decide = ("matches", "decide", match["match_id"], "same", "--ground", "papers_seen", "--expect", "1")
    refused = terminal.run(*decide, "--as", f"operator:{BO_DE}", code=1)
    assert "PERMISSION_DENIED" in refused
    (decision,) = terminal.json(*decide, "--as", DISTRICT)
    (merges,) = terminal.json("clients", "merges", first, "--as", DISTRICT)
    assert [one["merge_id"] for one in merges["merges"]] == [decision["merge_id"]]
    again = terminal.run(*decide, "--as", DISTRICT, code=1)
    assert "ABORTED" in again

    turn = {"topic": "treatment_options", "mode": "office"}
    for org, ref in ((BO_DE, "KH-1"), (NGOC_LAM, "KH-2")):
        assert post(terminal, tmp_path, org, "counselling-provided", ref, turn) == "accepted"
    undo = ("clients", "unmerge", decision["merge_id"], "--ground", "client_confirmed", "--as", DISTRICT)
    (undone,) = terminal.json(*undo)
    assert {undone["survivor_case_id"], undone["merged_case_id"]} == {first, second}
    assert "already_unmerged" in terminal.run(*undo, code=1)
    assert "đã được tách" in terminal.run(*undo, "--lang", "vi", code=1)
    (merges,) = terminal.json("clients", "merges", first, "--as", DISTRICT)
    assert merges["merges"] == []
    (one,) = terminal.json("clients", "merge", first, second, "--ground", "other", "--as", DISTRICT)
    assert one["open_case_id"] == first
    terminal.json("clients", "unmerge", one["merge_id"], "--ground", "other", "--as", DISTRICT)
