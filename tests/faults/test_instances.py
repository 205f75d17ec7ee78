"""Several instances of each service: any may die, come, or sleep through its successor's work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import psycopg
import pytest
from reftrack_local.processes import await_true
from reftrack_local.services import ServiceProcess

from tests.faults.system import SERVICES, System, asleep

WRITERS = SERVICES[:3]

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def alone(system: System) -> Iterator[System]:
    """The system, in which one instance of each service will be left alone again afterwards."""
    yield system
    for service in SERVICES:
        first, *others = system.runtime.services[service]
        for other in others:
            other.thaw()
            other.stop()
        first.thaw()
        first.restart()
        del system.runtime.services[service][1:]


@pytest.mark.long
def test_one_of_each_is_killed_during_a_feed_and_another_one_added(
    alone: System, undisturbed: System
) -> None:
    undisturbed.play(40)
    add_to(alone, SERVICES)
    with alone.meanwhile(40):
        for service in SERVICES:
            alone.only(service).kill9()
        add_to(alone, SERVICES)
    alone.check()
    alone.must_equal(undisturbed, 40)


@pytest.mark.parametrize(
    ("number", "points"),
    [
        pytest.param(
            41, {**dict.fromkeys(WRITERS, "relay_mid_page"), "reporting": "after_poll"}, id="relays"
        ),
        pytest.param(42, dict.fromkeys(SERVICES, "after_poll"), id="readers", marks=pytest.mark.long),
        pytest.param(43, dict.fromkeys(SERVICES, "before_commit"), id="writers", marks=pytest.mark.long),
        pytest.param(44, {"reporting": "projection_mid_page"}, id="projector", marks=pytest.mark.long),
    ],
)
def test_who_falls_asleep_with_work_in_hand_and_wakes_when_another_one_did_it_can_write_nothing(
    alone: System, undisturbed: System, number: int, points: dict[str, str]
) -> None:
    undisturbed.play(number)
    for service, point in points.items():
        alone.only(service).restart({"REFTRACK_CRASH_AT": f"{point}:1:freeze"})
    with alone.meanwhile(number):
        for service, point in points.items():
            await_asleep(alone.only(service), point)
            add_to(alone, [service])
            if point.startswith("relay"):
                end_lease(alone, service)
    alone.check()
    for service in points:
        alone.only(service).thaw()
    alone.play(number + 50)
    alone.check()
    assert all(alone.only(service).alive() for service in points)
    alone.must_equal(undisturbed, number)


def add_to(system: System, services: Iterable[str]) -> None:
    """One more instance of each, ready."""
    for added in [system.runtime.add_instance(service, wait=False) for service in services]:
        added.await_ready()


def await_asleep(process: ServiceProcess, point: str) -> None:
    """Wait until the process has stopped itself."""
    await_true(f"{process.name} to fall asleep at {point}", lambda: asleep(process), within=90)
    assert process.alive()


def end_lease(system: System, service: str) -> None:
    """PostgreSQL ends the session of the relay that holds the lease, as after a lost network."""
    with psycopg.connect(system.runtime.dsn(service), autocommit=True) as connection:
        ended = connection.execute(_END_LEASE).fetchall()
    assert len(ended) == 1, f"{service}: {len(ended)} sessions hold the relay's lease"


_END_LEASE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE datname = current_database() AND application_name = 'reftrack-relay'
    AND locktype = 'advisory' AND granted
"""
