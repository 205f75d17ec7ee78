"""Parked cases as `reftrack.admin.v1` shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.admin.v1 import admin_pb2

from chassis.rpc.reads import Row
from chassis.store.parked import ParkedItem

CASES = """
    SELECT case_key, count(*), min(parked_at), max(attempts), min(id),
           (array_agg(reason ORDER BY id) FILTER (WHERE NOT behind))[1]
    FROM parked WHERE resolution IS NULL
    GROUP BY case_key HAVING min(id) > %s ORDER BY min(id) LIMIT %s
"""
"""Parameters: the first record's id of the last case of the page before (0: from the beginning), how many."""


def case_of(row: Row) -> admin_pb2.ParkedCase:
    """Return one row of `CASES`."""
    case_key, records, since, attempts, _, reason = row
    return admin_pb2.ParkedCase(
        case_key=case_key, records=records, since=timestamp(since), error=reason or "", attempts=attempts
    )


def case_of_items(items: list[ParkedItem]) -> admin_pb2.ParkedCase:
    """Sum up the open items of one case, at least one."""
    return admin_pb2.ParkedCase(
        case_key=items[0].case_key,
        records=len(items),
        since=timestamp(min(item.parked_at for item in items)),
        error=next((item.reason for item in items if not item.behind), ""),
        attempts=max(item.attempts for item in items),
    )


def records_of(items: Iterable[ParkedItem]) -> list[admin_pb2.ParkedRecord]:
    """Return the items one by one. Those behind a parked one have no error of their own."""
    return [
        admin_pb2.ParkedRecord(
            parked_id=item.id,
            topic=item.topic,
            partition=item.partition,
            offset=item.offset,
            parked_at=timestamp(item.parked_at),
            error="" if item.behind else item.reason,
            attempts=item.attempts,
        )
        for item in items
    ]


def timestamp(at: datetime) -> Timestamp:
    """Return an instant as protobuf has it."""
    stamp = Timestamp()
    stamp.FromDatetime(at)
    return stamp
