"""Referral and followup, each running on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from followup.service import SERVICE as FOLLOWUP
from referral.service import SERVICE as REFERRAL

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, running


@pytest.fixture
async def referral(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    async with running(REFERRAL, postgres_dsn, tmp_path, BEGUN + timedelta(days=1)) as world:
        yield world


@pytest.fixture
async def followup(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    """With two tickers, as of two instances."""
    async with running(FOLLOWUP, postgres_dsn, tmp_path, BEGUN + timedelta(days=1), tickers=2) as world:
        yield world
