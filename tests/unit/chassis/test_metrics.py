"""What a service shows to whoever scrapes it: what it counts itself, and no more than has happened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from chassis.rpc.auth import Authenticator
from chassis.rpc.call import Role
from chassis.rpc.gate import Gate
from chassis.telemetry.metrics import RPC_SECONDS

from tests.integration.rpc.example import texts
from tests.unit.chassis.tokens import Issuer

COUNTED_BY_INTAKE = (
    "reftrack_waiting_deliveries",
    "reftrack_overdue_deliveries",
    "reftrack_quarantined_deliveries",
)


def shown_by(service: str) -> str:
    script = f"import {service}.__main__, prometheus_client as p; print(p.generate_latest().decode())"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("service", ["referral", "followup", "reporting"])
def test_no_service_shows_a_gauge_that_only_intake_sets(service: str) -> None:
    shown = shown_by(service)
    assert "reftrack_relay_active" in shown
    assert [name for name in COUNTED_BY_INTAKE if name in shown] == []


def test_intake_shows_what_waits_what_is_overdue_and_what_lies_in_quarantine() -> None:
    shown = shown_by("intake")
    assert [name for name in COUNTED_BY_INTAKE if name not in shown] == []


def test_a_method_that_nobody_called_has_no_times(tmp_path: Path) -> None:
    method = "a.Service/NobodyCalls"
    Gate(
        method,
        authenticator=Authenticator(Issuer(tmp_path).jwks),
        allowed={Role.OPERATOR},
        texts=texts,
        default_seconds=None,
        drain=None,
    )
    samples = [each for family in RPC_SECONDS.collect() for each in family.samples]
    assert [each for each in samples if each.labels["method"] == method] == []
