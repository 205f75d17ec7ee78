"""What the consumer's client hands over when the partitions change hands while it waits for records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from chassis.consumer.assignment import Assignment
from chassis.consumer.client import PatientConsumer

ONE, OTHER = TopicPartition("log", 0), TopicPartition("log", 1)


def nothing(*_: Any) -> None:
    pass


@pytest.fixture
def client(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Assignment, Callable[[], dict[Any, Any]]], PatientConsumer]:
    """A client whose polls do and give what the test says."""

    def make(assignment: Assignment, polled: Callable[[], dict[Any, Any]]) -> PatientConsumer:
        async def getmany(*_: Any, **__: Any) -> dict[Any, Any]:
            return polled()

        monkeypatch.setattr(AIOKafkaConsumer, "__init__", nothing)
        monkeypatch.setattr(AIOKafkaConsumer, "__del__", nothing)
        monkeypatch.setattr(
            AIOKafkaConsumer, "getmany", lambda _self, *args, **kwargs: getmany(*args, **kwargs)
        )
        told = dict.fromkeys(("on_poll", "on_batch", "on_lost_place", "on_forbidden", "on_trouble"), nothing)
        return PatientConsumer(assignment, **told)

    return make


def placed(assignment: Assignment, *partitions: TopicPartition) -> None:
    assignment.assign(partitions)
    for partition in partitions:
        assignment.place(partition, (100, 7), start=100)


async def test_records_that_come_after_a_rebalance_are_handed_over(client: Any) -> None:
    assignment = Assignment()
    placed(assignment, ONE)

    def rebalanced() -> dict[Any, Any]:
        assignment.revoke()
        placed(assignment, ONE, OTHER)
        return {ONE: ["sought anew"], OTHER: ["ours as well"]}

    batch = await client(assignment, rebalanced).getmany()
    assert batch == {ONE: ["sought anew"], OTHER: ["ours as well"]}


async def test_records_of_a_partition_that_is_not_placed_are_left_to_be_sought(client: Any) -> None:
    assignment = Assignment()
    placed(assignment, ONE, OTHER)

    def displaced() -> dict[Any, Any]:
        assignment.displace([ONE])
        return {ONE: ["too early"], OTHER: ["placed"]}

    assert await client(assignment, displaced).getmany() == {OTHER: ["placed"]}
