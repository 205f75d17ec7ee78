"""How far each partition is taken in: the truth that Kafka's own offsets only hint at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from psycopg.rows import tuple_row

from chassis.store.datastore import Datastore

Partition = tuple[str, int]
"""(topic, partition)."""


class StalePosition(Exception):
    """Another instance has moved these partitions.

    Nothing of them may be written by whoever expected otherwise.
    """

    def __init__(self, partitions: Iterable[Partition]) -> None:
        self.partitions = frozenset(partitions)
        named = ", ".join(f"{topic}/{partition}" for topic, partition in sorted(self.partitions))
        super().__init__(f"stored position of {named} is another one: read it again before going on")


class Position(NamedTuple):
    """`next_offset`: the first offset not taken in.

    `source_position`: the last position of the source's log.
    """

    next_offset: int
    source_position: int | None


class Positions:
    """Reads the stored positions; only a commit moves them."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def read(self, partitions: Iterable[Partition] | None = None) -> dict[Partition, Position]:
        """The positions of these partitions, or of all.

        A partition without a row is missing from the answer.
        """
        statement = "SELECT topic, partition, next_offset, source_position FROM positions"
        arguments: list[list[object]] = []
        if partitions is not None:
            wanted = list(partitions)
            statement += " WHERE (topic, partition) IN (SELECT * FROM unnest(%s::text[], %s::int[]))"
            arguments = [[topic for topic, _ in wanted], [partition for _, partition in wanted]]
        with self._datastore.get_connection() as connection:
            rows = connection.cursor(row_factory=tuple_row).execute(statement.encode(), arguments)
            return {(topic, partition): Position(*position) for topic, partition, *position in rows}
