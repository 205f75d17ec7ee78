"""The bytes of what was not accepted: kept, sealed under the service's key, until a person has decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chassis.store.unnest import Rows, Unnest
from psycopg import Cursor

_UPSERT = Unnest(
    """
    INSERT INTO kept_deliveries (source, event_id, org, type, verdict, topic, partition, "offset",
                                 received_at, size, sealed)
    SELECT * FROM {rows}
    ON CONFLICT (source, event_id) DO UPDATE SET verdict = EXCLUDED.verdict
    """,
    *("text", "text", "text", "text", "text", "text", "int", "bigint", "timestamptz", "int", "bytea"),
)


class Kept(NamedTuple):
    """One delivery; `sealed` opens with the box for `KEPT, source, event_id`."""

    source: str
    event_id: str
    org: str
    type: str | None
    verdict: str
    topic: str
    partition: int
    offset: int
    received_at: datetime
    size: int
    sealed: bytes


KEPT = "kept"
"""What the box seals these bytes for."""


class KeptDeliveries:
    """The table of `0100_intake.sql`. Of two rows of one event in a batch the later one counts."""

    rank = 20

    def write(self, cursor: Cursor[Any], rows: Sequence[Kept]) -> None:
        _UPSERT.write(cursor, list({(row.source, row.event_id): row for row in rows}.values()))


class Gone(NamedTuple):
    """A delivery whose bytes are kept elsewhere now (it waits) or not needed any more (it was accepted)."""

    source: str
    event_id: str


class Act(NamedTuple):
    """What a person did with a quarantined delivery, and why. `act`: shown, released, discarded.

    People write names into reasons: `sealed_reason` opens with the box for `REASON, act, quarantine_id`.
    """

    at: datetime
    quarantine_id: int
    source: str
    event_id: str
    act: str
    by: str
    sealed_reason: bytes


REASON = "reason"
"""What the box seals reasons for."""

KEPT_DELIVERIES = KeptDeliveries()
GONE_DELIVERIES = Rows(
    21,
    """
    DELETE FROM kept_deliveries USING {rows} AS r (source, event_id)
    WHERE kept_deliveries.source = r.source AND kept_deliveries.event_id = r.event_id
    """,
    *("text", "text"),
)
"""Takes deliveries out of the table, after the rows of the same commit were written."""

ACTS = Rows(
    22,
    "INSERT INTO quarantine_acts (at, quarantine_id, source, event_id, act, by, sealed_reason)"
    " SELECT * FROM {rows}",
    *("timestamptz", "bigint", "text", "text", "text", "text", "bytea"),
)
"""The record of who looked at, released or discarded what."""
