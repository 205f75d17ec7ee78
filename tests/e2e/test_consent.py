"""A client takes back a consent: over all services, within seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_commands import Terminal
from tests.faults.people import MET
from tests.faults.system import System

pytestmark = pytest.mark.timeout(180)
SOCIAL, CLINIC = "ldtbxh-bo-de", "methadone-long-bien"
WITHIN_SECONDS = 10.0
"""The machine that tests it has other things to do; usually it is one or two."""

REGISTERED = {
    "client_group": "drug_user",
    "birth_year": 1990,
    "residence_commune": "00139",
    "identity": {"full_name": "Phạm Thị Rút"},
}
AGREED = {
    "purposes": ["treatment"],
    "recipients": ["methadone_clinic"],
    "labels": ["OST"],
    "form_number": "GDY-9",
}
HOURS = {"client-registered": 0, "consent-given": 1, "referral-requested": 2, "consent-withdrawn": 30}
ASKED = {"service": "methadone", "provider": CLINIC}


@pytest.fixture
def terminal(town: System) -> Terminal:
    return Terminal(town)


def events(ref: str, *told: tuple[str, dict[str, Any]]) -> Iterator[str]:
    for kind, data in told:
        yield json.dumps(
            {
                "specversion": "1.0",
                "id": f"{ref}-{kind}",
                "source": f"/agencies/{SOCIAL}",
                "type": f"org.reftrack.{kind}.v1",
                "time": (MET + timedelta(hours=HOURS[kind])).isoformat(),
                "data": {"about": {"agency_ref": ref}, "by": "nv-01", "data": data},
            }
        )


def post(terminal: Terminal, folder: Path, ref: str, *told: tuple[str, dict[str, Any]]) -> list[str]:
    file = folder / f"{ref}-{told[0][0]}.jsonl"
    file.write_text("\n".join(events(ref, *told)) + "\n")
    posted = terminal.json("events", "post", str(file), "--org", SOCIAL)
    return [each["receipt"].get("verdict", "") for each in posted]


def asked_for(agreed: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Somebody is registered, agrees, and is referred."""
    return [("client-registered", REGISTERED), ("consent-given", agreed), ("referral-requested", ASKED)]


def await_referral(terminal: Terminal, number: str, state: str, org: str) -> tuple[dict[str, Any], float]:
    """The referral as an organisation reads it once it is in a state, and how long that took."""
    began = time.monotonic()
    while True:
        (found,) = terminal.json("referrals", "show", number, "--as", f"operator:{org}")
        if found["state"] == state:
            return found, time.monotonic() - began
        assert time.monotonic() - began < WITHIN_SECONDS, found
        time.sleep(0.1)


def number_of(terminal: Terminal, ref: str) -> tuple[str, str]:
    """The case and the number of its only referral, as soon as reporting has it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        (case,) = terminal.json("case", "find", ref, "--as", f"operator:{SOCIAL}")
        if case.get("referrals"):
            return case["case_id"], case["referrals"][0]["number"]
        time.sleep(0.2)
    raise AssertionError("no referral came through")


def test_a_withdrawal_stops_the_referral_for_both_sides_within_seconds(
    terminal: Terminal, tmp_path: Path
) -> None:
    told = asked_for(AGREED)
    post(terminal, tmp_path, "RUT-1", *told)
    case, number = number_of(terminal, "RUT-1")
    await_referral(terminal, number, "requested", CLINIC)
    assert post(terminal, tmp_path, "RUT-1", ("consent-withdrawn", {"consent": "RUT-1-consent-given"})) == [
        "accepted"
    ]
    at_clinic, took = await_referral(terminal, number, "cancelled", CLINIC)
    assert took < WITHIN_SECONDS
    assert (at_clinic["service"], at_clinic["consent_end"]) == ("withheld", "consent_withdrawn")
    at_sender, _ = await_referral(terminal, number, "cancelled", SOCIAL)
    assert (at_sender["service"], at_sender["consent_end"]) == ("methadone", "consent_withdrawn")
    (listed,) = terminal.json("consents", "list", case, "--as", f"operator:{SOCIAL}")
    assert (listed["state"], listed["form_number"]) == ("withdrawn", "GDY-9")
    assert "đã rút" in terminal.run("consents", "list", case, "--as", f"operator:{SOCIAL}", "--lang", "vi")
    terminal.run("consents", "list", case, "--as", f"operator:{CLINIC}", code=1)


def test_the_clock_ends_a_consent_and_what_rested_on_it(terminal: Terminal, tmp_path: Path) -> None:
    short = AGREED | {"expires_on": (MET + timedelta(days=2)).date().isoformat()}
    told = asked_for(short)
    post(terminal, tmp_path, "RUT-2", *told)
    case, number = number_of(terminal, "RUT-2")
    found, _ = await_referral(terminal, number, "cancelled", CLINIC)
    assert found["consent_end"] == "consent_expired"
    until = time.monotonic() + WITHIN_SECONDS
    while "consent-expired" not in terminal.run(
        "case", "timeline", case, "--as", f"operator:{SOCIAL}", "--json"
    ):
        assert time.monotonic() < until, "intake's clock has not said so"
        time.sleep(0.2)


def test_a_referral_without_any_consent_waits_and_goes_on_when_there_is_one(
    terminal: Terminal, tmp_path: Path
) -> None:
    post(terminal, tmp_path, "RUT-3", ("client-registered", REGISTERED), ("referral-requested", ASKED))
    until = time.monotonic() + WITHIN_SECONDS
    while True:
        receipts = terminal.json("receipts", "--org", SOCIAL, "--most", "2000")
        verdicts = [each["verdict"] for each in receipts if each["id"] == "RUT-3-referral-requested"]
        if verdicts:
            break
        assert time.monotonic() < until, "no receipt"
        time.sleep(0.2)
    assert verdicts == ["waiting"]
    post(terminal, tmp_path, "RUT-3", ("consent-given", AGREED | {"purposes": ["treatment", "coordination"]}))
    _, number = number_of(terminal, "RUT-3")
    await_referral(terminal, number, "requested", CLINIC)
