"""Intake on a fresh database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.intake.desk import Desk, settings


@pytest.fixture
def desk(tmp_path: Path, postgres_dsn: str) -> Iterator[Desk]:
    """Intake's decider and writer, without Kafka."""
    desk = Desk(settings(tmp_path, postgres_dsn))
    yield desk
    desk.close()
