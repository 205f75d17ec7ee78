"""Make `.venv` with nothing but this Python: fetch uv, install what `requirements.lock` pins, then our own.

    python3 tools/bootstrap.py [--quiet]

Needs Python 3.11 or newer with venv, and on the first run the network. Does nothing when everything is
current: a stamp in `.venv` stands for the lock, the members, this Python and this folder. A `.venv` with a
file `.keep` in it is looked after by its owner, and left alone.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
UV_VENV = TOOLS / "uv"
UV = UV_VENV / "bin" / "uv"
STAMP = VENV / ".stamp"
OLDEST = (3, 11)


class Failed(Exception):
    """Setting up cannot go on; the text says why and what to do."""


def main(*options: str) -> int:
    try:
        set_up(quiet="--quiet" in options)
    except Failed as failed:
        print(f"setup: {failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def set_up(*, quiet: bool) -> None:
    """Bring `.venv` up to date. Raises Failed."""
    if sys.version_info < OLDEST:
        raise Failed(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}. Set PYTHON=python3.x."
        )
    if is_current():
        say(quiet, "Everything is set up.")
        return
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current():
            install()
    say(quiet, "Everything is set up.")


def is_current() -> bool:
    """Whether `.venv` works and is what the lock asks for."""
    if not (VENV / "bin" / "python").exists():  # also a link to a Python that is gone
        return False
    return (VENV / ".keep").exists() or (STAMP.exists() and STAMP.read_text() == stamp())


def stamp() -> str:
    """A hash of all that `.venv` depends on."""
    digest = hashlib.sha256()
    for text in (str(ROOT), python(), sys.version):
        digest.update(text.encode() + b"\0")
    for file in [Path(__file__), ROOT / "requirements.lock", ROOT / "requirements-uv.txt", *projects()]:
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def projects() -> list[Path]:
    """The `pyproject.toml` of every member of the workspace."""
    import tomllib

    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    found = (file for each in patterns for file in glob.glob(str(ROOT / each / "pyproject.toml")))
    return sorted(Path(file) for file in found)


def python() -> str:
    """This Python itself, not a link to it: a link may vanish, and the environment with it."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def install() -> None:
    print("Setting up: once now, and again only when something that is pinned changes.", flush=True)
    bring_uv()
    if not is_usable():
        if VENV.exists():
            print("The old .venv does not work here; making it anew.", flush=True)
            shutil.rmtree(VENV)
        run([str(UV), "venv", "--quiet", "--python", python(), str(VENV)], "make .venv")
    STAMP.unlink(missing_ok=True)
    pip = [str(UV), "pip"]
    target = ["--python", str(VENV / "bin" / "python")]
    sync = [*pip, "sync", *target, "--require-hashes", "requirements.lock"]
    if not works([*sync, "--offline"]):  # what this user's cache holds needs no network
        run(sync, "install what is locked")
    members = [part for file in projects() for part in ("-e", str(file.parent))]
    own = ["--quiet", "--no-deps", "--no-build-isolation", "--offline"]
    run([*pip, "install", *target, *own, *members], "install the members")
    STAMP.write_text(stamp())


def is_usable() -> bool:
    """Whether `.venv` runs, and runs on this very Python."""
    interpreter = VENV / "bin" / "python"
    if not interpreter.exists() or os.path.realpath(interpreter) != python():
        return False
    return subprocess.run([str(interpreter), "-c", ""], check=False, capture_output=True).returncode == 0


def bring_uv() -> None:
    """Install the pinned uv into `.tools/uv`, unless it is there."""
    pinned = (ROOT / "requirements-uv.txt").read_text().split()[0].removeprefix("uv==")
    if UV.exists():
        found = subprocess.run([str(UV), "--version"], check=False, capture_output=True, text=True)
        if found.returncode == 0 and found.stdout.split()[1:2] == [pinned]:
            return
    shutil.rmtree(UV_VENV, ignore_errors=True)
    make_venv()
    pip = [str(UV_VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    pinned_wheel = ["--quiet", "--require-hashes", "--only-binary", ":all:", "-r", "requirements-uv.txt"]
    kept = [*pip, "install", "--no-index", "--find-links", str(wheels()), *pinned_wheel]
    if not works(kept):
        run([*pip, "download", "--dest", str(wheels()), *pinned_wheel], "fetch uv")
        run(kept, "install uv")


def wheels() -> Path:
    """Where this user's cache keeps the wheel of uv, so that a second checkout needs no network."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(cache) / "reftrack" / "wheels"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Failed(
            f"cannot write to {folder}: {error.strerror}. Set XDG_CACHE_HOME to another folder."
        ) from error
    return folder


def make_venv() -> None:
    done = subprocess.run([python(), "-m", "venv", str(UV_VENV)], check=False, capture_output=True, text=True)
    if done.returncode:
        shutil.rmtree(UV_VENV, ignore_errors=True)
        raise Failed(
            f"{python()} cannot make a virtual environment (no venv or ensurepip).\n"
            "On Debian and Ubuntu: apt install python3-venv; or set PYTHON to another Python.\n"
            + last_lines(done.stdout + done.stderr)
        )


def works(command: list[str]) -> bool:
    """Whether an attempt succeeds; what it says does not matter."""
    return (
        subprocess.run(command, cwd=ROOT, env=environment(), check=False, capture_output=True).returncode == 0
    )


def environment() -> dict[str, str]:
    return {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}


def run(command: list[str], what: str) -> None:
    """Run a step, showing its progress. Raises Failed with what it said last."""
    # on a terminal people see how far it is; elsewhere only what went wrong is of interest
    kept = None if sys.stderr.isatty() else subprocess.PIPE
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=False, stderr=kept, text=True)
    if done.returncode:
        raise Failed(
            f"could not {what}:\n{last_lines(done.stderr or '')}\n"
            "The first setup needs the network (PyPI): check it, a proxy (HTTPS_PROXY) or a mirror "
            "(PIP_INDEX_URL, UV_DEFAULT_INDEX), then run it again; what was fetched is kept."
        )


def last_lines(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "Retrying (Retry(" not in line]
    return "\n".join(f"  {line}" for line in lines[-8:])


def say(quiet: bool, message: str) -> None:
    if not quiet:
        print(message, flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
