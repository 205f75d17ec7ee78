"""Compares what there is with what was sent: nothing lost, doubled, altered, parked or out of order.

It reads nothing itself (`looking` does): every look gives differences in words, none when all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tests.faults import causes, logs, verdicts
from tests.faults.journal import Journal
from tests.faults.seen import READS, WRITERS, Seen, log_topic

MOST = 40
"""How many differences are told: where one thing is wrong, much is."""


def differences(journal: Journal, seen: Seen) -> list[str]:
    """All that is wrong, in the order in which an event travels."""
    found = [line for look in LOOKS for line in look(journal, seen)]
    return found if len(found) <= MOST else [*found[:MOST], f"… and {len(found) - MOST} more"]


def unfinished(seen: Seen) -> list[str]:
    """What is still under way: not taken in, not published, not decided."""
    found = [line for service in READS for line in lag(service, seen)]
    for service in WRITERS:
        stored, there = len(seen.stores[service].events), len(seen.log(service))
        found += [f"{service}: {stored} events in the store, {there} on Kafka"] if stored > there else []
    stored, there = len(seen.receipts), sum(map(len, verdicts.published(seen).values()))
    found += [f"intake: {stored} receipts in the store, {there} on Kafka"] if stored > there else []
    return [*found, *verdicts.undecided(seen)]


def nothing_is_left_over(_: Journal, seen: Seen) -> Iterator[str]:
    """Every service has taken in all there is (lag zero) and parked nothing."""
    for service in READS:
        yield from lag(service, seen)
        yield from (f"{service}: parked {what}" for what in seen.stores[service].parked)


def views_equal_rebuilt(_: Journal, seen: Seen) -> Iterator[str]:
    """Every view equals itself built anew, and has reached the end of the history."""
    for view in seen.views:
        if not view.equal:
            yield f"view {view.name}: built anew, {view.differing_rows} rows differ"
        if view.seq != len(seen.history):
            yield f"view {view.name} stands at {view.seq} of {len(seen.history)}"


def lag(service: str, seen: Seen) -> Iterator[str]:
    """Partitions whose last record a service has not taken in, or whose source position it keeps wrong."""
    stored = {(each.topic, each.partition): each for each in seen.stores[service].positions}
    for topic in _read_by(service, seen):
        ends = {each.partition: each for each in seen.messages.get(topic, [])}
        for partition, last in sorted(ends.items()):
            at, where = stored.get((topic, partition)), f"{topic}/{partition}"
            if at is None or at.next_offset != last.offset + 1:
                reached = at.next_offset if at else "nothing"
                yield f"{service}: has taken {reached} of {where}, which ends at {last.offset + 1}"
            elif last.position >= 0 and at.source_position != last.position:
                yield f"{service}: keeps position {at.source_position} of {where}, not {last.position}"


def _read_by(service: str, seen: Seen) -> list[str]:
    topics = [log_topic(each) for each in READS[service]]
    return topics + verdicts.agencies_topics(seen) if service == "intake" else topics


LOOKS: Sequence[Callable[[Journal, Seen], Iterable[str]]] = (
    verdicts.sent_stands_on_kafka,
    verdicts.one_verdict_each,
    verdicts.one_answer_a_delivery,
    verdicts.receipts_stand_on_kafka,
    logs.stores_in_order,
    logs.logs_equal_stores,
    logs.partitions_in_order,
    causes.effects_of_what_was_sent,
    causes.effects_in_order,
    causes.answers_to_routed,
    causes.answers_in_order,
    logs.history_has_each_once,
    logs.history_in_order,
    nothing_is_left_over,
    views_equal_rebuilt,
)
