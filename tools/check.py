"""`make check`: everything that can be said about the code without running it.

    python tools/check.py [NAME…]     all checks, or those named

Each check is a command; its output is shown only when it fails. Status 1 if any failed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Check:
    """A command and what it looks after."""

    name: str
    about: str
    command: tuple[str, ...]


def tool(name: str) -> str:
    return shutil.which(name, path=str(BIN)) or name


CHECKS = (
    Check("format", "the form of the code", (tool("ruff"), "format", "--check", ".")),
    Check("lint", "ruff's rules", (tool("ruff"), "check", ".")),
    Check("types", "mypy --strict over sources, tests and tools", (tool("mypy"),)),
    Check("walls", "who may import whom", (tool("lint-imports"),)),
    Check(
        "lock", "requirements.lock has what the members ask for", (sys.executable, "tools/lock.py", "--check")
    ),
    Check("proto", "the .proto files: lint", (tool("buf"), "lint", "proto")),
    Check(
        "breaking",
        "the .proto files: nothing that breaks who calls us",
        (tool("buf"), "breaking", "proto", "--against", "proto/image.binpb"),
    ),
    Check(
        "contracts",
        "generated files are current, shipped schemas unchanged",
        (sys.executable, "-m", "contracts.generate", "--check"),
    ),
)


def main(*names: str) -> int:
    chosen = [check for check in CHECKS if not names or check.name in names]
    if unknown := set(names) - {check.name for check in CHECKS}:
        print(f"No such check: {', '.join(sorted(unknown))}. There are: {', '.join(c.name for c in CHECKS)}.")
        return 2
    begun = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count() or 1) as workers:
        passed = list(workers.map(run, chosen))
    print(f"{sum(passed)} of {len(chosen)} checks passed in {time.monotonic() - begun:.0f} s.")
    return 0 if all(passed) else 1


def run(check: Check) -> bool:
    begun = time.monotonic()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        done = subprocess.run(
            check.command,
            cwd=ROOT,
            env=environment,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        failed, said = done.returncode != 0, done.stdout
    except OSError as error:
        failed, said = True, f"{check.command[0]}: {error.strerror}"
    seconds = time.monotonic() - begun
    print(f"{'FAILED' if failed else 'passed'}  {check.name:<10} {seconds:5.1f} s  {check.about}", flush=True)
    if failed:
        print("\n".join(f"    {line}" for line in said.splitlines()), flush=True)
    return not failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
