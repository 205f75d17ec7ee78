"""Numbered changes of the schema: once each, in order, by one starter at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from chassis.store.migrations import MigrationChanged, migrate, migrations
from psycopg import errors

Write = Callable[[str, str], Path]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """A package `bookshop` whose migrations the test writes."""
    folder = tmp_path / "bookshop" / "migrations"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, sql: str) -> Path:
        (folder / name).write_text(sql, encoding="utf-8")
        return folder / name

    yield write
    sys.modules.pop("bookshop", None)


def test_the_chassis_comes_before_the_service_and_a_second_start_finds_all_done(
    postgres_dsn: str, package: Write
) -> None:
    package("0002_prices.sql", "ALTER TABLE books ADD price int; COMMENT ON TABLE books IS '100 % ours';")
    package("0001_books.sql", "CREATE TABLE books (event bigint REFERENCES stored_events (notification_id));")
    applied = migrate(postgres_dsn, "bookshop")
    assert applied[0] == "chassis/0001_stored_events.sql"
    assert applied[-2:] == ["bookshop/0001_books.sql", "bookshop/0002_prices.sql"]
    assert migrate(postgres_dsn, "bookshop") == []


def test_a_migration_that_was_applied_and_has_changed_is_refused(postgres_dsn: str, package: Write) -> None:
    package("0001_books.sql", "CREATE TABLE books (id int);")
    migrate(postgres_dsn, "bookshop")
    package("0001_books.sql", "CREATE TABLE books (id bigint);")
    with pytest.raises(MigrationChanged, match=r"bookshop/migrations/0001_books\.sql .* has changed"):
        migrate(postgres_dsn, "bookshop")


def test_a_migration_that_was_applied_and_is_gone_is_refused(postgres_dsn: str, package: Write) -> None:
    written = package("0001_books.sql", "CREATE TABLE books (id int);")
    migrate(postgres_dsn, "bookshop")
    written.unlink()
    with pytest.raises(MigrationChanged, match="is gone"):
        migrate(postgres_dsn, "bookshop")


def test_a_migration_that_fails_leaves_nothing_behind(postgres_dsn: str, package: Write) -> None:
    package("0001_books.sql", "CREATE TABLE books (id int);")
    package("0002_wrong.sql", "ALTER TABLE no_such_table ADD x int;")
    with pytest.raises(errors.UndefinedTable):
        migrate(postgres_dsn, "bookshop")
    with psycopg.connect(postgres_dsn) as connection:
        row = connection.execute("SELECT to_regclass('books'), to_regclass('stored_events')").fetchone()
    assert row == (None, None)


def test_four_starters_at_once_apply_each_once(postgres_dsn: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _: migrate(postgres_dsn), range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(migrations("chassis"))]


def test_a_number_given_twice_and_a_stray_name_are_refused(package: Write) -> None:
    package("0001_books.sql", "")
    package("0001_authors.sql", "")
    with pytest.raises(ValueError, match="one number"):
        migrations("bookshop")
    package("0001_authors.sql", "").unlink()
    package("fix-it.sql", "")
    with pytest.raises(ValueError, match="NNNN_what_it_does"):
        migrations("bookshop")
