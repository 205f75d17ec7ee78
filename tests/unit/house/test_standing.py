"""Whoever takes no part today is refused by every method of every service, but for what is listed here."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chassis.admin import ADMIN_RULES
from chassis.clock import FixedClock
from chassis.refusal import Refusal
from chassis.rpc.call import Call, Caller, Role
from directory import Standing
from directory.living import living
from followup.service import SERVICE as FOLLOWUP
from intake import service as intake
from reference import Reference
from referral.service import SERVICE as REFERRAL
from reporting.application import REPORTING

REFERENCE = Reference.load(Path("deploy/reference"))
NOW = datetime(2026, 7, 1, 3, tzinfo=UTC)
ENDED, SUSPENDED, IN_FORCE = "dpv-long-bien", "ldtbxh-bo-de", "ldtbxh-ngoc-lam"
SERVICES = {one.name: one for one in (intake.SERVICE, REFERRAL, FOLLOWUP, REPORTING)}

OWN_RECEIPTS = {"IntakeService/SubmitEvents", "IntakeService/ListReceipts", "IntakeService/WatchReceipts"}
"""What answers with receipts, and the receipts: docs/offices.md."""

READS = (
    *("List", "Get", "Find", "Show", "Watch", "Run"),
    *("Explain", "Replay", "Stream", "Search", "Read", "Check"),
)
"""How methods begin that tell something, and record at most that they did."""

OPEN_TO_WHO_REPORTS_LATE = OWN_RECEIPTS | {"SealingService/ListSealingKeys"}


@pytest.fixture(params=sorted(SERVICES))
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every method that a service opens, and what it asks of whoever calls."""
    service = SERVICES[request.param]
    known = living(REFERENCE, "postgresql://nobody.asks.it")
    known.reading.organisations.learn(
        [REFERENCE.organisations[SUSPENDED].model_copy(update={"suspended": True})]
    )
    monkeypatch.setattr(intake, "_offices", lambda _: SimpleNamespace(live=known.reading.organisations))
    for module in ("followup.service", "referral.service", "reporting.application"):
        monkeypatch.setattr(f"{module}.living_of", lambda _: known)
    of_one_version = SimpleNamespace(projector=SimpleNamespace(of_other_version=tuple))
    monkeypatch.setattr("reporting.application._made", lambda _: of_one_version)
    parts: Any = SimpleNamespace(clock=FixedClock(NOW))
    return SimpleNamespace(methods=sorted({**ADMIN_RULES, **service.rules}), admits=service.admits(parts))


def refused(asked: Any, method: str, org: str, role: Role = Role.OPERATOR) -> str:
    try:
        asked.admits(Call(method, Caller("an", org, role), "", "", None))
    except Refusal as refusal:
        return refusal.code
    return ""


def short(method: str) -> str:
    return ".".join(method.split(".")[3:])


def test_a_suspended_office_is_refused_by_every_method_but_with_its_own_receipts(asked: Any) -> None:
    open_to_it = {short(one) for one in asked.methods if not refused(asked, one, SUSPENDED)}
    assert open_to_it <= OWN_RECEIPTS
    assert {refused(asked, one, SUSPENDED) for one in asked.methods} <= {"", "agency_suspended"}


def test_an_office_whose_life_ended_reads_its_own_receipts_and_nothing_else(asked: Any) -> None:
    open_to_it = {short(one) for one in asked.methods if not refused(asked, one, ENDED)}
    told = {one for one in open_to_it if one.rpartition("/")[2].startswith(READS)}
    assert told <= OPEN_TO_WHO_REPORTS_LATE
    assert not {one for one in open_to_it if one.startswith(("Identity", "Matching", "Quarantine", "Agency"))}
    assert "CaseService/ReviewScreening" not in open_to_it, "it is said today, and of no day"


@pytest.mark.parametrize("org", [IN_FORCE, "nobody-knows-it"])
def test_whoever_takes_part_and_who_is_in_no_directory_is_left_to_the_methods(asked: Any, org: str) -> None:
    assert [one for one in asked.methods if refused(asked, one, org)] == []


@pytest.mark.parametrize("org", [SUSPENDED, ENDED])
def test_who_keeps_the_machinery_does_so_whatever_becomes_of_the_office(asked: Any, org: str) -> None:
    assert [one for one in asked.methods if refused(asked, one, org, Role.ADMINISTRATOR)] == []


def test_an_office_takes_part_on_its_last_day_and_not_on_the_next() -> None:
    organisations = REFERENCE.organisations.live(REFERENCE.country)
    last = datetime(2025, 6, 30, 16, 59, tzinfo=UTC)
    Standing(organisations, FixedClock(last)).check(ENDED)
    with pytest.raises(Refusal, match="organisation_not_in_force"):
        Standing(organisations, FixedClock(last.replace(hour=17))).check(ENDED)
