"""However a feed is cut into batches, however often the connection is lost.

The same history, verdicts, receipts.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from chassis.items import Record
from chassis.store.writer import Writer

from tests.integration.store.conftest import MakeStore, Query
from tests.integration.store.lending import Feed, LendingDesk
from tests.integration.store.test_writer_and_lost_connections import UnpluggedDesk

Log = Callable[[], list[str]]
TITLES = [f"book {number}" for number in range(12)]


def feed(seed: int, length: int = 150) -> list[Record]:
    """Buys, loans and returns in any order, some of them sent twice, some impossible, a few poisonous."""
    chance = random.Random(seed)
    partitions = [Feed(partition=number) for number in range(2)]
    records: list[Record] = []
    for number in range(length):
        do = chance.choice(["buy", "lend", "lend", "lend_twice", "return", "return"])
        name = chance.choices([f"n{number}", f"n{max(0, number - 3)}", f"poison{number}"], [30, 9, 1])[0]
        records.append(chance.choice(partitions).note(do, chance.choice(TITLES), "Lan", id=name))
    return records


def batches(records: list[Record], seed: int) -> list[list[Record]]:
    chance = random.Random(seed)
    cut: list[list[Record]] = []
    rest = records
    while rest:
        size = chance.choice([1, 2, 5, 40, 200])
        cut.append(rest[:size])
        rest = rest[size:]
    return cut


def state(query: Query, log: Log) -> list[Any]:
    return [
        log(),
        query("SELECT event_id, verdict, code, case_key FROM inbox ORDER BY event_id"),
        query("SELECT event_id, verdict, repetition FROM receipts ORDER BY position"),
        query("SELECT event_id, key FROM waits ORDER BY seq"),
        query('SELECT case_key, partition, "offset", behind FROM parked ORDER BY id'),
        query("SELECT partition, next_offset FROM positions ORDER BY partition"),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_one_by_one_or_in_batches_or_with_lost_connections(
    seed: int, make_store: MakeStore, query: Query, log: Log
) -> None:
    records = feed(seed)
    writer = Writer(make_store(), LendingDesk())
    for record in records:
        writer.run([record])
    expected = state(query, log)
    assert len(expected[0]) > 15
    assert all(expected), "the feed must have some of everything"
    for batching in (1, 2):
        _empty(query)
        desk = UnpluggedDesk(query, times=2) if batching == 2 else LendingDesk()
        again = Writer(make_store(), desk)
        for batch in batches(records, seed + batching):
            again.run(batch)
        assert state(query, log) == expected


def _empty(query: Query) -> None:
    query("TRUNCATE stored_events, inbox, receipts, waits, parked, positions, claims RESTART IDENTITY")
