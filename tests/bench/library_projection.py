"""The view of cases kept by the library's own means: Application, Projection, ProjectionRunner."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from reporting.pathway.entry import Entry
from reporting.views.cases import CASES, fold_cases

A_SAVE = 500


class Told(Application[UUID]):
    """A history as the library keeps it."""


@dataclass(frozen=True)
class EntryTold(DomainEvent):
    """One entry of reporting's history as a domain event."""

    source: str
    position: int
    event_id: str
    type: str
    case_id: UUID
    org: str
    occurred_at: datetime
    recorded_at: datetime
    value: str


class CasesRecorder(PostgresTrackingRecorder):
    """The table of cases with the library's tracking."""

    def _create_table(self, curs: Any) -> None:
        super()._create_table(curs)
        curs.execute("SELECT to_regclass('cases') IS NULL AS missing")
        if curs.fetchone()["missing"]:
            CASES.create(curs)

    def fold(self, entry: Entry, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            rows: Any = cursor
            rows.row_factory = tuple_row
            CASES.save(rows, fold_cases(CASES.load(rows, [entry.case_id]), [entry], {}))


class Cases(Projection[CasesRecorder]):
    """Folds one event at a time."""

    name = "cases"

    def process_event(self, domain_event: EntryTold, tracking: Tracking) -> None:
        told = {name: getattr(domain_event, name) for name in _FIELDS}
        self.view.fold(Entry(**told, value=domain_event.value.encode()), tracking)


_FIELDS = ("source", "position", "event_id", "type", "case_id", "org", "occurred_at", "recorded_at")


def environment(dsn: str) -> dict[str, str]:
    """What the library is told of a database."""
    given = conninfo_to_dict(dsn)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(given["dbname"]),
        "POSTGRES_HOST": str(given["host"]),
        "POSTGRES_PORT": str(given["port"]),
        "POSTGRES_USER": str(given["user"]),
        "POSTGRES_PASSWORD": str(given.get("password", "")),
    }


def record(dsn: str, entries: Iterable[Entry]) -> None:
    """Save the entries in the library's own store, in their order."""
    told = Told(environment(dsn))
    stream, versions = uuid4(), itertools.count(1)
    events = [_event(stream, next(versions), entry) for entry in entries]
    for start in range(0, len(events), A_SAVE):
        told.save(*events[start : start + A_SAVE])
    told.close()


def _event(stream: UUID, version: int, entry: Entry) -> Any:
    told = {name: getattr(entry, name) for name in _FIELDS}
    return EntryTold(
        originator_id=stream,
        originator_version=version,
        timestamp=Aggregate.Event.create_timestamp(),
        value=entry.value.decode(),
        **told,
    )


def project(dsn: str, events: int) -> float:
    """Seconds in which the library's runner brings an empty view to the end of the history."""
    empty(dsn)
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Told, projection_class=Cases, view_class=CasesRecorder, env=environment(dsn)
    ) as runner:
        runner.wait(events, timeout=600)
        return time.perf_counter() - started


def empty(dsn: str) -> None:
    """Drop what an earlier round has made."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS cases, cases_tracking, notification_tracking")
