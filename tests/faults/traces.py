"""Looks for given texts in everything that the system leaves behind, in whatever form they stand there."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import psycopg
from psycopg import sql
from reftrack_local import LocalRuntime

from tests.faults.looking import Topics

Trace = tuple[str, bytes]
"""Where something stands, and the bytes there."""


def forms(text: str) -> list[bytes]:
    """The text as bytes, in hexadecimal digits, and in base64 wherever in a longer text it stands."""
    plain = text.encode()
    return [
        plain,
        plain.hex().encode(),
        plain.hex().upper().encode(),
        *(_within_base64(plain, at) for at in range(3)),
    ]


def found(texts: Iterable[str], traces: Iterable[Trace]) -> list[str]:
    """Which of the texts stand where."""
    wanted = {text: forms(text) for text in texts}
    return [
        f"{text} stands in {where}"
        for where, content in traces
        for text, shapes in wanted.items()
        if any(shape in content for shape in shapes)
    ]


def on_kafka(bootstrap: str, *, agencies: bool) -> Iterator[Trace]:
    """Every record of our topics, or of the agencies' own: key, value and headers."""
    topics = Topics(bootstrap)
    try:
        for topic, messages in topics.read().items():
            if (topic.startswith("agency.") and topic.endswith(".events.v1")) is agencies:
                for each in messages:
                    headers = b"\n".join(
                        name.encode() + b"=" + (value or b"") for name, value in each.headers
                    )
                    content = b"\n".join((each.key or b"", each.value or b"", headers))
                    yield f"{topic}/{each.partition}/{each.offset}", content
    finally:
        topics.close()


def in_tables(dsn: str) -> Iterator[Trace]:
    """Every table of every schema, as PostgreSQL's binary copy gives it: text and bytes as they are."""
    with psycopg.connect(dsn) as connection:
        for schema, table in connection.execute(_TABLES).fetchall():
            query = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(schema, table))
            with connection.cursor().copy(query) as copy:
                yield f"table {schema}.{table} of {connection.info.dbname}", b"".join(copy)


def in_files(folder: Path) -> Iterator[Trace]:
    """Every file under a folder."""
    yield from ((str(path), path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())


def in_metrics(runtime: LocalRuntime) -> Iterator[Trace]:
    """What every instance tells a scraper, and whoever asks how it is."""
    for instances in runtime.services.values():
        for instance in instances:
            for page in ("metrics", "readyz", "livez"):
                yield f"{instance.name}/{page}", httpx.get(f"{instance.http}/{page}", trust_env=False).content


def _within_base64(plain: bytes, at: int) -> bytes:
    """What base64 makes of the text behind `at` other bytes, without what depends on its neighbours."""
    encoded = base64.b64encode(b"\0" * at + plain)
    first = -(-8 * at // 6)
    return encoded[first : (at + len(plain)) * 8 // 6]


_TABLES = """
SELECT schemaname, tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
