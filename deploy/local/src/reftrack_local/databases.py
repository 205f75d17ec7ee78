"""One database a service."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from reftrack_local.trouble import Trouble


def make(dsn: str, names: Iterable[str]) -> list[str]:
    """Make those that are not there yet; gives their names. Raises Trouble with the server's answer."""
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            return [name for name in names if _make(connection, name)]
    except psycopg.OperationalError as error:
        raise Trouble(
            f"PostgreSQL does not answer: {str(error).strip()}", "Check REFTRACK_POSTGRES_DSN."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Trouble(
            f"PostgreSQL refused to make a database: {error.diag.message_primary}.",
            "Give the user of REFTRACK_POSTGRES_DSN the right CREATEDB, or make the databases yourself.",
        ) from error


def _make(connection: psycopg.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    if found:
        return False
    try:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return False  # another runtime on the same server was faster: before us, or in the same instant
    return True
