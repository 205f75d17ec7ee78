"""The command line against a running system: what operators, agencies and auditors ask, as JSON."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from chassis.ids import number
from confluent_kafka import Producer
from reftrack_cli import session
from reftrack_cli.main import app
from reftrack_demo.steps import Step
from typer.testing import CliRunner

from tests.e2e.conftest import COMPANY
from tests.faults.people import MET, NOW
from tests.faults.system import System

pytestmark = pytest.mark.timeout(120)


class Terminal:
    """Runs `reftrack` with `--state` of a system."""

    def __init__(self, town: System) -> None:
        self.state = ["--state", str(town.runtime.folder.path)]
        session.out.width = 240  # whatever the terminal that the tests run in

    def run(self, *words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, *self.state])
        assert done.exit_code == code, f"{words}: {done.output} {done.exception!r}"
        return done.output

    def json(self, *words: str, code: int = 0) -> list[dict[str, Any]]:
        """The documents that a command prints, one a line."""
        return [
            json.loads(line) for line in self.run(*words, "--json", code=code).splitlines() if line[:1] == "{"
        ]


@pytest.fixture
def terminal(town: System) -> Terminal:
    return Terminal(town)


@pytest.fixture
def helped(town: System) -> list[Step]:
    """What was posted about the first person of the company: met, registered, helped by two providers."""
    steps = town.company(COMPANY)
    return [step for step in steps if step.key == steps[0].key]


@pytest.fixture
def case(terminal: Terminal, helped: list[Step]) -> dict[str, Any]:
    social = next(step.org for step in helped if "client-registered" in step.type)
    (found,) = terminal.json("case", "find", helped[0].key, "--as", f"operator:{social}")
    return found


def test_a_case_is_found_by_reference_and_number_and_shown(
    terminal: Terminal, town: System, helped: list[Step], case: dict[str, Any]
) -> None:
    gives = next(step.gives for step in helped if step.gives and "introduction" in step.gives)
    (found,) = terminal.json("case", "find", town.office.slips[gives])
    assert terminal.json("case", "show", case["case_id"]) == [found]
    assert terminal.json("case", "show", town.office.slips[gives]) == [found]
    assert found["case_id"] == case["case_id"]
    assert {each["service"] for each in found["referrals"]} == {"hiv_test", "hiv_prevention"}


def test_a_case_that_does_not_exist_is_refused_in_words(terminal: Terminal) -> None:
    assert "NOT_FOUND" in terminal.run("case", "find", number(bytes(32), "GT", "nobody"), code=1)
    assert "INVALID_ARGUMENT" in terminal.run("case", "find", "GT-0000-0000-0000-0", code=1)


def test_a_reference_of_the_agency_that_looks_like_a_number_is_found(
    terminal: Terminal, tmp_path: Path
) -> None:
    data = {"about": {"agency_ref": "CG-17"}, "by": "nv-01"}
    data["data"] = {"channel": "office", "commune": "00139", "client_group": "drug_user"}
    line = {"specversion": "1.0", "id": "cli-17", "source": "/agencies/cap-bo-de", "time": MET.isoformat(),
            "type": "org.reftrack.client-contacted.v1", "data": data}  # fmt: skip
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(line) + "\n")
    terminal.json("events", "post", str(file), "--org", "cap-bo-de")
    deadline = time.monotonic() + 30
    words = ("case", "find", "CG-17", "--as", "operator:cap-bo-de")
    while "error" in (answer := json.loads(found(terminal, *words))):
        # No number, and no reference that the view knows yet: the first of the two refusals is told.
        assert answer["error"]["status"] == "INVALID_ARGUMENT", answer
        assert time.monotonic() < deadline, "the view never told of it"
        time.sleep(0.2)
    assert answer["agency_refs"] == ["CG-17"]


def found(terminal: Terminal, *words: str) -> str:
    return CliRunner().invoke(app, [*words, "--json", *terminal.state]).output


def test_the_history_of_a_case_grows_with_the_moment_as_of_which_it_is_asked(
    terminal: Terminal, case: dict[str, Any]
) -> None:
    whole = terminal.json("case", "history", case["case_id"])
    early = terminal.json(
        "case", "history", case["case_id"], "--occurred-by", f"{MET + timedelta(days=3):%Y-%m-%d}"
    )
    none = terminal.json(
        "case", "history", case["case_id"], "--recorded-by", f"{NOW - timedelta(days=9):%Y-%m-%d}"
    )
    assert 0 < len(early) < len(whole)
    assert none == []
    assert whole[0]["event"]["type"] == "org.reftrack.case-opened.v1"


def test_referrals_are_listed_by_provider_and_shown_one_by_one(
    terminal: Terminal, case: dict[str, Any]
) -> None:
    wanted = case["referrals"][0]
    listed = terminal.json("referrals", "list", "--provider", wanted["provider"])
    assert wanted["number"] in [each["number"] for each in listed]
    (shown,) = terminal.json("referrals", "show", wanted["number"])
    assert (shown["number"], shown["state"]) == (wanted["number"], "closed")


def test_a_report_counts_who_was_helped_in_a_commune(terminal: Terminal) -> None:
    period = ("--from", "2018-12-11", "--to", "2019-12-10")
    (report,) = terminal.json("report", "run", *period, "--by", "commune")
    figures = {
        (each["indicator_id"], each.get("row", "")): int(each.get("value", 0))
        for each in report["figures"]
        if each.get("area") == "00133"
    }
    assert figures["clients_reached", ""] == 1
    assert figures["plans_agreed", ""] == 1
    assert figures["referred_to", "hiv_test"] == 1


def test_an_agency_reads_its_receipts(terminal: Terminal, helped: list[Step]) -> None:
    receipts = terminal.json("receipts", "--org", helped[0].org, "--most", "1000")
    assert (helped[0].event_id, "accepted") in [(each["id"], each["verdict"]) for each in receipts]


def test_an_agency_reads_no_other_agencys_receipts(terminal: Terminal, helped: list[Step]) -> None:
    words = ("receipts", "--org", helped[0].org, "--as", "agency:cap-me-tri")
    (told,) = terminal.json(*words, code=1)
    assert told["error"]["reason"] == "receipts_not_yours"
    assert helped[0].event_id not in json.dumps(told)


def test_a_file_of_events_is_posted_twice_and_counts_once(terminal: Terminal, tmp_path: Path) -> None:
    data = {"about": {"agency_ref": "CLI-1"}, "by": "nv-01"}
    data["data"] = {"channel": "office", "commune": "00139", "client_group": "drug_user"}
    line = {"specversion": "1.0", "id": "cli-1", "source": "/agencies/cap-bo-de", "time": MET.isoformat(),
            "type": "org.reftrack.client-contacted.v1", "data": data}  # fmt: skip
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(line) + "\n{broken\n")
    words = ("events", "post", str(file), "--org", "cap-bo-de")
    first = terminal.json(*words, code=1)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    again = terminal.json(*words, code=1)
    assert [each["receipt"]["verdict"] for each in first] == ["accepted", "quarantined"]
    assert [each["receipt"].get("repetition", False) for each in again] == [True, True]


def test_what_lies_in_quarantine_is_listed_shown_and_discarded(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("{not json either\n")
    terminal.json("events", "post", str(file), "--org", "cap-duc-giang", code=1)
    (listed,) = terminal.json("quarantine", "list", "--org", "cap-duc-giang")
    (shown,) = terminal.json("quarantine", "show", listed["quarantine_id"], "--reason", "a test")
    assert shown["delivery"] == listed
    plain = terminal.run("quarantine", "list", "--org", "cap-duc-giang", "--lang", "vi")
    assert listed["problems"][0]["remedy"]["vi"].split()[0] in plain
    (discarded,) = terminal.json("quarantine", "discard", listed["quarantine_id"], "--reason", "a test")
    assert discarded["verdict"] == "discarded"
    assert terminal.json("quarantine", "list", "--org", "cap-duc-giang") == []


def test_what_waits_is_listed_for_the_office_that_posted_it(terminal: Terminal, tmp_path: Path) -> None:
    data = {"about": {"agency_ref": "CLI-77"}, "by": "nv-01", "data": {"topic": "job", "mode": "office"}}
    kind, source = "org.reftrack.counselling-provided.v1", "/agencies/ldtbxh-bo-de"
    named = {"specversion": "1.0", "id": "cli-77", "source": source, "type": kind, "time": MET.isoformat()}
    file = tmp_path / "early.jsonl"
    file.write_text(json.dumps({**named, "data": data}) + "\n")
    terminal.json("events", "post", str(file), "--org", "ldtbxh-bo-de")
    mine = waiting(terminal, "--as", "operator:ldtbxh-bo-de")
    assert mine["cli-77"]["waiting_for"] == "agency_ref CLI-77"
    assert "cli-77" not in waiting(terminal, "--as", "operator:ldtbxh-my-dinh-1")
    assert "CLI-77" in terminal.run("waiting", "list", "--org", "ldtbxh-bo-de", "--lang", "vi")
    assert "cli-77" not in waiting(terminal, "--overdue")


def waiting(terminal: Terminal, *words: str) -> dict[str, dict[str, Any]]:
    """What waits, by the events' ids: other journeys left theirs."""
    return {each["id"]: each for each in terminal.json("waiting", "list", *words)}


