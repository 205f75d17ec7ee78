"""The master key is changed by the commands of the runbook while agencies post and intake is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import psycopg
import pytest
from chassis import rewrapping
from chassis.masterkey import FileMasterKey

from tests.faults.system import System, dying

NUMBER = 90


@pytest.mark.long
@pytest.mark.timeout(500)
def test_the_master_key_is_changed_while_agencies_post_and_intake_is_killed(
    system: System, undisturbed: System
) -> None:
    undisturbed.play(NUMBER)
    runtime = system.runtime
    file = runtime.folder.keys / "master.key"
    old = FileMasterKey(file).key_id
    with psycopg.connect(runtime.dsn("intake"), autocommit=True) as connection:
        new = said(system, "add-key")["key_id"]
        with system.meanwhile(NUMBER), dying(system.only("intake"), "rewrap_mid_page", within=150):
            _until_held(system, new)
            subprocess.run(_command(system, "rotate", new, "--no-wait"), check=False, timeout=60)
        assert rewrapping.newest(connection).to_key_id == new  # type: ignore[union-attr]
        finished = said(system, "rotate", new)
        assert finished["left"] == "0"
        assert "finished_at" in finished
        assert set(rewrapping.wraps(connection)) == {new}
    assert said(system, "remove-key", old, status=0) == {}
    assert list(FileMasterKey(file).key_ids) == [new]
    system.only("intake").restart()
    runtime.await_ready()
    system.check()
    system.must_equal(undisturbed, NUMBER)


def _until_held(system: System, key_id: str) -> None:
    """The running instance takes up the file within seconds."""
    end = time.monotonic() + 60
    while True:
        told = said(system, "status", status=None)
        if any(key["key_id"] == key_id and key["held_by"] for key in told.get("keys", [])):
            return
        assert time.monotonic() < end, told
        time.sleep(0.2)


def said(system: System, *arguments: str, status: int | None = 0) -> dict[str, Any]:
    """What a command of `reftrack vault` answers in JSON."""
    done = subprocess.run(
        _command(system, *arguments, "--json"), capture_output=True, timeout=90, check=False
    )
    assert status is None or done.returncode == status, done
    return dict(json.loads(done.stdout)) if done.stdout.strip() else {}


def _command(system: System, *arguments: str) -> list[str]:
    state = str(system.runtime.folder.path)
    return [sys.executable, "-m", "reftrack_cli", "vault", *arguments, "--state", state]
