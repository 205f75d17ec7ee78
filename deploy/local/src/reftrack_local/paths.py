"""Where things lie on this machine: the checkout, the user's cache, the default state folder."""

from __future__ import annotations

import os
from pathlib import Path


def checkout() -> Path:
    """The root of the checkout that this package was installed from; the working directory if it was not."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "requirements.lock").exists() and (folder / "services").is_dir():
            return folder
    return Path.cwd()


def default_state() -> Path:
    """`REFTRACK_STATE`, or `.reftrack` in the checkout."""
    given = os.environ.get("REFTRACK_STATE")
    return Path(given).expanduser().resolve() if given else checkout() / ".reftrack"


def cache() -> Path:
    """This user's cache of downloads: under `XDG_CACHE_HOME`, else `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "reftrack"


def default_reference() -> Path:
    """`REFTRACK_REFERENCE_PATH`, or the reference data that comes with the checkout."""
    given = os.environ.get("REFTRACK_REFERENCE_PATH")
    return Path(given) if given else checkout() / "deploy" / "reference"
