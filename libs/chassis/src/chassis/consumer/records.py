"""From aiokafka's record to ours: nothing decoded, nulls kept."""

from __future__ import annotations

from aiokafka import ConsumerRecord

from chassis.items import Record

POSITION = "ce_position"


def record_of(polled: ConsumerRecord, *, after: int | None, source_position: int | None) -> Record:
    """Return the record as an item of a batch; `after` is the position stored before it."""
    return Record(
        polled.topic,
        polled.partition,
        polled.offset,
        polled.key,
        dict(polled.headers),
        polled.value,
        polled.timestamp,
        after,
        source_position,
    )


def source_position_of(polled: ConsumerRecord) -> int | None:
    """Return the position in the source's own log, `None` if the header is missing or no number."""
    for name, value in polled.headers:
        if name == POSITION and value is not None and value.isdigit():
            return int(value)
    return None
