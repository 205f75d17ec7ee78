"""One running system for all journeys of a session, with one company of people in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.conftest import folder_for_a_system
from tests.faults.system import System

COMPANY = 70


@pytest.fixture(scope="session")
def town() -> Iterator[System]:
    """A system in which the agencies of one company of people have posted what they had."""
    with folder_for_a_system("town") as folder, System(folder) as system:
        system.play(COMPANY)
        system.quiet()
        yield system
