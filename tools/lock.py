"""Write `requirements.lock`: every package of every member and of development, with hashes, for every system.

    make lock              keeps the versions that are locked as far as the members still allow
    make lock UPGRADE=1    takes the newest ones

The lock names no registry and none of our own packages. `python tools/lock.py --check` says, without network,
whether it still has what the members ask for.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
LEAST_PYTHON = "3.11"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


def members() -> list[Path]:
    """The folders of the workspace's members, as the root `pyproject.toml` lists them."""
    patterns = project(ROOT)["tool"]["uv"]["workspace"]["members"]
    return sorted(found.parent for each in patterns for found in ROOT.glob(f"{each}/pyproject.toml"))


def project(member: Path) -> dict[str, Any]:
    return tomllib.loads((member / "pyproject.toml").read_text())


def name_of(member: Path) -> str:
    return str(project(member)["project"]["name"])


def asked_for() -> Iterator[tuple[str, Requirement]]:
    """Every requirement of every member and of development, with who asks; not those on our own packages."""
    own = {name_of(member) for member in members()}
    asked = {name_of(each): project(each)["project"]["dependencies"] for each in members()}
    asked["development"] = project(ROOT)["dependency-groups"]["dev"]
    for who, requirements in asked.items():
        for requirement in map(Requirement, requirements):
            if requirement.name not in own:
                yield who, requirement


def check() -> int:
    """Print what the lock lacks; status 1 if anything."""
    text = LOCK.read_text()
    locked = {canonicalize_name(name): version for name, version in PINNED.findall(text)}
    lacking = [
        f"{who} wants {requirement}, the lock has {locked.get(canonicalize_name(requirement.name), 'none')}"
        for who, requirement in asked_for()
        if locked.get(canonicalize_name(requirement.name), "") not in requirement.specifier
    ]
    if "://" in text:
        lacking.append("the lock names a registry")
    print("\n".join([*lacking, "Run `make lock`."]) if lacking else "The lock is current.")
    return 1 if lacking else 0


def main(uv: str, *options: str) -> int:
    command = [uv, "pip", "compile", "pyproject.toml", "--group", "dev", "--universal", "--generate-hashes"]
    command += ["--python-version", LEAST_PYTHON, "--no-annotate", "--custom-compile-command", "make lock"]
    command += ["--output-file", str(LOCK), "--quiet", *options]
    for member in members():
        command += [str(member.relative_to(ROOT) / "pyproject.toml"), "--no-emit-package", name_of(member)]
    done = subprocess.run(command, cwd=ROOT, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1:] == ["--check"] else main(*sys.argv[1:]))
