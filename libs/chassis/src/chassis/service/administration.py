"""What `AdminService` is told of a running service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psycopg

from chassis.admin.servicer import About, AdminServicer
from chassis.relay import Relay
from chassis.service.parts import Parts
from chassis.telemetry import metrics


def admin_servicer(parts: Parts[Any], relay: Relay | None) -> AdminServicer:
    """Make the servicer of this service."""
    name = parts.service.name
    return AdminServicer(
        about=About(name, _version(name), parts.settings.instance, datetime.now(UTC)),
        store=parts.store,
        parking=parts.parking,
        reads=parts.reads,
        cursors=parts.cursors,
        writer_thread=parts.writer_thread,
        lags=_lags,
        published=lambda: _published(parts, relay),
    )


def _lags() -> Mapping[tuple[str, int], int]:
    """Return what the consumers measured last, for the partitions that are ours."""
    samples = (sample for metric in metrics.CONSUMER_LAG.collect() for sample in metric.samples)
    return {(s.labels["topic"], int(s.labels["partition"])): int(s.value) for s in samples}


def _published(parts: Parts[Any], relay: Relay | None) -> Mapping[str, tuple[int, int]]:
    if relay is None:
        return {}
    done = relay.positions()
    with psycopg.connect(parts.dsn, autocommit=True) as connection:
        return {log.name: (done.get(log.name, 0), log.head(connection)) for log in parts.logs}


def _version(service: str) -> str:
    try:
        return version(f"reftrack-{service}")
    except PackageNotFoundError:
        return "unknown"
