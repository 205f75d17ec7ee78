"""Real servers for the tests that need them.

`REFTRACK_TEST_POSTGRES` and `REFTRACK_TEST_KAFKA` point at servers that exist already; without them a
PostgreSQL and a Kafka of our own are started when the first test asks for them, and shared by all workers.
However the session ends, nothing that it started stays running: see `tests.keeper`.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, LiteralString, Protocol

import psycopg
import pytest
from kafka.admin import KafkaAdminClient
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.keeper import Keeper

PostgresDatabase = Callable[[], str]

TOGETHER = ("tests/faults/", "tests/e2e/")
"""Folders whose tests share running systems, which take long to start: one worker runs a folder's tests.

They are the longest, and begin first: `make test` keeps to the order of the folders' names.
"""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers: a file's tests stay together, and so do those of a folder of `TOGETHER`."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFolder(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            folder = next((folder for folder in TOGETHER if nodeid.startswith(folder)), None)
            alone = nodeid.startswith("tests/faults/test_checker.py")
            return folder if folder and not alone else super()._split_scope(nodeid)

    return ByFolder(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """SIGTERM ends the session as Ctrl-C does; the keeper takes away what it leaves."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.add_cleanup(Keeper().end)


class KafkaTopics(Protocol):
    """Makes a topic with a unique name and returns the name."""

    def __call__(
        self,
        name: str = "topic",
        *,
        partitions: int = 1,
        pattern: str = "{}",
        configs: dict[str, str] | None = None,
    ) -> str: ...


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """DSN of a superuser's connection to a PostgreSQL server that lasts for the session."""
    from tests import servers

    return os.environ.get("REFTRACK_TEST_POSTGRES") or servers.shared("postgres")


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[PostgresDatabase]:
    """A factory of fresh, empty databases; each call gives the DSN of another one. Dropped after the test."""
    names: list[str] = []

    def create() -> str:
        name = f"test_{uuid.uuid4().hex}"
        _execute(postgres_server, _about("CREATE DATABASE {} TEMPLATE template0", name))
        names.append(name)
        return make_conninfo(postgres_server, dbname=name)

    yield create
    for name in names:
        _execute(postgres_server, _about("DROP DATABASE {} WITH (FORCE)", name))


@pytest.fixture
def postgres_dsn(postgres_database: PostgresDatabase) -> str:
    """DSN of a fresh, empty database, dropped after the test."""
    return postgres_database()


@pytest.fixture(scope="session")
def kafka_bootstrap() -> str:
    """`host:port` of a Kafka broker that lasts for the session."""
    from tests import servers

    return os.environ.get("REFTRACK_TEST_KAFKA") or servers.shared("kafka")


@pytest.fixture
def kafka_topics(kafka_bootstrap: str) -> Iterator[KafkaTopics]:
    """A factory of topics with unique names: `kafka_topics("events", partitions=6, configs={…}) -> name`.

    A `pattern="agency.{}.events.v1"` gives names of that form. The topics are deleted after the test.
    """
    names: list[str] = []

    def create(
        name: str = "topic",
        *,
        partitions: int = 1,
        pattern: str = "{}",
        configs: dict[str, str] | None = None,
    ) -> str:
        topic = pattern.format(f"{name}-{uuid.uuid4().hex[:12]}")
        options: dict[str, Any] = {"num_partitions": partitions, "replication_factor": 1}
        options["configs"] = configs or {}
        with _admin(kafka_bootstrap) as admin:
            admin.create_topics({topic: options}, wait_for_metadata=True)
        names.append(topic)
        return topic

    yield create
    if names:
        with _admin(kafka_bootstrap) as admin:
            admin.delete_topics(names)


def _about(statement: LiteralString, name: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(name))


def _execute(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def _admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        yield admin
    finally:
        admin.close()
