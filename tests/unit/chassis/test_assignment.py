"""What of a poll still counts when the partition was placed anew in the meantime."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from chassis.consumer.assignment import Assignment

ONE = TopicPartition("log", 0)


def polled(*offsets: int) -> list[Any]:
    return [
        SimpleNamespace(topic="log", partition=0, offset=offset, key=None, headers=(), value=b"", timestamp=0)
        for offset in offsets
    ]


def at(offset: int) -> Assignment:
    assignment = Assignment()
    assignment.assign([ONE])
    assignment.place(ONE, (offset, None), start=offset)
    assignment.polled([ONE])
    return assignment


def test_records_with_gaps_between_are_taken_and_each_knows_what_is_stored_before_it() -> None:
    taken = at(100).take(polled(100, 103, 104))
    assert [(record.after, record.offset) for record in taken] == [(100, 100), (101, 103), (104, 104)]


def test_what_was_polled_before_its_partition_was_placed_anew_is_not_taken() -> None:
    assignment = at(100)
    assignment.take(polled(100, 101))
    assignment.displace([ONE])
    assignment.place(ONE, (50, None), start=50)
    assert assignment.take(polled(102, 103)) == []
    assignment.polled([ONE])
    assert [record.offset for record in assignment.take(polled(50, 51))] == [50, 51]


def test_what_was_polled_of_a_lost_partition_is_not_taken() -> None:
    assignment = at(100)
    assignment.revoke()
    assert assignment.take(polled(100)) == []
