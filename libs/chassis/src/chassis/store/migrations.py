"""Numbered changes of the schema, applied at start, each once, by one starter at a time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL

CHASSIS = "chassis"
LOCK = 0x72667472_6D696772
"""Advisory lock key of schema changes ("rftrmigr"); not the one of commits."""

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_JOURNAL = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    package text NOT NULL, name text NOT NULL, checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (package, name))
"""


class MigrationChanged(RuntimeError):
    """A migration that this database has applied reads differently now, or is gone.

    Write a new one instead.
    """


class Migration(NamedTuple):
    """One file of `<package>/migrations`."""

    package: str
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(dsn: str, package: str | None = None) -> list[str]:
    """Apply the chassis' migrations, then the package's own, by number; gives the names applied now.

    One transaction under an advisory lock: a second starter waits, then finds all done. Raises
    `MigrationChanged`.
    """
    with psycopg.connect(dsn) as connection:
        return apply(connection, [CHASSIS] if package in (None, CHASSIS) else [CHASSIS, str(package)])


def apply(connection: psycopg.Connection[Any], packages: Sequence[str]) -> list[str]:
    """Apply what is missing of these packages' migrations, in one transaction."""
    wanted = [migration for package in packages for migration in migrations(package)]
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        cursor.execute(_JOURNAL)
        cursor.execute(
            "SELECT package, name, checksum FROM schema_migrations WHERE package = ANY(%s)", (list(packages),)
        )
        applied = {(package, name): checksum for package, name, checksum in cursor}
        _refuse_changes(applied, wanted)
        missing = [m for m in wanted if (m.package, m.name) not in applied]
        for migration in missing:
            _run(cursor, migration)
    return [f"{migration.package}/{migration.name}" for migration in missing]


def migrations(package: str) -> list[Migration]:
    """The migrations of a package, in order. Raises `ValueError` for a stray file or a number given twice."""
    folder = files(package).joinpath("migrations")
    if not folder.is_dir():
        return []
    found = sorted(
        (
            Migration(package, file.name, file.read_text(encoding="utf-8"))
            for file in folder.iterdir()
            if file.name.endswith(".sql")
        ),
        key=lambda migration: migration.name,
    )
    _check_names(found)
    return found


def _check_names(found: list[Migration]) -> None:
    numbers: dict[str, str] = {}
    for migration in found:
        match = _NAME.match(migration.name)
        if match is None:
            raise ValueError(
                f"{migration.package}/migrations/{migration.name}: name it NNNN_what_it_does.sql"
            )
        other = numbers.setdefault(match[1], migration.name)
        if other != migration.name:
            raise ValueError(f"{migration.package}/migrations: {other} and {migration.name} have one number")


def _refuse_changes(applied: dict[tuple[str, str], str], wanted: list[Migration]) -> None:
    known = {(migration.package, migration.name): migration.checksum for migration in wanted}
    for (package, name), checksum in applied.items():
        if known.get((package, name)) != checksum:
            what = "is gone" if (package, name) not in known else "has changed"
            raise MigrationChanged(
                f"{package}/migrations/{name} was applied to this database and "
                f"{what} since: restore it and add a new one"
            )


def _run(cursor: psycopg.Cursor[Any], migration: Migration) -> None:
    cursor.execute(SQL(migration.sql))
    cursor.execute(
        "INSERT INTO schema_migrations (package, name, checksum) VALUES (%s, %s, %s)",
        (migration.package, migration.name, migration.checksum),
    )
