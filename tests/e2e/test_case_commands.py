"""Cases commanded and corrected against a running system: every service follows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reftrack.referral.v1 import referral_pb2 as pb
from reftrack.referral.v1.referral_pb2_grpc import ReferralServiceStub
from reftrack_local.access import Speaker

from tests.e2e.conftest import COMPANY
from tests.e2e.test_commands import Terminal
from tests.faults.people import NOW
from tests.faults.system import System

pytestmark = pytest.mark.timeout(120)

SOCIAL = "ldtbxh-bo-de"
AS = ("--as", f"operator:{SOCIAL}")


@pytest.fixture
def terminal(town: System) -> Terminal:
    town.company(COMPANY)
    return Terminal(town)


def event(event_id: str, kind: str, ref: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/agencies/{SOCIAL}",
        "type": f"org.reftrack.{kind}.v1",
        "time": NOW.isoformat(),
        "data": {"about": {"agency_ref": ref}, "by": "nv-07", "data": data, **more},
    }


def post(terminal: Terminal, folder: Path, *events: dict[str, Any]) -> None:
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    terminal.run("events", "post", str(file), "--org", SOCIAL)


def until(look: Callable[[], Any], wanted: Any) -> None:
    end = time.monotonic() + 60
    while (found := look()) != wanted:
        assert time.monotonic() < end, f"still {found!r}, wanted {wanted!r}"
        time.sleep(0.2)


def test_a_case_is_closed_reopened_and_a_record_voided_and_status_follows(
    terminal: Terminal, tmp_path: Path
) -> None:
    ref = tmp_path.name
    registered = {
        "client_group": "drug_user",
        "residence_commune": "00139",
        "identity": {"full_name": "Nguyễn Văn Thử"},
    }
    screened = {"instrument": "who_assist", "scores": [{"substance": "opioids", "score": 30}], "risk": "low"}
    posts = [event(f"{ref}-1", "client-registered", ref, registered)]
    posts.append(event(f"{ref}-2", "client-screened", ref, screened))
    post(terminal, tmp_path, *posts)

    def verdict(event_id: str) -> list[str]:
        receipts = terminal.json("receipts", "--org", SOCIAL, "--most", "5000")
        return [one["verdict"] for one in receipts if one["id"] == event_id]

    until(lambda: verdict(f"{ref}-2"), ["accepted"])
    until(lambda: len(terminal.json("case", "find", ref, *AS)), 1)
    (case,) = terminal.json("case", "find", ref, *AS)
    case_id = case["case_id"]
    mine = [one for one in terminal.json("screenings", "conflicts", *AS) if one["case_id"] == case_id]
    assert [(one["claimed_risk"], one["computed_risk"]) for one in mine] == [("low", "high")]
    version = mine[0]["event_id"].rpartition(":")[2]
    out = terminal.run(
        "case", "close", case_id, "--reason", "goals_met", "--expect", "1", *AS, "--lang", "en", code=1
    )
    assert "Client screened" in " ".join(out.split()), out
    terminal.run("case", "close", case_id, "--reason", "goals_met", "--expect", version, *AS)
    until(lambda: terminal.json("case", "show", case_id, *AS)[0]["stage"], "closed")
    terminal.run("case", "reopen", case_id, "--reason", "closed_in_error", *AS)
    until(lambda: terminal.json("case", "show", case_id, *AS)[0]["stage"], "screened")
    review = ("screenings", "review", mine[0]["event_id"], "computation_right")
    assert "kết luận: kết quả tính đúng" in terminal.run(*review, *AS, "--lang", "vi")
    assert case_id not in {one["case_id"] for one in terminal.json("screenings", "conflicts", *AS)}
    listed = terminal.json("screenings", "conflicts", "--all", *AS)
    (seen,) = [one["review"] for one in listed if one["case_id"] == case_id]
    assert (seen["outcome"], seen["org"]) == ("computation_right", SOCIAL)
    terminal.run("case", "void", mine[0]["event_id"], "--reason", "wrong_data", *AS)
    until(lambda: terminal.json("case", "show", case_id, *AS)[0]["stage"], "registered")
    assert case_id not in {one["case_id"] for one in terminal.json("screenings", "conflicts", "--all", *AS)}
    kinds = [one["type"] for one in terminal.json("case", "timeline", case_id, *AS)]
    assert {"org.reftrack.client-screened.v1", "org.reftrack.screening-reviewed.v1"} <= set(kinds)
    assert "org.reftrack.event-voided.v1" in kinds


def test_a_referral_that_an_agency_voids_is_gone_in_the_service_that_decides(
    terminal: Terminal, tmp_path: Path
) -> None:
    ref = tmp_path.name
    registered = {
        "client_group": "drug_user",
        "residence_commune": "00139",
        "identity": {"full_name": "Nguyễn Văn Thử"},
    }
    asked = {"service": "legal_aid", "provider": "tgpl-ha-noi"}
    consent = {"purposes": ["treatment", "coordination"], "recipients": ["provider"], "labels": ["LEGAL"]}
    posts = [
        event(f"{ref}-1", "client-registered", ref, registered),
        event(f"{ref}-2", "consent-given", ref, consent),
        event(f"{ref}-3", "referral-requested", ref, asked),
    ]
    post(terminal, tmp_path, *posts)

    def told(event_id: str) -> list[dict[str, Any]]:
        receipts = terminal.json("receipts", "--org", SOCIAL, "--most", "5000")
        return [one for one in receipts if one["id"] == event_id]

    until(lambda: [one["verdict"] for one in told(f"{ref}-3")], ["accepted"])
    post(
        terminal,
        tmp_path,
        event(f"{ref}-4", "event-voided", ref, {"event_id": f"{ref}-3", "reason": "wrong_data"}),
    )
    until(lambda: [one["verdict"] for one in told(f"{ref}-4")], ["accepted"])


def test_a_referral_asked_for_by_a_command_is_voided_by_the_id_that_the_timeline_shows(
    terminal: Terminal, town: System, tmp_path: Path
) -> None:
    ref = tmp_path.name
    registered = {"client_group": "relative", "residence_commune": "00139", "identity": {"full_name": "Thử"}}
    consent = {"purposes": ["coordination"], "recipients": ["provider"], "labels": ["LEGAL"]}
    posts = [event(f"{ref}-1", "client-registered", ref, registered)]
    post(terminal, tmp_path, *posts, event(f"{ref}-2", "consent-given", ref, consent))
    until(lambda: len(terminal.json("case", "find", ref, *AS)), 1)
    case_id = terminal.json("case", "find", ref, *AS)[0]["case_id"]

    def types() -> list[str]:
        """What stands in the timeline, without what intake tells of the registration."""
        timeline = terminal.json("case", "timeline", case_id, *AS)
        return [one["type"].split(".")[2] for one in timeline][3:]

    until(types, ["consent-given"])
    asked = pb.RequestReferralRequest(case_id=case_id, service="legal_aid", provider="tgpl-ha-noi")
    with town.channel("referral", Speaker("operator", SOCIAL)) as channel:
        made = ReferralServiceStub(channel).RequestReferral(asked).outcome
    until(types, ["consent-given", "referral-requested"])
    out = terminal.run("case", "void", made.event_id, "--reason", "wrong_data", *AS, "--lang", "en")
    assert "state: voided" in out.lower(), out
    again = terminal.run("case", "void", made.event_id, "--reason", "wrong_data", *AS, "--lang", "en", code=1)
    assert "ALREADY_VOIDED" in again.upper(), again
    until(types, ["consent-given", "referral-requested", "event-voided"])
    until(lambda: terminal.json("referrals", "show", made.number, *AS)[0]["state"], "voided")
