"""What agencies post in the benchmarks: real CloudEvents on a real topic, from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from confluent_kafka import Producer

ORG = "ldtbxh-bo-de"
TOPIC = f"agency.{ORG}.events.v1"
A_PERSON = 5
"""One event of five brings a new person, the others go to anybody known."""


class Posted(NamedTuple):
    """One record as a plain client sends it."""

    headers: list[tuple[str, bytes]]
    value: bytes


def posts(count: int, *, seed: int = 7) -> Iterator[Posted]:
    """Contacts of new people, and counselling of people contacted before, in the order of time."""
    chosen = random.Random(seed)
    at, known = datetime(2024, 1, 2, 1, tzinfo=UTC), 0
    for index in range(count):
        at += timedelta(minutes=1)
        if index % A_PERSON == 0:
            data: dict[str, Any] = {"channel": "street", "commune": "00139", "client_group": "drug_user"}
            yield posted("client-contacted", f"R-{seed}-{known}", data, at, f"e-{seed}-{index}")
            known += 1
        else:
            data = {"topic": "treatment_options", "mode": "office", "minutes": 30}
            ref = f"R-{seed}-{chosen.randrange(known)}"
            yield posted("counselling-provided", ref, data, at, f"e-{seed}-{index}")


def posted(
    kind: str, about: str | dict[str, str], data: dict[str, Any], at: datetime, id_: str, *, org: str = ORG
) -> Posted:
    """One CloudEvent in binary mode, about a person by the agency's own reference, or by a number."""
    named = {"agency_ref": about} if isinstance(about, str) else about
    headers = {
        "ce_specversion": "1.0",
        "ce_id": id_,
        "ce_source": f"/agencies/{org}",
        "ce_type": f"org.reftrack.{kind}.v1",
        "ce_time": at.isoformat(),
        "content-type": "application/json",
    }
    value = json.dumps({"about": named, "by": "nv-07", "data": data}).encode()
    return Posted([(name, text.encode()) for name, text in headers.items()], value)


def fill(bootstrap: str, events: Iterator[Posted], topic: str = TOPIC) -> None:
    """Put the events onto the topic. Raises RuntimeError if one did not get there."""
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20})
    for event in events:
        while True:
            try:
                producer.produce(topic, value=event.value, headers=list(event.headers))
                break
            except BufferError:
                producer.poll(0.1)
    if producer.flush(60):
        raise RuntimeError(f"Kafka did not take all of the records for {topic}.")
