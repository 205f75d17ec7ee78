"""What agencies sent and what they were answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.faults.comparing import each_once, gapless, same_sequence
from tests.faults.journal import Journal
from tests.faults.seen import Message, ReceiptRow, Seen

FINAL = frozenset({"accepted", "rejected", "discarded"})


def agencies_topics(seen: Seen) -> list[str]:
    return [topic for topic in seen.messages if topic.startswith("agency.") and topic.endswith(".events.v1")]


def published(seen: Seen) -> dict[str, list[Message]]:
    """The receipts on Kafka, by topic."""
    return {
        topic: found for topic, found in seen.messages.items() if topic.endswith(".receipts.v1") and found
    }


def undecided(seen: Seen) -> list[str]:
    return [
        f"intake: {row.source} {row.id} has no verdict yet" for row in seen.inbox if row.verdict == "routed"
    ]


def sent_stands_on_kafka(journal: Journal, seen: Seen) -> Iterator[str]:
    """Each agency's topic holds what was sent, byte for byte, in order."""
    for topic, deliveries in journal.topics.items():
        there = [(each.key, each.value, each.headers) for each in seen.messages.get(topic, [])]
        sent = [(each.key, each.value, each.headers) for each in deliveries]
        yield from same_sequence(topic, sent, there, [each.id for each in deliveries])


def one_verdict_each(journal: Journal, seen: Seen) -> Iterator[str]:
    """Every (source, id) that was sent has one row in the inbox, with a verdict; nobody else has one."""
    there = [(row.source, row.id) for row in seen.inbox]
    yield from each_once(journal.deliveries(), there, lambda event, wrong: f"inbox: {_name(event)} {wrong}")
    yield from undecided(seen)


def one_answer_a_delivery(journal: Journal, seen: Seen) -> Iterator[str]:
    """Each delivery ends in one verdict, the inbox's; all but an event's first are marked repetitions."""
    told = defaultdict(list)
    for receipt in sorted(seen.receipts):
        told[receipt.topic, receipt.offset].append(receipt)
    verdict = {(row.source, row.id): row.verdict for row in seen.inbox}
    for event, places in journal.deliveries().items():
        for n, place in enumerate(places):
            where = f"receipts: {_name(event)} at {place[0]}/{place[1]}"
            for wrong in _answer(told[place], verdict.get(event), repetition=n > 0):
                yield f"{where} {wrong}"


def receipts_stand_on_kafka(_: Journal, seen: Seen) -> Iterator[str]:
    """Each organisation's topic holds its receipts, each once, in order, as the store has them."""
    yield from gapless("receipts", [row.position for row in seen.receipts])
    stored = defaultdict(list)
    for row in sorted(seen.receipts):
        stored[f"agency.{row.org}.receipts.v1"].append(row)
    there = published(seen)
    for topic in sorted(stored.keys() | there.keys()):
        values = [each.value for each in there.get(topic, [])]
        names = [f"receipt {row.position} on {row.id}" for row in stored[topic]]
        yield from same_sequence(topic, [_as_published(row) for row in stored[topic]], values, names)


def _answer(receipts: Sequence[ReceiptRow], verdict: str | None, *, repetition: bool) -> Iterator[str]:
    if not receipts:
        yield "got no receipt"
        return
    told = [receipt.verdict for receipt in receipts]
    if _is_refused_reuse(receipts):
        return
    if told[-1] != verdict:
        yield f"was told {told[-1]}, the inbox says {verdict}"
    if FINAL & set(told[:-1]):
        yield f"was told more than one final verdict or something after it: {told}"
    if any(receipt.repetition != repetition for receipt in receipts):
        yield f"is {'a repetition' if repetition else 'no repetition'}, its receipt says the opposite"


def _is_refused_reuse(receipts: Sequence[ReceiptRow]) -> bool:
    """Other content under a used id: its own answer, whatever became of the first content."""
    return len(receipts) == 1 and receipts[0].verdict == "rejected" and b'"id_reused"' in receipts[0].body


def _as_published(row: ReceiptRow) -> bytes:
    at = row.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f'{{"position":{row.position},"recorded_at":"{at}",'.encode() + row.body[1:]


def _name(event: tuple[str, str]) -> str:
    return f"{event[0]} {event[1]}"
