"""From what was sent to what it caused: in intake's log, and in the log of the service that owns it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from contracts.registry import POSTABLE

from tests.faults.comparing import rising
from tests.faults.journal import Journal
from tests.faults.seen import OWNERS, Seen, StoredEvent

ROUTED = "org.reftrack.agency-event-routed.v1"
REFUSED = "org.reftrack.agency-event-refused.v1"
DEFERRED = "org.reftrack.agency-event-deferred.v1"

Event = tuple[str, str]


class Caused(NamedTuple):
    """An event of intake's log and what an agency sent to cause it."""

    row: StoredEvent
    event: Event
    case: str


def effects_of_what_was_sent(journal: Journal, seen: Seen) -> Iterator[str]:
    """What was accepted stands in intake's log, once; what was not is not there; nothing else is."""
    effects: dict[Event, list[str]] = defaultdict(list)
    for caused in _caused(seen):
        effects[caused.event].append(caused.row.type)
    inbox = {(row.source, row.id): row for row in seen.inbox}
    for event in sorted(effects.keys() - journal.deliveries().keys()):
        yield f"intake: {' '.join(event)} was never sent and caused {effects[event]}"
    for event in journal.deliveries():
        row = inbox.get(event)
        recorded = row is not None and (row.verdict == "accepted" or row.routed_id is not None)
        if recorded != bool(effects[event]):
            verdict = row.verdict if row else "not known"
            yield f"intake: {' '.join(event)} is {verdict} and caused {effects[event] or 'nothing'}"
        for type_, count in Counter(effects[event]).items():
            if count > 1:
                yield f"intake: {' '.join(event)} caused {type_} {count} times"


def effects_in_order(journal: Journal, seen: Seen) -> Iterator[str]:
    """Of each case, what an agency sent is recorded in the order of sending, but for what had to wait."""
    sent = {event: places[0] for event, places in journal.deliveries().items() if places}
    waited = {(receipt.source, receipt.id) for receipt in seen.receipts if receipt.verdict == "waiting"}
    order: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    known: set[Event] = set()
    for caused in _caused(seen):
        if caused.event in sent and caused.event not in waited | known:
            known.add(caused.event)
            topic, offset = sent[caused.event]
            order[topic, caused.case].append((offset, f"{caused.event[1]} ({caused.row.type})"))
    for (topic, case), places in order.items():
        yield from rising(f"intake: case {case}, sent on {topic}", places)


def answers_to_routed(_: Journal, seen: Seen) -> Iterator[str]:
    """Every routed event is answered by its owner, no answer twice, and the inbox has the owner's verdict."""
    answers = _answers(seen)
    verdicts = {row.routed_id: row.verdict for row in seen.inbox if row.routed_id}
    for row in _routed(seen):
        name = f"{json.loads(row.state)['data']['event_id']}, routed as {row.id},"
        types = [answer.type for answer in answers.get(row.id, [])]
        if not types:
            yield f"{_owner(row)}: {name} has no answer"
            continue
        yield from (
            f"{_owner(row)}: {name} is answered {n} times by {t}" for t, n in Counter(types).items() if n > 1
        )
        if verdicts.get(row.id) != _verdict(types):
            yield f"inbox: {name} is {verdicts.get(row.id)}, {_owner(row)} answered {types}"


def answers_in_order(_: Journal, seen: Seen) -> Iterator[str]:
    """Each stream of an owner answers in the order of routing."""
    routed = {row.id: row.position for row in _routed(seen)}
    for service in OWNERS:
        streams: dict[str, dict[int, str]] = defaultdict(dict)
        for row in sorted(seen.stores[service].events):
            cause = json.loads(row.state)["meta"]["causation_id"]
            if cause in routed:
                streams[row.stream].setdefault(routed[cause], f"the answer {row.id} to {cause}")
        for stream, places in streams.items():
            yield from rising(f"{service}: stream {stream}", list(places.items()))


def _caused(seen: Seen) -> Iterator[Caused]:
    """What intake concluded from its own events (a match) is left out: those have the cause."""
    own = {row.id for row in seen.stores["intake"].events}
    for row in sorted(seen.stores["intake"].events):
        meta = _meta(row)
        if meta["causation_id"] is not None and meta["causation_id"] not in own:
            yield Caused(row, (f"/agencies/{meta['org']}", meta["causation_id"]), row.subject)


def _routed(seen: Seen) -> list[StoredEvent]:
    return [row for row in sorted(seen.stores["intake"].events) if row.type == ROUTED]


def _answers(seen: Seen) -> Mapping[str, list[StoredEvent]]:
    found: dict[str, list[StoredEvent]] = defaultdict(list)
    for service in OWNERS:
        for row in sorted(seen.stores[service].events):
            found[_meta(row)["causation_id"] or ""].append(row)
    return found


def _verdict(types: list[str]) -> str:
    return {REFUSED: "rejected", DEFERRED: "waiting"}.get(types[-1], "accepted")


def _owner(routed: StoredEvent) -> str:
    return POSTABLE[json.loads(routed.state)["data"]["type"]].owner.value


def _meta(row: StoredEvent) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads(row.state)["meta"]
    return meta
