"""Two people found to be one, and records that were wrong, through all four services: everything follows."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_commands import Terminal
from tests.faults.people import MET
from tests.faults.system import System

pytestmark = pytest.mark.timeout(300)

BO_DE, NGOC_LAM, FACILITY = "ldtbxh-bo-de", "ldtbxh-ngoc-lam", "cai-nghien-ha-noi"
DISTRICT = "operator:dpv-long-bien"
WITHIN = 60.0
DETOX = {"service": "voluntary_detox", "provider": FACILITY}


class Offices:
    """Posts events of offices one by one, and keeps their receipts."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        self._terminal = terminal
        self._folder = folder
        self._count = itertools.count(1)

    def post(
        self,
        org: str,
        kind: str,
        data: dict[str, Any],
        day: int,
        *,
        corrects: str = "",
        becomes: str = "accepted",
        **about: str,
    ) -> tuple[str, dict[str, Any]]:
        """The id of the event and the receipt with its verdict: posted again, it gets the same one."""
        event_id = f"{self._folder.name}-{next(self._count)}"
        said = {"about": about, "by": "nv-07", "data": data} | ({"corrects": corrects} if corrects else {})
        event = {
            "specversion": "1.0", "id": event_id, "source": f"/agencies/{org}",
            "type": f"org.reftrack.{kind}.v1", "time": (MET + timedelta(days=day)).isoformat(), "data": said,
        }  # fmt: skip
        file = self._folder / f"{event_id}.jsonl"
        file.write_text(json.dumps(event, ensure_ascii=False), "utf-8")
        deadline = time.monotonic() + WITHIN
        while (receipt := self.again(event_id, org))["verdict"] in {"routed", "waiting"} - {becomes}:
            assert time.monotonic() < deadline, receipt
            time.sleep(0.2)
        assert receipt["verdict"] == becomes, receipt
        return event_id, receipt

    def again(self, event_id: str, org: str) -> dict[str, Any]:
        """The receipt of an event that was posted, as it is now."""
        (told,) = self._terminal.json("events", "post", str(self._folder / f"{event_id}.jsonl"), "--org", org)
        return dict(told["receipt"])

    def registered(self, org: str, ref: str, name: str, commune: str) -> None:
        """Somebody who agreed that facilities are told."""
        person = {
            "client_group": "drug_user", "birth_year": 1984, "sex": "male",
            "residence_commune": commune, "identity": {"full_name": name},
        }  # fmt: skip
        self.post(org, "client-registered", person, 6, agency_ref=ref)
        consent = {
            "purposes": ["treatment", "coordination"],
            "recipients": ["detox_facility", "commune_authority"],
            "labels": ["DRUG", "LEGAL", "HEALTH"],
        }
        self.post(org, "consent-given", consent, 6, agency_ref=ref)

    def admitted(self, org: str, ref: str) -> tuple[str, dict[str, Any], str]:
        """Referred to the facility and admitted: the admission's id and receipt, the request's number."""
        _, asked = self.post(org, "referral-requested", DETOX, 7, agency_ref=ref)
        number = asked["numbers"]["referral"]
        self.post(FACILITY, "referral-received", {}, 8, referral=number, agency_ref=f"F-{ref}")
        event_id, told = self.post(
            FACILITY, "detox-admitted", {"kind": "voluntary"}, 9, agency_ref=f"F-{ref}"
        )
        return event_id, told, number


@pytest.fixture
def terminal(town: System) -> Terminal:
    return Terminal(town)


@pytest.fixture
def offices(terminal: Terminal, tmp_path: Path) -> Offices:
    return Offices(terminal, tmp_path)


def find(terminal: Terminal, ref: str, org: str) -> dict[str, Any]:
    (case,) = terminal.json("case", "find", ref, "--as", f"operator:{org}")
    return case