def test_what_cannot_be_handled_is_shown_tried_again_and_given_up(terminal: Terminal, town: System) -> None:
    with Producer({"bootstrap.servers": town.runtime.kafka.bootstrap}) as producer:
        producer.produce("intake.events.v1", b"no event", key=b"nobodys-case")
    for service in ("referral", "followup", "reporting"):
        await_parked(terminal, service)
        (shown,) = terminal.json("parked", "show", service, "nobodys-case")
        (record,) = shown["records"]
        assert record["topic"] == "intake.events.v1"
        assert record["parked_id"] in terminal.run("parked", "show", service, "nobodys-case", "--lang", "vi")
        (retried,) = terminal.json("parked", "retry", service, "nobodys-case")
        assert retried["left"] == 1
        words = ("parked", "skip", service, "nobodys-case", "--reason", "a test", "--record")
        assert "Handled: 0. Still waiting: 0." in terminal.run(*words, record["parked_id"])


def await_parked(terminal: Terminal, service: str) -> None:
    deadline = time.monotonic() + 30
    while [each["case_key"] for each in terminal.json("parked", "list", service)] != ["nobodys-case"]:
        assert time.monotonic() < deadline, f"{service} parked nothing"
        time.sleep(0.2)


@pytest.mark.parametrize("service", ["intake", "referral", "followup", "reporting"])
def test_nothing_is_parked(terminal: Terminal, service: str) -> None:
    assert terminal.json("parked", "list", service) == []


@pytest.mark.parametrize("view", ["cases", "referrals", "facts"])
def test_a_view_is_built_anew_and_equals_the_live_one(terminal: Terminal, view: str) -> None:
    last = terminal.json("views", "rebuild", view)[-1]
    assert last["phase"] == "REBUILD_PHASE_SWITCHED"
    assert last["equal"] is True
    assert view in [each["name"] for each in terminal.json("views", "list")]


def test_every_part_says_that_it_is_well(terminal: Terminal) -> None:
    terminal.run("health")
