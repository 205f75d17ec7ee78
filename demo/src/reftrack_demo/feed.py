"""The agencies' own systems: a plain Kafka producer, a plain consumer of receipts, nothing of intake."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from confluent_kafka import Consumer, KafkaError, Message, Producer

from reftrack_demo.steps import Step

FINAL = frozenset({"accepted", "rejected", "discarded"})


class FeedError(Exception):
    """The feed cannot go on: the system did not answer what agencies had posted."""


@dataclass
class Posted:
    """What the agencies know: what they sent, and what they were answered."""

    verdicts: dict[tuple[str, str], str] = field(default_factory=dict)
    codes: dict[tuple[str, str], str] = field(default_factory=dict)
    receipts: dict[str, int] = field(default_factory=dict)
    slips: dict[str, str] = field(default_factory=dict)
    outstanding: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def recorded(self) -> int:
        """How many events were accepted, each counted once."""
        return sum(verdict == "accepted" for verdict in self.verdicts.values())


class Feed:
    """Posts steps in the order of `post_at` and reads receipts until each step has its answer."""

    def __init__(self, bootstrap: str, orgs: Iterable[str], *, patience_s: float = 60.0) -> None:
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 2, "log_level": 0}
        )
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"agencies-{time.time_ns()}",
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        self._consumer.subscribe([f"agency.{org}.receipts.v1" for org in orgs])
        self._patience_s = patience_s
        self._gives: dict[tuple[str, str], str] = {}
        self.seen = Posted()

    def close(self) -> None:
        self._producer.flush(10)
        self._consumer.close()

    def ready(self, step: Step) -> bool:
        """Whether the slips that the step names have been handed over."""
        return all(slip in self.seen.slips for slip in step.needs.values())

    def post(self, step: Step) -> None:
        """Send one step as a CloudEvent in binary mode onto its agency's own topic."""
        source = f"/agencies/{step.org}"
        if step.gives:
            self._gives[source, step.event_id] = step.gives
        self.seen.outstanding[source, step.event_id] = (
            self.seen.outstanding.get((source, step.event_id), 0) + 1
        )
        self._producer.produce(
            f"agency.{step.org}.events.v1",
            key=step.key.encode(),
            value=json.dumps(step.value(self.seen.slips), ensure_ascii=False).encode(),
            headers={
                "ce_specversion": "1.0",
                "ce_id": step.event_id,
                "ce_source": source,
                "ce_type": step.type,
                "ce_time": step.occurred_at.isoformat(),
                "content-type": "application/json",
            },
        )
        self._producer.poll(0)

    def settle(self, progress: Callable[[int], None]) -> None:
        """Wait until everything posted so far has a receipt.

        Raises:
            FeedError: if no receipt came for `patience_s` seconds while some are due; it names how many.
        """
        self._producer.flush(30)
        last = time.monotonic()
        while self.seen.outstanding:
            messages = self._consumer.consume(500, timeout=0.05)
            if messages:
                last = time.monotonic()
                for message in messages:
                    self._read(message)
                progress(self.seen.recorded)
            elif time.monotonic() - last > self._patience_s:
                due = len(self.seen.outstanding)
                raise FeedError(
                    f"{due} events have no receipt after {self._patience_s:.0f} s; see `reftrack health`"
                )

    def drain(self, progress: Callable[[int], None], *, until: Callable[[Posted], bool]) -> None:
        """Read receipts until `until` holds (what waits gets its verdict later)."""
        last = time.monotonic()
        while not until(self.seen):
            messages = self._consumer.consume(500, timeout=0.2)
            for message in messages:
                self._read(message)
            if messages:
                last = time.monotonic()
                progress(self.seen.recorded)
            elif time.monotonic() - last > self._patience_s:
                waiting = sum(verdict not in FINAL for verdict in self.seen.verdicts.values())
                raise FeedError(
                    f"{waiting} events still wait after {self._patience_s:.0f} s; see `reftrack receipts`"
                )

    def _read(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                raise FeedError(f"receipts cannot be read: {error.name()}")
            return
        receipt = json.loads(message.value() or b"{}")
        event = (receipt["source"], receipt["id"])
        verdict = receipt["verdict"]
        kind = f"{verdict} (again)" if receipt.get("repetition") else verdict
        self.seen.receipts[kind] = self.seen.receipts.get(kind, 0) + 1
        if not receipt.get("repetition") or event not in self.seen.verdicts:
            self.seen.verdicts[event] = verdict
        if receipt.get("code"):
            self.seen.codes[event] = receipt["code"]
        self._answered(event)
        for number in (receipt.get("numbers") or {}).values():
            if event in self._gives and number:
                self.seen.slips[self._gives[event]] = number

    def _answered(self, event: tuple[str, str]) -> None:
        left = self.seen.outstanding.get(event, 0) - 1
        if left <= 0:
            self.seen.outstanding.pop(event, None)
        else:
            self.seen.outstanding[event] = left


def week_by_week(
    feed: Feed,
    steps: list[Step],
    *,
    ends: Iterable[datetime],
    move_clock: Callable[[datetime], None],
    progress: Callable[[int], None],
) -> Iterable[datetime]:
    """Post the steps due by each moment of `ends`, in simulated time; yield it when all is answered."""
    due = sorted(steps, key=lambda step: (step.post_at, step.event_id))
    held: list[Step] = []
    at = 0
    for end in ends:
        move_clock(end)
        while at < len(due) and due[at].post_at <= end:
            held.append(due[at])
            at += 1
        while ready := [step for step in held if feed.ready(step)]:
            held = [step for step in held if not feed.ready(step)]
            for step in ready:
                feed.post(step)
            feed.settle(progress)
        yield end
    if held:
        raise FeedError(
            f"{len(held)} steps never got the number that they name, first {held[0].type} of {held[0].org}"
        )
