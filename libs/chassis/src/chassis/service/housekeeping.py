"""Small work that every service needs done now and then."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
from eventsourcing.persistence import PersistenceError

from chassis.service.parts import Parts
from chassis.telemetry import get_logger, metrics

LOG = get_logger("housekeeping")
EVERY_SECONDS = 5.0
ANSWERS_KEPT = timedelta(days=7)
"""A caller that asks again later than this may get its command carried out twice."""


class Housekeeping:
    """Counts what is parked and waits, for the metrics; forgets answers to old request ids."""

    def __init__(self, parts: Parts[Any]) -> None:
        self._store = parts.store
        self._clock = parts.clock

    async def run(self) -> None:
        """Work until cancelled. A database that is away is not its business."""
        while True:
            try:
                await asyncio.to_thread(self._work)
            except (psycopg.Error, PersistenceError) as error:
                LOG.warning("housekeeping_put_off", exc_info=error)
            await asyncio.sleep(EVERY_SECONDS)

    def _work(self) -> None:
        metrics.PARKED.set(self._store.parked.count())
        self._store.outcomes.forget(self._clock.now() - ANSWERS_KEPT)
