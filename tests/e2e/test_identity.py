"""Identities by the command line: posted sealed, shown for a reason, and whoever looked is on record."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.e2e.test_commands import Terminal
from tests.faults.people import MET
from tests.faults.system import System

pytestmark = pytest.mark.timeout(180)

SOCIAL, NAME = "ldtbxh-bo-de", "Nguyễn Văn Niêm Phong"


@pytest.fixture
def terminal(town: System) -> Terminal:
    return Terminal(town)


def events(folder: Path, *refs: str) -> Path:
    """A file of registrations, one for each reference."""
    file = folder / "events.jsonl"
    lines = [
        {
            "specversion": "1.0",
            "id": f"sealed-{ref}",
            "source": f"/agencies/{SOCIAL}",
            "type": "org.reftrack.client-registered.v1",
            "time": (MET + timedelta(days=5)).isoformat(),
            "data": {
                "about": {"agency_ref": ref},
                "by": "nv-07",
                "data": {
                    "client_group": "drug_user",
                    "residence_commune": "00139",
                    "identity": {"full_name": f"{NAME} {ref}", "phone": "0900000017"},
                },
            },
        }
        for ref in refs
    ]
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return file


def test_a_file_is_posted_sealed_and_its_people_are_shown_to_who_gives_a_reason(
    terminal: Terminal, town: System, tmp_path: Path
) -> None:
    file = events(tmp_path, "NP-1")
    told = terminal.json("events", "post", str(file), "--org", SOCIAL)
    assert [one["receipt"]["verdict"] for one in told] == ["accepted"]
    again = terminal.json("events", "post", str(file), "--org", SOCIAL)
    assert again[0]["receipt"]["repetition"], "sealed anew, and the same all the same"
    (shown,) = terminal.json(
        *("identity", "show", "NP-1", "--reason", "Gọi điện hẹn gặp", "--as", f"operator:{SOCIAL}")
    )
    assert {one["field"]: one["value"] for one in shown["values"]} == {
        "full_name": f"{NAME} NP-1",
        "phone": "0900000017",
    }
    with psycopg.connect(town.runtime.dsn("intake")) as connection:
        ((case_id,),) = connection.execute(
            "SELECT subject::text FROM stored_events WHERE topic LIKE '%identity-read.v1%'"
            " ORDER BY notification_id DESC LIMIT 1"
        ).fetchall()
    (read,) = terminal.json("identity", "reads", case_id)
    assert (read["org"], read["purpose"], read["reason"]) == (SOCIAL, "coordination", "Gọi điện hẹn gặp")
    assert read["event_id"] == shown["read_event_id"]
    assert "Gọi điện hẹn gặp" in terminal.run("identity", "reads", case_id, "--lang", "vi")


def test_an_office_with_nothing_to_do_with_the_case_is_told_that_there_is_none(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.json("events", "post", str(events(tmp_path, "NP-2")), "--org", SOCIAL)
    (found,) = terminal.json("case", "find", "NP-2", "--as", f"operator:{SOCIAL}")
    told = terminal.run(
        *("identity", "show", found["case_id"], "--reason", "x", "--as", "operator:ldtbxh-cau-dien"), code=1
    )
    nothing = terminal.run(
        *("identity", "show", "00000000-0000-4000-8000-000000000000", "--reason", "x"),
        *("--as", "operator:ldtbxh-cau-dien"),
        code=1,
    )
    assert told.splitlines()[0] == nothing.splitlines()[0]
    assert NAME not in told


def test_a_refused_look_is_listed_for_auditors_and_every_service_goes_on(
    terminal: Terminal, town: System, tmp_path: Path
) -> None:
    terminal.json("events", "post", str(events(tmp_path, "NP-3")), "--org", SOCIAL)
    (found,) = terminal.json("case", "find", "NP-3", "--as", f"operator:{SOCIAL}")
    by, before = ("--as", "operator:ldtbxh-cau-dien"), parked(town)
    terminal.run("identity", "show", found["case_id"], "--reason", "Tò mò", *by, code=1)
    (refused,) = terminal.json("identity", "refusals", found["case_id"])
    assert (refused["org"], refused["refused"]) == ("ldtbxh-cau-dien", "case_unknown")
    shown = terminal.run("identity", "refusals", "--lang", "vi")
    assert "không liên quan đến cơ quan" in " ".join(shown.split())
    assert "Tò mò" not in shown
    town.quiet()
    told = "SELECT event_id FROM history WHERE type = 'org.reftrack.identity-read-refused.v1'"
    with psycopg.connect(town.runtime.dsn("reporting")) as connection:
        assert (refused["event_id"],) in connection.execute(told).fetchall()
    assert parked(town) == before, "nobody parks what is no event of a case"


def parked(town: System) -> dict[str, int]:
    """How much each service has set aside since the town began: other tests do so on purpose."""
    found = {}
    for service in ("referral", "followup", "reporting"):
        with psycopg.connect(town.runtime.dsn(service)) as connection:
            ((found[service],),) = connection.execute("SELECT count(*) FROM parked").fetchall()
    return found


def test_keys_are_listed_as_web_keys_and_the_newest_comes_first(terminal: Terminal) -> None:
    (first, *_) = terminal.json("keys", "list")
    assert (first["kty"], first["crv"], first["use"]) == ("OKP", "X25519", "enc")
    (made,) = terminal.json("keys", "rotate", "--overlap-days", "7")
    listed = terminal.json("keys", "list")
    assert [key["kid"] for key in listed[:2]] == [made["kid"], first["kid"]]
    assert "exp" in listed[1]
    assert "exp" not in listed[0]
    assert made["kid"] in terminal.run("keys", "list", "--lang", "vi")


def test_the_vault_says_which_master_key_wraps_and_who_holds_it(terminal: Terminal) -> None:
    (told,) = terminal.json("vault", "status")
    (key,) = (key for key in told["keys"] if key["current"])
    assert int(key["wraps"]) > 0
    assert key["held_by"]
    assert key["key_id"] in terminal.run("vault", "status", "--lang", "vi")
    told_off = terminal.run("vault", "remove-key", key["key_id"], code=1)
    assert "rotate" in told_off
    refused = terminal.run("vault", "rotate", "0123456789abcdef", code=1)
    assert "0123456789abcdef" in refused
