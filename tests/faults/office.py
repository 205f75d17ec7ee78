"""The agencies' side: posts with a plain Kafka client, writes the journal, reads the receipts."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, Producer
from reftrack_demo.steps import Step

from tests.faults.journal import Journal, Sent

FINAL = frozenset({"accepted", "rejected", "discarded"})


class Office:
    """Posts rounds of steps. The journal says what went out, `slips` which numbers came back."""

    def __init__(self, bootstrap: str, orgs: Iterable[str], *, patience: float = 180.0) -> None:
        self.journal = Journal()
        self.slips: dict[str, str] = {}
        self.verdicts: dict[tuple[str, int], list[str]] = defaultdict(list)
        """What each delivery (topic, offset) was told, in order."""
        self._patience = patience
        self._gives: dict[tuple[str, str], str] = {}
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 2,
                "log_level": 0,
                "message.max.bytes": 3_000_000,
            }
        )
        self._receipts = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": f"offices-{uuid.uuid4().hex}",
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        self._receipts.subscribe([f"agency.{org}.receipts.v1" for org in orgs])

    def close(self) -> None:
        self._producer.flush(10)
        self._receipts.close()

    def post(self, steps: Iterable[Step]) -> None:
        """Send steps, in their order; returns before they are answered."""
        for step in steps:
            sent = delivery(step, self.slips)
            if step.gives:
                self._gives[sent.event] = step.gives
            self.send(sent)

    def send(self, sent: Sent) -> None:
        """Send anything, good or bad, and note it in the journal."""
        self.journal.note(sent)
        self._producer.produce(sent.topic, key=sent.key, value=sent.value, headers=list(sent.headers))
        self._producer.poll(0)

    def settle(self) -> None:
        """Wait until every delivery is told a verdict. Raises TimeoutError when no receipt comes any more."""
        self._producer.flush(self._patience)
        heard = time.monotonic()
        while due := self._due():
            if self._listen():
                heard = time.monotonic()
            elif time.monotonic() - heard > self._patience:
                names = [self.journal.topics[topic][offset].id for topic, offset in due[:5]]
                raise TimeoutError(f"{len(due)} deliveries have no receipt after {self._patience} s: {names}")

    def _due(self) -> list[tuple[str, int]]:
        places = [(sent.topic, offset) for offset, sent in self.journal]
        return [place for place in places if place not in self.verdicts]

    def _listen(self) -> int:
        """Read what has come; returns how many receipts that were."""
        read = 0
        for message in self._receipts.consume(500, timeout=0.05):
            error = message.error()
            if error is None:
                self._read(json.loads(message.value() or b"{}"))
                read += 1
            elif not error.retriable() and error.code() >= 0:
                raise KafkaException(error)
        return read

    def _read(self, receipt: dict[str, object]) -> None:
        if "topic" not in receipt:
            return  # posted over gRPC by another test of this system: nothing that we sent to a topic
        self.verdicts[str(receipt["topic"]), int(str(receipt["offset"]))].append(str(receipt["verdict"]))
        numbers = receipt.get("numbers") or {}
        slip = self._gives.get((str(receipt["source"]), str(receipt["id"])))
        if slip and isinstance(numbers, dict):
            for number in numbers.values():
                self.slips[slip] = number


def delivery(step: Step, slips: dict[str, str]) -> Sent:
    """A step as a CloudEvent in binary mode on its agency's topic."""
    source = f"/agencies/{step.org}"
    headers = {
        "ce_specversion": "1.0",
        "ce_id": step.event_id,
        "ce_source": source,
        "ce_type": step.type,
        "ce_time": step.occurred_at.isoformat(),
        "content-type": "application/json",
    }
    return Sent(
        topic=f"agency.{step.org}.events.v1",
        source=source,
        id=step.event_id,
        key=step.key.encode(),
        value=json.dumps(step.value(slips), ensure_ascii=False).encode(),
        headers=tuple((name, text.encode()) for name, text in headers.items()),
    )
