"""Looks for given texts in everything that the system leaves behind, in whatever form they stand there."""

from __future__ import annotations

import base64
import json
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
from psycopg import sql
from reftrack_local import LocalRuntime
from reftrack_local.postgres import BINARIES

from tests.faults.looking import Topics

Trace = tuple[str, bytes]
"""Where something stands, and the bytes there."""


def forms(text: str) -> list[bytes]:
    """The text in every way in which programs write it down.

    As it is, decomposed, without diacritics; plain or escaped as JSON does; each in UTF-8, in hexadecimal
    digits, in base64 (both alphabets) wherever in a longer text it stands. Upper and lower case alike.
    """
    shapes: dict[bytes, None] = {}
    for written in _written(text):
        plain = written.encode()
        shapes[plain.lower()] = None
        shapes[plain.hex().encode()] = None
        for at in range(3):
            encoded = _within_base64(plain, at)
            shapes[encoded] = None
            shapes[encoded.translate(_URL_SAFE)] = None
    return list(shapes)


def found(texts: Iterable[str], traces: Iterable[Trace]) -> list[str]:
    """Which of the texts stand where."""
    wanted = {text: forms(text) for text in texts}
    return [f"{text} stands in {where}" for where, content in traces for text in _in(content, wanted)]


def _in(content: bytes, wanted: Mapping[str, Sequence[bytes]]) -> Iterator[str]:
    folded = content.lower()
    for text, shapes in wanted.items():
        if any(shape in folded or shape in content for shape in shapes):
            yield text


def _written(text: str) -> Iterator[str]:
    """The spellings of a text; base64 keeps upper and lower case apart, so each is made in either."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(each for each in decomposed if not unicodedata.combining(each)).replace("đ", "d")
    for spelling in dict.fromkeys((text, decomposed, bare)):
        for cased in dict.fromkeys((spelling, spelling.lower(), spelling.upper())):
            yield cased
            if not cased.isascii():
                escaped = json.dumps(cased)[1:-1]
                yield escaped
                yield quote(cased)


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


def in_dump(dsn: str) -> Iterator[Trace]:
    """What `pg_dump` writes of a database, as a backup would have it."""
    command = [str(BINARIES / "pg_dump"), "--inserts", "--rows-per-insert=1000", dsn]
    yield "a dump", subprocess.run(command, check=True, capture_output=True).stdout


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


_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_TABLES = """
SELECT schemaname, tablename FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2
"""
