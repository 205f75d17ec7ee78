"""The pid file that a PostgreSQL server leaves behind when it does not end in good order."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

from reftrack_local.processes import Identity
from reftrack_local.progress import Reporter

SLACK = 5.0
"""Seconds between the creation of the process and the start time that it wrote into its file."""


def clear_stale(data: Path, reporter: Reporter) -> None:
    """Make way for a start: stop a server that still runs on this folder, or remove the file of a dead one.

    The process id in the file may belong to another process by now: only one that was created when the file
    says, and is called postgres, is taken for the server.
    """
    file = data / "postmaster.pid"
    if not file.exists():
        return
    server = _server(file)
    if server is None:
        reporter.say("Removed a stale pid file of PostgreSQL: the process it names is gone.")
        file.unlink(missing_ok=True)
        return
    reporter.say(
        f"Stopped PostgreSQL (pid {server.pid}), left behind by a run that did not end in good order."
    )
    server.end(signal.SIGINT, within=30)


def _server(file: Path) -> Identity | None:
    try:
        lines = file.read_text().splitlines()
        pid, started = int(lines[0]), int(lines[2])
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) <= SLACK and process.name() == "postgres"
        return Identity.of(pid) if same else None
    except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError, IndexError):
        return None
