"""How far each partition is taken in: the truth that Kafka's own offsets only hint at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


_RECOGNISE = """
WITH told AS (
    SELECT * FROM unnest(%s::text[], %s::text[]) AS t (topic, topic_id)
), others AS (
    UPDATE topics SET topic_id = told.topic_id FROM told
    WHERE topics.topic = told.topic AND topics.topic_id <> told.topic_id RETURNING topics.topic
), met AS (
    INSERT INTO topics (topic, topic_id) SELECT topic, topic_id FROM told ON CONFLICT DO NOTHING
), begun AS (
    UPDATE positions SET next_offset = 0 FROM others WHERE positions.topic = others.topic
)
SELECT topic FROM others ORDER BY topic
"""


class Positions:
    """Reads the stored positions; only a commit moves them, but those of a topic that was made anew."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore

    def recognise(self, ids: Mapping[str, str]) -> list[str]:
        """Keep the id of each topic. Those that had another one are others: their positions begin at 0 again.

        Returns these, once: of two instances the second finds nothing new. A batch that is under way is
        refused by its stale position. Source positions stay: they are of the source's log, not of the topic.
        """
        with self._datastore.get_connection() as connection:
            cursor = connection.cursor(row_factory=tuple_row)
            cursor.execute(_RECOGNISE.encode(), [list(ids), list(ids.values())])
            return [topic for (topic,) in cursor]

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
