"""A database of intake filled with people: sealed profiles in the vault and the keys that find them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg
from chassis.store.migrations import migrate
from chassis.vault import FileMasterKey, Vault, write_master_key
from intake.likeness.candidates import Likenesses
from intake.likeness.profile import Profile
from psycopg.rows import tuple_row

from tests.bench.likeness.population import Land

KEY = bytes(range(32))
AT_ONCE = 2000


@dataclass(frozen=True)
class Filled:
    """What is looked up in; the n-th record is that of `person_id(n)`."""

    likenesses: Likenesses
    connection: psycopg.Connection[Any]


@contextmanager
def filled(dsn: str, records: Sequence[Profile], land: Land) -> Iterator[Filled]:
    """Fill an empty database, vacuumed and analysed as a running one would be."""
    migrate(dsn, "intake")
    with TemporaryDirectory() as folder, psycopg.connect(dsn, autocommit=True) as connection:
        write_master_key(Path(folder) / "master.key")
        vault = Vault(FileMasterKey(Path(folder) / "master.key"), KEY)
        likenesses = Likenesses(vault, KEY, land)
        for start in range(0, len(records), AT_ONCE):
            _remember(connection, vault, likenesses, start, records[start : start + AT_ONCE])
        connection.execute("VACUUM ANALYZE")
        yield Filled(likenesses, connection)


def person_id(place: int) -> UUID:
    """The id of the n-th person: as scattered as real ones are, so that caches help no more than there."""
    return UUID(bytes=blake2b(place.to_bytes(8), digest_size=16).digest())


def _remember(
    connection: psycopg.Connection[Any],
    vault: Vault,
    likenesses: Likenesses,
    start: int,
    records: Sequence[Profile],
) -> None:
    people = [person_id(start + place) for place in range(len(records))]
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        ring = vault.keyring(cursor, people)
        writes = [
            write
            for person, profile in zip(people, records, strict=True)
            for write in likenesses.remember(ring, person, f"{person}:1", profile)
        ]
        for _, same in groupby(
            sorted(writes, key=lambda write: write.table.rank), key=lambda write: write.table.rank
        ):
            rows = list(same)
            rows[0].table.write(cursor, [write.row for write in rows])
