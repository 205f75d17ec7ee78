"""Posts one event after another and looks until each is seen: the same waiting for both sides."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from confluent_kafka import Producer

from tests.bench.harness import Figures

LOOK_EVERY = 0.002
PAUSE = 0.01
PATIENCE = 30.0


class Letter(NamedTuple):
    """A record to be posted, and what it is looked for by."""

    key: str
    headers: list[tuple[str, bytes]]
    value: bytes


def waited(
    bootstrap: str, topic: str, letters: Iterable[Letter], is_seen: Callable[[str], bool]
) -> list[float]:
    """Seconds from posting each letter until it is seen. Raises TimeoutError if one is not."""
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 0})
    producer.list_topics(topic, timeout=10)
    seconds = [_one(producer, topic, letter, is_seen) for letter in letters]
    producer.flush(10)
    return seconds


def _one(producer: Producer, topic: str, letter: Letter, is_seen: Callable[[str], bool]) -> float:
    started = time.perf_counter()
    producer.produce(topic, letter.value, letter.key.encode(), headers=list(letter.headers))
    producer.poll(0)
    while not is_seen(letter.key):
        if time.perf_counter() - started > PATIENCE:
            raise TimeoutError(f"{topic}: not seen after {PATIENCE} s")
        time.sleep(LOOK_EVERY)
    seconds = time.perf_counter() - started
    time.sleep(PAUSE)
    return seconds


def percentiles(seconds: list[float]) -> Figures:
    """The median and the slowest of a hundred, in milliseconds."""
    ordered = sorted(seconds)
    return {f"p{share}": 1000 * ordered[(len(ordered) * share - 1) // 100] for share in (50, 99)}
