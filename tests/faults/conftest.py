"""The systems that the tests of faults disturb, and one that nobody disturbs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.system import System


@contextmanager
def folder_for_a_system(name: str) -> Iterator[Path]:
    """A folder that vanishes in the end, unless REFTRACK_TEST_KEEP is set.

    Not one of pytest's: each pytest that starts closes those to other users, and PostgreSQL is one.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"reftrack-{name}-"))
    try:
        yield folder
    finally:
        if not os.environ.get("REFTRACK_TEST_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def undisturbed() -> Iterator[System]:
    """A system that is left in peace: what the others come to is compared with what it came to."""
    with folder_for_a_system("undisturbed") as folder, System(folder) as system:
        yield system


@pytest.fixture(scope="session")
def system(undisturbed: System) -> Iterator[System]:
    """A system with the same keys and the same clock, to be disturbed; every test leaves it whole."""
    with folder_for_a_system("disturbed") as folder, System(folder, keys=undisturbed.keys) as system:
        yield system
