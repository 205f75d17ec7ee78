"""How long a warm demo takes, and what the four services hold in memory at its end."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

WARM_SECONDS, MOST_MB = 90, 1024
MB = 1024 * 1024
LOOK_EVERY = 0.5


def demo() -> list[str]:
    """Run the demo, everything downloaded already, and say so in sentences. Raises if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "reftrack_cli", "demo", "--state", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        largest = max(_sizes(process, Path(folder)), default=0.0)
        if process.returncode:
            assert process.stderr is not None
            raise RuntimeError(f"the demo failed: {process.stderr.read().decode()[-2000:]}")
        seconds = time.perf_counter() - started
    return [
        f"A warm `make demo`: {seconds:.0f} s (bound {WARM_SECONDS}).",
        f"Resident memory of the four services together during the demo, at its greatest: {largest:.0f} MB "
        f"(bound {MOST_MB}). Over many events: [memory](memory.md).",
    ]


def _sizes(process: subprocess.Popen[bytes], folder: Path) -> Iterator[float]:
    """Megabytes of the four services together, again and again until the demo ends."""
    while process.poll() is None:
        with suppress(OSError, ValueError, KeyError, psutil.NoSuchProcess):
            services = json.loads((folder / "runtime.json").read_text())["services"]
            pids = [one["pid"] for instances in services.values() for one in instances]
            yield sum(psutil.Process(pid).memory_info().rss for pid in pids) / MB
        time.sleep(LOOK_EVERY)
