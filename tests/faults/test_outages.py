"""Kafka and PostgreSQL go away during a feed and come back: nothing lost, doubled, parked or out of order."""

from __future__ import annotations

import time

import pytest

from tests.faults.system import SERVICES, System

KAFKA_IS_AWAY = 20.0

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]


@pytest.fixture(autouse=True)
def nobody_dies(system: System) -> object:
    """Whoever waits for a server does not end: the processes are the same afterwards."""
    before = [system.only(service).pid for service in SERVICES]
    yield
    assert [system.only(service).pid for service in SERVICES] == before
    assert all(system.only(service).alive() for service in SERVICES)


def test_kafka_is_away_for_twenty_seconds_during_a_feed(system: System, undisturbed: System) -> None:
    undisturbed.play(60)
    with system.meanwhile(60):
        system.runtime.kafka.stop()
        time.sleep(KAFKA_IS_AWAY)
        system.runtime.kafka.start()
    system.check()
    system.must_equal(undisturbed, 60)


@pytest.mark.parametrize("way", ["restarted", "killed"])
def test_postgresql_starts_again_during_a_feed(system: System, undisturbed: System, way: str) -> None:
    number = {"restarted": 61, "killed": 62}[way]
    undisturbed.play(number)
    with system.meanwhile(number):
        if way == "killed":
            system.runtime.postgres.kill9()
        else:
            system.runtime.postgres.stop()
        system.runtime.postgres.start()
    system.check()
    system.must_equal(undisturbed, number)