def reached(terminal: Terminal) -> int:
    """People registered, of all communes."""
    (report,) = terminal.json("report", "run", "--from", "2018-12-11", "--to", "2019-12-10")
    return next(
        int(each["value"])
        for each in report["figures"]
        if each["indicator_id"] == "clients_received" and not each.get("area")
    )


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def test_what_two_people_had_is_one_persons_while_they_are_merged_and_theirs_again_afterwards(
    terminal: Terminal, offices: Offices
) -> None:
    offices.registered(BO_DE, "GH-1", "Lê Gộp Một", "00139")
    offices.registered(NGOC_LAM, "GH-2", "Phạm Gộp Hai", "00133")
    _, told, number = offices.admitted(NGOC_LAM, "GH-2")
    until(lambda: bool(find(terminal, "GH-2", NGOC_LAM).get("stays")), "the stay was never seen")
    alone = {ref: find(terminal, ref, org) for ref, org in (("GH-1", BO_DE), ("GH-2", NGOC_LAM))}
    people = reached(terminal)
    first, second = (alone[ref]["case_id"] for ref in ("GH-1", "GH-2"))
    (one,) = terminal.json("clients", "merge", first, second, "--ground", "papers_seen", "--as", DISTRICT)
    assert one["open_case_id"] == first
    until(lambda: reached(terminal) == people - 1, "two people were counted")
    until(lambda: bool(find(terminal, "GH-1", BO_DE).get("merged_cases")), "the cases stayed apart")
    for ref, org in (("GH-1", BO_DE), ("GH-2", NGOC_LAM)):
        case = find(terminal, ref, org)
        assert case["case_id"] == first
        assert [each["number"] for each in case["referrals"]] == [number]
        assert [each["number"] for each in case["stays"]] == [told["numbers"]["stay"]]
    _, done = offices.post(FACILITY, "detox-completed", {"months": 1}, 40, agency_ref="F-GH-2")
    assert done["verdict"] == "accepted"
    terminal.json("clients", "unmerge", one["merge_id"], "--ground", "client_confirmed", "--as", DISTRICT)
    until(lambda: reached(terminal) == people, "the people were not counted apart again")
    until(lambda: find(terminal, "GH-2", NGOC_LAM)["case_id"] == second, "the case was not opened again")
    for ref, org in (("GH-1", BO_DE), ("GH-2", NGOC_LAM)):
        case = find(terminal, ref, org)
        assert case.get("referrals") == alone[ref].get("referrals")
        assert not any(case.get(name) for name in ("closed_on", "merged_cases", "goes_on_in"))
    (stay,) = find(terminal, "GH-2", NGOC_LAM)["stays"]
    assert stay["completed_on"]


def test_a_request_that_is_voided_while_it_waits_for_a_consent_waits_no_more(offices: Offices) -> None:
    person = {"client_group": "drug_user", "residence_commune": "00139",
              "identity": {"full_name": "Vũ Chờ Đợi"}}  # fmt: skip
    offices.post(BO_DE, "client-registered", person, 6, agency_ref="CD-1")
    waits, _ = offices.post(BO_DE, "referral-requested", DETOX, 7, agency_ref="CD-1", becomes="waiting")
    wrong = {"event_id": waits, "reason": "wrong_data"}
    offices.post(BO_DE, "event-voided", wrong, 8, agency_ref="CD-1")
    told = offices.again(waits, BO_DE)
    assert (told["verdict"], told["code"]) == ("discarded", "voided_while_waiting")


def test_what_was_wrong_at_each_service_counts_no_more_and_stays_visible(
    terminal: Terminal, offices: Offices
) -> None:
    offices.registered(BO_DE, "SS-1", "Trần Sai Sót", "00139")
    admission, told, number = offices.admitted(BO_DE, "SS-1")
    stay = told["numbers"]["stay"]
    plan = {"items": [{"service": "voluntary_detox"}]}
    planned, _ = offices.post(BO_DE, "plan-agreed", plan, 7, agency_ref="SS-1")
    right = {"items": [{"service": "voluntary_detox"}, {"service": "loan"}]}
    offices.post(BO_DE, "plan-agreed", right, 7, agency_ref="SS-1", corrects=planned)
    _, again = offices.post(
        FACILITY, "detox-admitted", {"kind": "compulsory"}, 9, agency_ref="F-SS-1", corrects=admission
    )
    until(lambda: len(find(terminal, "SS-1", BO_DE).get("plan", [])) == 2, "the plan was not corrected")

    def kinds() -> list[tuple[str, str]]:
        return [(each["number"], each["kind"]) for each in find(terminal, "SS-1", BO_DE).get("stays", [])]

    until(lambda: kinds() == [(stay, "compulsory")], f"the stay was not corrected: {again}")
    received = {"event_id": f"{offices._folder.name}-3", "reason": "did_not_happen"}
    offices.post(BO_DE, "event-voided", received, 10, agency_ref="SS-1")

    def states() -> list[tuple[str, str]]:
        return [
            (each["number"], each["state"]) for each in find(terminal, "SS-1", BO_DE).get("referrals", [])
        ]

    until(lambda: states() == [(number, "voided")], "the request was not voided")
    case = find(terminal, "SS-1", BO_DE)
    entries = terminal.json("case", "timeline", case["case_id"])
    marked = {each["type"].split(".")[2]: each["voided"] for each in entries if "voided" in each}
    assert {"plan-agreed", "detox-admitted", "referral-requested"} <= set(marked)
    assert int(marked["plan-agreed"]["replaced_by"]) > 0
    assert int(marked["detox-admitted"]["replaced_by"]) > 0
    assert int(marked["referral-requested"].get("replaced_by", 0)) == 0
