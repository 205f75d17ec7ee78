"""What is decided before anything starts: ports, topics, options."""

from __future__ import annotations

from datetime import timedelta

import pytest
from directory import on_kafka
from reftrack_local import plan
from reftrack_local.clock import parse_setting
from reftrack_local.commands.answering import duration
from reftrack_local.plan import PortPlan, Wanted
from reftrack_local.processes import Identity
from reftrack_local.progress import Quiet
from reftrack_local.trouble import Trouble


def test_ports_of_last_time_are_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reftrack_local.ports.is_free", lambda _: True)
    assert PortPlan({"ports": {"kafka": 40123}}, Quiet()).port("kafka") == 40123


def test_a_port_of_last_time_that_is_taken_gives_way_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reftrack_local.ports.is_free", lambda port: port != 40123)
    monkeypatch.setattr("reftrack_local.ports._any", lambda: 40999)
    monkeypatch.setattr("reftrack_local.plan.holder", lambda _: "nginx (pid 7)")
    reporter = Quiet()
    assert PortPlan({"ports": {"kafka": 40123}}, reporter).port("kafka") == 40999
    assert reporter.said == ["Port 40123, which kafka had last time, is in use by nginx (pid 7): took 40999."]


def test_no_port_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([41000, 41000, 41001])
    monkeypatch.setattr("reftrack_local.ports._any", lambda: next(answers))
    ports = PortPlan({}, Quiet())
    assert [ports.port("kafka"), ports.port("postgres")] == [41000, 41001]


def test_every_organisation_has_its_two_topics_and_every_writer_its_log() -> None:
    made = {topic.name: topic for topic in plan.all_topics(Wanted())}
    for service in ("intake", "referral", "followup"):
        assert made[f"{service}.events.v1"].partitions == 6
        assert made[f"{service}.relay.v1"].configs["cleanup.policy"] == "compact"
    assert "reporting.events.v1" not in made
    sent, receipts = made["agency.cap-bo-de.events.v1"], made["agency.cap-bo-de.receipts.v1"]
    assert (sent.partitions, receipts.partitions) == (1, 1)
    assert sent.configs == {
        "retention.ms": str(7 * on_kafka.DAY_MS),
        "max.message.bytes": str(3 * 1024 * 1024),
    }
    assert receipts.configs["retention.ms"] == str(90 * on_kafka.DAY_MS)


def test_an_option_that_names_no_service_is_refused() -> None:
    with pytest.raises(Trouble, match="no service 'intakes'"):
        Wanted(instances={"intakes": 2})


@pytest.mark.parametrize(
    ("text", "is_"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("9s", timedelta(seconds=9)),
    ],
)
def test_durations_are_read(text: str, is_: timedelta) -> None:
    assert duration(text) == is_


@pytest.mark.parametrize("text", ["", "h", "12", "0h", "-1h", "1.5h", "1y"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Trouble):
        duration(text)


@pytest.mark.parametrize(
    "text", ["soon", "simulated:", "simulated:2019-01-01T00:00:00", "simulated:yesterday"]
)
def test_what_is_no_clock_is_refused(text: str) -> None:
    with pytest.raises(Trouble, match="not a clock"):
        parse_setting(text)


def test_a_process_is_known_by_its_time_of_creation_too() -> None:
    own = Identity.own()
    assert own.process() is not None
    assert Identity(own.pid, own.created - 60).process() is None
