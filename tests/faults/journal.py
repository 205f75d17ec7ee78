"""What was sent, to which topic, in which order: kept by the sender, believed by the checker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

Headers = tuple[tuple[str, bytes | None], ...]


class Sent(NamedTuple):
    """One delivery as the agency's system handed it to its Kafka client."""

    topic: str
    source: str
    id: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def event(self) -> tuple[str, str]:
        """What has one verdict: (source, id)."""
        return self.source, self.id


class Journal:
    """All deliveries. Each topic has one partition, so the n-th of a topic stands at offset n."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Sent]] = defaultdict(list)
        self.submitted: set[tuple[str, str]] = set()
        """Events that went in over gRPC: they have a verdict, and no place on Kafka."""

    def note(self, sent: Sent) -> None:
        """Keep one more delivery; call it in the order of sending."""
        self.topics[sent.topic].append(sent)

    def __iter__(self) -> Iterator[tuple[int, Sent]]:
        """Every delivery with the offset at which it must stand, topic by topic."""
        for topic in sorted(self.topics):
            yield from enumerate(self.topics[topic])

    def __len__(self) -> int:
        return sum(map(len, self.topics.values()))

    def deliveries(self) -> dict[tuple[str, str], list[tuple[str, int]]]:
        """(topic, offset) of every delivery of an event, in the order of sending; none if only submitted."""
        found: dict[tuple[str, str], list[tuple[str, int]]] = {event: [] for event in self.submitted}
        for offset, sent in self:
            found.setdefault(sent.event, []).append((sent.topic, offset))
        return found
