"""What a run left behind that did not end in good order, and how any run is stopped from outside."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

from reftrack_local.processes import Identity
from reftrack_local.progress import Reporter

WITHIN = 20.0


def parts(record: dict[str, Any]) -> Iterator[tuple[str, Identity]]:
    """Names and identities of the processes that a `runtime.json` names; services first, servers last."""
    for instances in record.get("services", {}).values():
        for instance in instances:
            if "pid" in instance:
                yield instance["name"], Identity.read(instance)
    for server in ("kafka", "postgres"):
        if "pid" in record.get(server, {}):
            yield server, Identity.read(record[server])


def stop(record: dict[str, Any], reporter: Reporter) -> list[str]:
    """Stop the processes named that still live; gives their names.

    A process id that belongs to another process by now (created at another time) is left alone.
    """
    stopped = []
    for name, identity in parts(record):
        if identity.end(signal.SIGINT if name == "postgres" else signal.SIGTERM, WITHIN):
            reporter.say(f"Stopped {name} (pid {identity.pid}), left behind by a run that ended badly.")
            stopped.append(name)
    return stopped
