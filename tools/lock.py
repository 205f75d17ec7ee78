"""Write `requirements.lock`: every package of every member and of development, with hashes, for every system.

    make lock              keeps the versions that are locked as far as the members still allow
    make lock UPGRADE=1    takes the newest ones

The lock names no registry and none of our own packages.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
LEAST_PYTHON = "3.11"


def members() -> list[Path]:
    """The folders of the workspace's members, as the root `pyproject.toml` lists them."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    return sorted(found.parent for each in patterns for found in ROOT.glob(f"{each}/pyproject.toml"))


def name_of(member: Path) -> str:
    return str(tomllib.loads((member / "pyproject.toml").read_text())["project"]["name"])


def main(uv: str, *options: str) -> int:
    command = [uv, "pip", "compile", "pyproject.toml", "--group", "dev", "--universal", "--generate-hashes"]
    command += ["--python-version", LEAST_PYTHON, "--no-annotate", "--custom-compile-command", "make lock"]
    command += ["--output-file", str(LOCK), "--quiet", *options]
    for member in members():
        command += [str(member.relative_to(ROOT) / "pyproject.toml"), "--no-emit-package", name_of(member)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
