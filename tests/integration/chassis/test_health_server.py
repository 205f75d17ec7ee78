"""The port that probes and scrapes come to."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from chassis.telemetry import Check, Health, HealthServer, metrics


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def server(health: Health) -> Iterator[HealthServer]:
    made = HealthServer(health)
    made.start()
    yield made
    made.stop()


def get(server: HealthServer, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def test_ready_and_live_say_who_objects(health: Health, server: HealthServer) -> None:
    assert get(server, "/readyz")[0] == 200
    health.register(Check("relay", ready=lambda: "Kafka does not answer", degraded=lambda: "slow"))
    status, body = get(server, "/readyz")
    assert status == 503
    assert json.loads(body) == {
        "well": False,
        "reasons": {"relay": "Kafka does not answer"},
        "degraded": {"relay": "slow"},
    }
    assert get(server, "/livez")[0] == 200
    health.register(Check("relay", live=lambda: "hangs"))
    assert get(server, "/livez")[0] == 503


def test_what_is_only_degraded_stays_ready(health: Health, server: HealthServer) -> None:
    health.register(Check("projector", degraded=lambda: "view x stopped"))
    status, body = get(server, "/readyz")
    assert status == 200
    assert json.loads(body)["degraded"] == {"projector": "view x stopped"}


def test_metrics_are_given_in_the_format_of_prometheus(server: HealthServer) -> None:
    metrics.RELAY_LAG.labels(log="events").set(7)
    status, body = get(server, "/metrics")
    assert status == 200
    assert b'reftrack_relay_lag_messages{log="events"} 7.0' in body
    for name in (
        b"consumer_lag",
        b"batch_items",
        b"commit_seconds",
        b"parked",
        b"quarantined",
        b"waiting",
        b"rpc",
    ):
        assert b"reftrack_" + name in body


def test_any_other_path_is_not_found(server: HealthServer) -> None:
    assert get(server, "/")[0] == 404
    assert get(server, "/metrics/../etc/passwd")[0] == 404


async def test_answers_come_while_the_event_loop_hangs(server: HealthServer) -> None:
    answered: list[float] = []

    def ask() -> None:
        assert get(server, "/livez")[0] == 200
        answered.append(time.monotonic())

    asking = asyncio.get_running_loop().run_in_executor(None, ask)
    time.sleep(1.5)  # noqa: ASYNC251
    freed = time.monotonic()
    await asking
    assert answered[0] < freed


def test_a_taken_port_is_an_error_at_start(health: Health, server: HealthServer) -> None:
    with pytest.raises(OSError, match=r"[Aa]ddress"):
        HealthServer(health, port=server.port)
