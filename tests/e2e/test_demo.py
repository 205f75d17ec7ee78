"""`reftrack demo`, as a newcomer runs it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.faults.conftest import folder_for_a_system

SHOWN = (
    "170 imaginary people of six wards",
    "First year of the Hà Nội pilot, to 10 December 2019",
    "What made them differ:",
    "One person's timeline",
    "replayed as of",
    "state then:",
    "Receipts by kind, as the agencies read them",
    "To look further:",
)


@pytest.mark.timeout(600)
def test_the_demo_ends_well_and_shows_report_timeline_replay_and_receipts() -> None:
    with folder_for_a_system("demo") as folder:
        command = [sys.executable, "-m", "reftrack_cli", "demo", "--state", str(folder)]
        english = {**os.environ, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=580, check=False, env=english)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    for section in SHOWN:
        assert section in done.stdout, section
    assert "DIFFERS" not in done.stdout
    assert "equal" in done.stdout
