"""The command line against a running system: what the law lays down, what codes mean, what is due, maps."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from reference.decrees import committed_events

from tests.e2e.conftest import COMPANY
from tests.e2e.test_commands import Terminal
from tests.faults.people import NOW
from tests.faults.system import System

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def terminal(town: System) -> Terminal:
    return Terminal(town)


def test_what_holds_is_printed_with_law_and_article_and_what_is_unconfirmed_is_marked(
    terminal: Terminal,
) -> None:
    told = terminal.run("policy", "show", "--on", "2026-07-01", "--province", "01", "--lang", "vi")
    assert "vn-law-2025@" in told
    assert "CHƯA XÁC NHẬN" in told
    assert "Luật 120/2025/QH15" in told
    assert "cách hiểu của chúng tôi" in told
    assert not re.search(r"\b(Law|Decree|Article|from|our|the|of)\b", told)
    english = terminal.run("policy", "show", "--on", "2026-07-01", "--lang", "en")
    assert "Law 120/2025/QH15" in english
    assert not re.search(r"Luật|Nghị định|Điều|ngày|của", english)
    (answer,) = terminal.json("policy", "show", "--on", "2026-07-01")
    detox = next(v for v in answer["values"] if v["name"] == "terms.compulsory_detox_first_months")
    assert (detox["value_json"], detox["confirmed"]) == ("24", False)


def test_a_code_is_shown_with_what_became_of_it_and_found_by_its_name(terminal: Terminal) -> None:
    told = terminal.run("territory", "show", "00133", "--on", "2026-11-20", "--lang", "vi")
    assert "Phường Bồ Đề (00118)" in told
    assert "mã cũ" in told
    (unit,) = terminal.json("territory", "search", "ngoc lam, ha noi", "--on", "2019-03-01")
    assert (unit["code"], unit["name_vi"]) == ("00133", "Phường Ngọc Lâm")


def test_the_list_is_loaded_by_one_command_once_and_the_auditor_has_it(
    terminal: Terminal, town: System
) -> None:
    count = len(committed_events())
    (first,) = terminal.json("territory", "load")
    assert (int(first["recorded"]), int(first["known"])) == (count, 0)
    (again,) = terminal.json("territory", "load")
    assert (int(again["recorded"]), int(again["known"])) == (0, count)
    deadline = time.monotonic() + 120
    while (found := _in_history(town)) < count + 1:
        assert time.monotonic() < deadline, f"{found} of {count + 1} events reached the history"
        time.sleep(0.5)


def _in_history(town: System) -> int:
    with psycopg.connect(town.runtime.dsn("reporting")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM history WHERE type LIKE 'org.reftrack.org-unit%'"
            " OR type = 'org.reftrack.territory-opened.v1'"
        ).fetchone()
    assert row is not None
    return int(row[0])


DECREE = {
    "effective": "2031-01-01",
    "source": "A decree of a test",
    "units": ["00118", "00145"],
    "into": {
        "code": "00119",
        "name": {"vi": "Phường Thử Nghiệm", "en": "Thu Nghiem ward"},
        "level": "commune",
        "kind": "ward",
        "parent": "01",
    },
}


def test_a_decree_of_later_reaches_the_running_services(
    terminal: Terminal, town: System, tmp_path: Path
) -> None:
    file = tmp_path / "decree.jsonl"
    file.write_text(json.dumps({"type": "org.reftrack.org-units-merged.v1", "data": DECREE}) + "\n", "utf-8")
    assert int(terminal.json("territory", "load", str(file), "--dry-run")[0]["recorded"]) == 1
    assert int(terminal.json("territory", "load", str(file))[0]["recorded"]) == 1
    _eventually(lambda: _shown(terminal)["outcome"] == "carried_forward", "intake")
    period = ["--from", "2018-01-01", "--to", NOW.date().isoformat()]
    _eventually(
        lambda: "00119" in _areas(terminal, *period, "--by", "commune", "--map", "2031-05-02"), "reporting"
    )
    for service in ("referral", "followup"):
        _eventually(lambda service=service: _kept(town, service) == 1, service)


def _shown(terminal: Terminal) -> dict[str, Any]:
    (answer,) = terminal.json("territory", "show", "00145", "--on", "2031-05-02")
    return answer


def _areas(terminal: Terminal, *words: str) -> set[str]:
    (answer,) = terminal.json("report", "run", *words)
    return {code for figure in answer["figures"] for code in (figure["area"], *figure["one_of"])}


def _kept(town: System, service: str) -> int:
    with psycopg.connect(town.runtime.dsn(service)) as connection:
        row = connection.execute("SELECT count(*) FROM territory_events").fetchone()
    assert row is not None
    return int(row[0])


def _eventually(holds: Any, who: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, f"still not: {who}"
        time.sleep(0.5)


def test_a_report_on_the_map_of_today_names_what_nobody_can_place(terminal: Terminal) -> None:
    period = ["--from", "2018-01-01", "--to", NOW.date().isoformat()]
    asked = ["report", "run", *period, "--indicator", "clients_reached", "--by", "commune"]
    (answer,) = terminal.json(*asked, "--map", "2026-11-20")
    whole, *cells = answer["figures"]
    assert int(whole["value"]) == sum(int(cell["value"]) for cell in cells)
    assert any(len(cell["one_of"]) > 1 for cell in cells)
    told = terminal.run(*asked, "--map", "2026-11-20", "--lang", "vi")
    assert "một trong" in told
    assert "trên bản đồ ngày 2026-11-20" in told


def test_what_is_asked_of_a_provider_is_due_and_overdue_once_the_clock_has_passed_it(
    terminal: Terminal, town: System, tmp_path: Path
) -> None:
    asked = next(step for step in town.company(COMPANY) if step.type.endswith("referral-requested.v1"))
    provider = asked.data["provider"]
    data = {"about": asked.about, "by": "nv-01", "data": asked.data, "legal_basis": asked.legal_basis}
    line = {"specversion": "1.0", "id": "cli-due", "source": f"/agencies/{asked.org}", "type": asked.type,
            "time": NOW.isoformat(), "data": data}  # fmt: skip
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(line) + "\n", "utf-8")
    terminal.json("events", "post", str(file), "--org", asked.org)
    _eventually(lambda: _due(terminal, provider), "referral")
    (one,) = _due(terminal, provider)
    assert (one["which"], one["other"], one["overdue"]) == ("acknowledge", asked.org, False)
    assert _due(terminal, provider, "--overdue") == []
    town.runtime.clock.set(NOW + timedelta(days=30))
    try:
        _eventually(lambda: _due(terminal, provider, "--overdue"), "referral's clock")
        told = terminal.run("due", "--overdue", "--as", f"operator:{provider}", "--lang", "vi")
        assert "xác nhận đã nhận chuyển gửi" in told
        _eventually(lambda: "deadline-passed" in _timeline(terminal, one["case_id"]), "the timeline")
    finally:
        town.runtime.clock.set(NOW)


def _due(terminal: Terminal, org: str, *words: str) -> list[dict[str, Any]]:
    return terminal.json("due", "--as", f"operator:{org}", *words)


def _timeline(terminal: Terminal, case_id: str) -> str:
    return terminal.run("case", "timeline", case_id, "--json")
