"""Reading the next batch while the last one is committed: Python works while PostgreSQL does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chassis.items import Record

from intake.application.reading import Reader, Reading
from intake.application.submissions import Submission, of_record

_MOST = 20_000
"""So many readings are held at most; what belongs to lost partitions is never asked for."""


class ReadAhead:
    """Reads records, before their batch begins or when they are asked for: it comes to the same.

    What was read ahead is taken only for the very same bytes; `received_at` is always that of the batch.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[tuple[str, int, int], Reading] = {}

    def foresee(self, records: Iterable[Record], now: datetime) -> None:
        """Read what will be asked for soon. On any thread."""
        read = {_place(record): self._reader.read(of_record(record, now)) for record in records}
        if len(self._read) + len(read) > _MOST:
            self._read.clear()
        self._read.update(read)

    def read(self, record: Record, now: datetime) -> Reading:
        """The reading of a record of an agency's topic."""
        submission = of_record(record, now)
        found = self._read.pop(_place(record), None)
        if found is None or not _same(found.submission, submission):
            return self._reader.read(submission)
        return Reading(submission, *found[1:])


def _same(one: Submission, other: Submission) -> bool:
    return one.value is other.value and one.headers == other.headers


def _place(record: Record) -> tuple[str, int, int]:
    return record.topic, record.partition, record.offset
