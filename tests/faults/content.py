"""What a run came to, but for what may differ between two runs: when and at which offset it came in."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from tests.faults.comparing import same_mapping
from tests.faults.seen import WRITERS, Seen

VIEWS = ("cases", "referrals", "facts")
_PLACE = re.compile(rb'"(agency\.[a-z0-9-]+\.events\.v1)/\d+/\d+"')
_MAY_DIFFER = re.compile(r"seq|position|.*recorded_at|offset")


class Content(NamedTuple):
    """Events by stream, receipts by event, rows by view; of some cases."""

    events: dict[str, list[bytes]]
    receipts: dict[tuple[str, str], list[str]]
    views: dict[str, list[str]]

    def differences(self, other: Content) -> Iterator[str]:
        """What the other run came to otherwise."""
        yield from same_mapping("events of stream", self.events, other.events)
        yield from same_mapping("receipts on", self.receipts, other.receipts)
        yield from same_mapping("view", self.views, other.views)


def content(seen: Seen, dsn: Callable[[str], str], events: Iterable[tuple[str, str]]) -> Content:
    """The content of those cases that these events, as (source, id), were about."""
    wanted = set(events)
    cases = {
        row.subject
        for row in seen.stores["intake"].events
        if (f"/agencies/{_meta(row.state)['org']}", _meta(row.state)["causation_id"]) in wanted
    }
    return Content(_events(seen, cases), _receipts(seen, wanted), _views(dsn("reporting"), cases))


def _events(seen: Seen, cases: set[str]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for service in WRITERS:
        for row in sorted(seen.stores[service].events):
            if row.subject in cases:
                found[f"{row.stream} of {service}"].append(_PLACE.sub(rb'"\1"', row.state))
    return found


def _receipts(seen: Seen, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in sorted(seen.receipts):
        if (row.source, row.id) in wanted:
            found[row.source, row.id].append(_told(json.loads(row.body)))
    return found


def _views(dsn: str, cases: set[str]) -> dict[str, list[str]]:
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        tables = connection.execute(_TABLES, [list(VIEWS)]).fetchall()
        return {f"{schema}.{table}": _table(connection, schema, table, cases) for schema, table in tables}


def _table(connection: psycopg.Connection[Any], schema: str, table: str, cases: set[str]) -> list[str]:
    query = sql.SQL("SELECT to_jsonb(row) FROM {} AS row").format(sql.Identifier(schema, table))
    rows = [row for (row,) in connection.execute(query).fetchall()]
    return sorted(_told(row) for row in rows if row["case_id"] in cases)


def _told(fields: dict[str, Any]) -> str:
    kept = {name: value for name, value in fields.items() if not _MAY_DIFFER.fullmatch(name)}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def _meta(state: bytes) -> dict[str, Any]:
    meta: dict[str, Any] = json.loads(state)["meta"]
    return meta


_TABLES = """
SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2
"""
