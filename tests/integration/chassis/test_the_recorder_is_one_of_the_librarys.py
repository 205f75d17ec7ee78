"""The library's own recorder test cases for PostgreSQL, on our recorder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from chassis.store.datastore import Datastore
from chassis.store.recorder import Recorder
from eventsourcing.persistence import StoredEvent
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)


class WithDatabase:
    """Gives the library's test cases a fresh database each."""

    INITIAL_VERSION = 1
    datastore: Datastore
    dsn: str

    @pytest.fixture(autouse=True)
    def _database(self, postgres_dsn: str) -> Iterator[None]:
        self.dsn = postgres_dsn
        self.datastore = Datastore(postgres_dsn, size=13, connect_timeout=60)
        yield
        self.datastore.close()

    def new_originator_id(self) -> UUID:
        return uuid4()

    def create_recorder(self) -> Recorder:
        recorder = Recorder(self.datastore)
        recorder.create_table()
        return recorder


class RecorderOfAggregates(Recorder):
    """As the library's aggregate recorder: tells no notification ids."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super().insert_events(stored_events, **kwargs)


class TestAggregateRecorder(WithDatabase, AggregateRecorderTestCase):
    def create_recorder(self) -> Recorder:
        super().create_recorder()
        return RecorderOfAggregates(self.datastore)


class TestApplicationRecorder(WithDatabase, ApplicationRecorderTestCase[Recorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()

    def close_db_connection(self, *_: Any) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


class TestNonInterleavingNotificationIDs(WithDatabase, NonInterleavingNotificationIDsBaseCase):
    pass
