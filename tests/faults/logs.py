"""The services' logs: what was stored, what stands on Kafka, what reporting's history has of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.comparing import each_once, gapless, rising
from tests.faults.journal import Journal
from tests.faults.seen import WRITERS, Message, Seen, StoredEvent


def stores_in_order(_: Journal, seen: Seen) -> Iterator[str]:
    """Positions without a gap, `recorded_at` strictly rising, the versions of each stream without a gap."""
    for service in WRITERS:
        rows = sorted(seen.stores[service].events)
        yield from gapless(f"{service}.stored_events", [row.position for row in rows])
        yield from rising(
            f"{service}.recorded_at", [(row.recorded_at, f"event {row.position}") for row in rows]
        )
        streams: dict[str, list[StoredEvent]] = defaultdict(list)
        for row in rows:
            streams[row.stream].append(row)
        for stream, events in streams.items():
            yield from gapless(f"{service}: stream {stream}", [row.version for row in events])
            yield from rising(f"{service}: stream {stream}", [(row.version, row.id) for row in events])


def logs_equal_stores(_: Journal, seen: Seen) -> Iterator[str]:
    """Each service's log on Kafka has every event of `stored_events` once, byte for byte."""
    for service in WRITERS:
        rows = {row.position: row for row in seen.stores[service].events}
        there = seen.log(service)
        positions = [each.position for each in there]

        def say(position: int, wrong: str, *, service: str = service) -> str:
            return f"{service}: event {position} {wrong} on Kafka"

        yield from each_once(rows, positions, say)
        for each in there:
            row = rows.get(each.position)
            altered = _altered(each, row) if row else ""
            if altered:
                yield say(each.position, f"has another {altered}")


def partitions_in_order(_: Journal, seen: Seen) -> Iterator[str]:
    """On each partition positions rise, and no case is on two."""
    for service in WRITERS:
        homes: dict[bytes | None, int] = {}
        partitions = defaultdict(list)
        for each in sorted(seen.log(service), key=lambda each: each.offset):
            partitions[each.partition].append((each.position, f"event {each.position}"))
            if homes.setdefault(each.key, each.partition) != each.partition:
                yield f"{service}: case {(each.key or b'').decode()} is on two partitions"
        for partition, places in sorted(partitions.items()):
            yield from rising(f"{service}: partition {partition}", places)


def history_has_each_once(_: Journal, seen: Seen) -> Iterator[str]:
    """Reporting's history has every event of the three logs once, byte for byte, `seq` without a gap."""
    yield from gapless("history", [row.seq for row in seen.history])
    logs = {
        (f"/services/{service}", row.position): row
        for service in WRITERS
        for row in seen.stores[service].events
    }
    there = [(row.source, row.position) for row in seen.history]
    yield from each_once(logs, there, lambda place, wrong: f"history: event {place[1]} of {place[0]} {wrong}")
    for row in seen.history:
        stored = logs.get((row.source, row.position))
        if stored is not None and (stored.id, stored.state) != (row.event_id, row.value):
            yield f"history: seq {row.seq} is not what {row.source} recorded at {row.position}"


def history_in_order(_: Journal, seen: Seen) -> Iterator[str]:
    """Of each service, the events of a case stand in the history in the order of its log."""
    cases = defaultdict(list)
    for row in sorted(seen.history):
        cases[row.source, row.subject].append((row.position, f"event {row.position}"))
    for (source, case), places in cases.items():
        yield from rising(f"history: case {case} of {source}", places)


def _altered(message: Message, row: StoredEvent) -> str:
    wrong = {
        "value": message.value != row.state,
        "key": message.key != row.subject.encode(),
        "ce_id": message.header("ce_id") != row.id,
        "ce_type": message.header("ce_type") != row.type,
        "ce_recordedat": message.header("ce_recordedat") != row.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return ", ".join(name for name, differs in wrong.items() if differs)
