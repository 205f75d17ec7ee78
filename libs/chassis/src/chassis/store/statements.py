"""The statements of a commit, one a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from chassis.store.rows import InboxRow, Verdict
from chassis.store.unnest import Unnest

RECEIPTS_CHANNEL = "receipts"
"""LISTEN here to hear of new receipts; events are told on `stored_events`."""

RELEASES = Unnest(
    """
    DELETE FROM claims USING {rows} AS r (kind, key, holder)
    WHERE claims.kind = r.kind AND claims.key = r.key AND claims.holder = r.holder
    """,
    *("text", "text", "text"),
)
CLAIMS = Unnest(
    "INSERT INTO claims (kind, key, holder) SELECT * FROM {rows}",
    *("text", "text", "text"),
)
WAITS_GONE = Unnest("DELETE FROM waits USING {rows} AS gone (seq) WHERE waits.seq = gone.seq", "bigint")
WAITS = Unnest(
    """
    INSERT INTO waits (key, source, event_id, sealed, topic, partition, "offset", received_at, until)
    SELECT key, source, event_id, sealed, topic, partition, "offset", received_at, until
    FROM {rows} WITH ORDINALITY
         AS r (key, source, event_id, sealed, topic, partition, "offset", received_at, until, n)
    ORDER BY n
    """,
    *("text", "text", "text", "bytea", "text", "int", "bigint", "timestamptz", "timestamptz"),
)
INBOX = Unnest(
    """
    INSERT INTO inbox (source, event_id, content_hash, verdict, received_at, topic, partition, "offset",
                       code, field, detail, routed_id, case_key)
    SELECT source, event_id, content_hash, verdict, received_at, topic, partition, "offset",
           code, field, detail::jsonb, routed_id, case_key
    FROM {rows} AS r (source, event_id, content_hash, verdict, received_at, topic, partition, "offset",
                      code, field, detail, routed_id, case_key)
    """,
    *("text", "text", "bytea", "text", "timestamptz", "text", "int", "bigint"),
    *("text", "text", "text", "text", "text"),
)
VERDICTS = Unnest(
    """
    UPDATE inbox SET verdict = r.verdict, code = r.code, field = r.field, detail = r.detail::jsonb,
                     routed_id = coalesce(r.routed_id, inbox.routed_id),
                     case_key = coalesce(r.case_key, inbox.case_key)
    FROM {rows} AS r (source, event_id, was, was_detail, verdict, code, field, detail, routed_id, case_key)
    WHERE inbox.source = r.source AND inbox.event_id = r.event_id
      AND inbox.verdict = r.was AND inbox.detail IS NOT DISTINCT FROM r.was_detail::jsonb
    """,
    *("text", "text", "text", "text", "text", "text", "text", "text", "text", "text"),
)
OTHER_CONTENTS = Unnest(
    """
    INSERT INTO other_contents (source, event_id, content_hash, sealed, topic, partition, "offset",
    received_at) SELECT * FROM {rows} ON CONFLICT DO NOTHING
    """,
    *("text", "text", "bytea", "bytea", "text", "int", "bigint", "timestamptz"),
)
RECEIPTS = Unnest(
    """
    INSERT INTO receipts (org, source, event_id, verdict, repetition, body, topic, partition, "offset",
                          position, recorded_at)
    SELECT r.org, r.source, r.event_id, r.verdict, r.repetition, r.body, r.topic, r.partition, r."offset",
           newest.position + r.n, newest.at + (r.n - 1) * interval '1 microsecond'
    FROM {rows} WITH ORDINALITY
         AS r (org, source, event_id, verdict, repetition, body, topic, partition, "offset", n),
         (SELECT coalesce(max(position), 0) AS position,
                 greatest(max(recorded_at) + interval '1 microsecond', %b) AS at
          FROM (SELECT position, recorded_at FROM receipts ORDER BY position DESC LIMIT 1) AS last) AS newest
    """,
    *("text", "text", "text", "text", "bool", "bytea", "text", "int", "bigint"),
)
POSITIONS_MOVED = Unnest(
    """
    UPDATE positions SET next_offset = r.target,
                         source_position = coalesce(r.source_position, positions.source_position)
    FROM {rows} AS r (topic, partition, expected, target, source_position)
    WHERE positions.topic = r.topic AND positions.partition = r.partition
      AND positions.next_offset = r.expected
    RETURNING positions.topic, positions.partition
    """,
    *("text", "int", "bigint", "bigint", "bigint"),
)
POSITIONS_BEGUN = Unnest(
    """
    INSERT INTO positions (topic, partition, next_offset, source_position)
    SELECT topic, partition, target, source_position
    FROM {rows} AS r (topic, partition, expected, target, source_position)
    ON CONFLICT DO NOTHING
    RETURNING topic, partition
    """,
    *("text", "int", "bigint", "bigint", "bigint"),
)
OUTCOMES = Unnest(
    """
    INSERT INTO outcomes (request_id, caller, digest, body, answered_at)
    SELECT request_id, caller, digest, body, answered_at
    FROM {rows} AS r (request_id, caller, digest, body), (SELECT %b::timestamptz AS answered_at) AS now
    """,
    *("text", "text", "bytea", "bytea"),
)
# A row that is to wait behind another must find one: it may have been settled by another instance meanwhile.
PARKED = Unnest(
    """
    WITH r AS (
        SELECT * FROM {rows} WITH ORDINALITY AS
               r (case_key, reason, behind, sealed, topic, partition, "offset", parked_at, correlation_id, n)
    )
    INSERT INTO parked
           (case_key, reason, behind, sealed, topic, partition, "offset", parked_at, correlation_id)
    SELECT case_key, reason, behind, sealed, topic, partition, "offset", parked_at, correlation_id
    FROM r
    WHERE NOT behind
       OR EXISTS (SELECT FROM r AS head WHERE head.case_key = r.case_key AND NOT head.behind)
       OR EXISTS (SELECT FROM parked AS p WHERE p.case_key = r.case_key AND p.resolution IS NULL)
    ORDER BY n
    """,
    *("text", "text", "bool", "bytea", "text", "int", "bigint", "timestamptz", "text"),
)


def inbox_row(row: InboxRow) -> InboxRow | tuple[Any, ...]:
    """The row with its detail as JSON text."""
    detail = row.detail
    return row if detail is None else (*row[:10], _json(detail), *row[11:])


def verdict_row(row: Verdict) -> tuple[Any, ...]:
    """The row with both details as JSON text."""
    return (*row[:3], _json(row.was_detail), *row[4:7], _json(row.detail), *row[8:])


def _json(detail: Mapping[str, Any] | None) -> str | None:
    return None if detail is None else to_json(detail).decode()
