"""The table `agencies`: what the registry says of each office now. Each service has one, by its migration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

from psycopg import Cursor

CHANNEL = "agencies"
"""NOTIFY channel that is told after each commit that wrote the table."""

_DESCRIBED: LiteralString = """
INSERT INTO agencies AS known (org, seq, version, said, changed_at)
VALUES (%s, nextval('agencies_seq'), %s, %s::jsonb, %s)
ON CONFLICT (org) DO UPDATE SET
    seq = excluded.seq, version = excluded.version, said = excluded.said, changed_at = excluded.changed_at
WHERE known.version < excluded.version
"""
_TURNED: LiteralString = """
UPDATE agencies SET seq = nextval('agencies_seq'), version = %s, suspended = %s, changed_at = %s
WHERE org = %s AND version < %s
"""
_TELL: LiteralString = "SELECT pg_notify('agencies', '')"


class AgencyRow(NamedTuple):
    """What one event of the registry says. `said`: the payload of a description, none where only `suspended`
    (the reason, none: active) changes. `version`: of the office's stream; what is older changes nothing."""

    org: str
    version: int
    said: str | None
    suspended: str | None
    changed_at: datetime


class AgenciesTable:
    """Written with the events, under the store's lock: `seq` rises in the order of the commits."""

    rank = 40

    def write(self, cursor: Cursor[Any], rows: Sequence[AgencyRow]) -> None:
        """In the order of the rows: a batch may register an office and suspend it."""
        for row in rows:
            if row.said is not None:
                cursor.execute(_DESCRIBED, (row.org, row.version, row.said, row.changed_at))
            else:
                turned = (row.version, row.suspended, row.changed_at, row.org, row.version)
                cursor.execute(_TURNED, turned)
        cursor.execute(_TELL)


AGENCIES = AgenciesTable()
