"""`python -m tests.bench.stages [COUNT]`: where the time goes from an agency's post to GetReferral's answer.

Read from what the system itself leaves behind: `ce_recordedat` of a message (the clock under the store's
lock, before the commit) and its time on Kafka (when the relay sent it). Medians of stages do not add up to
the median of the whole.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median, quantiles
from typing import Any, NamedTuple

import grpc
from confluent_kafka import Consumer, Message, TopicPartition
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack.reporting.v1 import status_pb2_grpc
from reftrack_local import LocalRuntime
from rich.console import Console
from rich.table import Table

from tests.bench.agency_feed import posted
from tests.bench.latency import CLINIC, SUPERVISOR, request_referrals
from tests.bench.posting import Letter, waited
from tests.bench.system import bearer, running

STAGES = (
    "posted → intake records it",
    "→ intake's relay sends it",
    "→ referral records it",
    "→ referral's relay sends it",
    "→ GetReferral tells it",
)


class Sent(NamedTuple):
    """A message of a service's log: what it says, when it was recorded, when it was sent (seconds)."""

    value: Any
    recorded: float
    sent: float


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with running("intake", "referral", "followup", "reporting") as runtime:
        numbers = request_referrals(runtime, 2 * count)
        _follow(runtime, numbers[:count])
        seen = _follow(runtime, numbers[count:])
        show(list(_stages(runtime, seen)))


def _follow(runtime: LocalRuntime, numbers: list[str]) -> dict[str, tuple[float, float]]:
    """Post one event after the other; when each was posted and seen, by number."""
    metadata = bearer(runtime, role="supervisor", org=SUPERVISOR)
    with grpc.insecure_channel(runtime.endpoint("reporting")) as channel:
        status = status_pb2_grpc.StatusServiceStub(channel)

        def is_seen(number: str) -> bool:
            asked = pb.GetReferralRequest(number=number)
            return status.GetReferral(asked, metadata=metadata, timeout=10).referral.state == "received"

        began: dict[str, float] = {}
        seconds = waited(
            runtime.kafka.bootstrap, f"agency.{CLINIC}.events.v1", _letters(numbers, began), is_seen
        )
    return {
        number: (began[number], began[number] + one) for number, one in zip(numbers, seconds, strict=True)
    }


def _letters(numbers: list[str], began: dict[str, float]) -> Iterator[Letter]:
    """The letters, each made when the one before was seen; notes when."""
    at = datetime.now(UTC) - timedelta(days=1)
    for number in numbers:
        event = posted("referral-received", {"referral": number}, {}, at, f"s-{number}", org=CLINIC)
        began[number] = time.time()
        yield Letter(number, event.headers, event.value)


def _stages(runtime: LocalRuntime, seen: dict[str, tuple[float, float]]) -> Iterator[list[float]]:
    """The seconds of each stage, event by event."""
    routed = {
        sent.value["id"]: sent
        for sent in _log(runtime.kafka.bootstrap, "intake.events.v1")
        if sent.value["data"].get("number") in seen and "posted_by" in sent.value["data"]
    }
    for answer in _log(runtime.kafka.bootstrap, "referral.events.v1"):
        asked = routed.get(answer.value["meta"]["causation_id"])
        if asked is not None:
            began, end = seen[asked.value["data"]["number"]]
            times = (began, asked.recorded, asked.sent, answer.recorded, answer.sent, end)
            yield [later - earlier for earlier, later in pairwise(times)]


def _log(bootstrap: str, topic: str) -> Iterator[Sent]:
    """All that can be read of a service's log now."""
    settings = {"bootstrap.servers": bootstrap, "group.id": "stages", "enable.partition.eof": True}
    consumer = Consumer({**settings, "enable.auto.commit": False})
    partitions = list(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
    ended = 0
    while ended < len(partitions):
        message = consumer.poll(10)
        if message is None:
            raise TimeoutError(f"Kafka gave nothing of {topic} within 10 s")
        if message.error() is not None:
            ended += 1
        else:
            yield _sent(message)
    consumer.close()


def _sent(message: Message) -> Sent:
    headers: dict[str, Any] = dict(message.headers() or [])
    recorded = datetime.fromisoformat(headers["ce_recordedat"].decode())
    return Sent(json.loads(message.value() or b""), recorded.timestamp(), message.timestamp()[1] / 1000)


def show(found: list[list[float]]) -> None:
    table = Table("stage", "median, ms", "nine of ten within, ms", title=f"{len(found)} events")
    stages = [*zip(STAGES, zip(*found, strict=True), strict=True), ("the whole", [sum(one) for one in found])]
    for name, seconds in stages:
        table.add_row(name, f"{1000 * median(seconds):.1f}", f"{1000 * quantiles(seconds, n=10)[-1]:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
