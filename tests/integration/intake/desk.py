"""Intake without Kafka and gRPC: its decider and writer on a real database, fed with records by hand."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from chassis.clock import FixedClock
from chassis.items import Command, Item, Record
from chassis.service import Parts
from chassis.store.migrations import migrate
from chassis.store.parking import Parking
from chassis.store.store import Store
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.writer import Result, Writer
from chassis.vault import write_master_key
from contracts.base import Payload
from contracts.envelope import Meta, encode
from google.protobuf.message import Message
from intake.agency_parts import agencies
from intake.application.decider import SUBMIT
from intake.service import SERVICE, decider, reference
from intake.settings import Settings
from pydantic import SecretStr
from reference import Organisation
from reftrack.intake.v1.intake_pb2 import Attributed, SubmittedEvent

from tests.integration.intake.posts import NOW, Headers, Post

REFERENCE = Path(__file__).parents[3] / "deploy" / "reference"

POLICE = "cap-bo-de"
SOCIAL = "ldtbxh-bo-de"


def settings(folder: Path, dsn: str, **more: Any) -> Settings:
    """Settings with keys of their own in `folder`."""
    secrets = {name: base64.b64encode(os.urandom(32)).decode() for name in ("ids_key", "box_key")}
    (folder / "secrets.json").write_text(json.dumps(secrets))
    write_master_key(folder / "master.key")
    return Settings(
        **{
            "postgres_dsn": dsn,
            "kafka_bootstrap": "unused:1",
            "jwks_path": folder / "jwks.json",
            "secrets_path": folder / "secrets.json",
            "master_key_path": folder / "master.key",
            "reference_path": REFERENCE,
            **more,
        }
    )


class Desk:
    """Hands records and commands to intake's writer, and looks at what became of them."""

    def __init__(self, given: Settings) -> None:
        self.settings = given
        self.dsn = dsn = given.postgres_dsn.get_secret_value()
        migrate(dsn, "intake")
        self.clock = FixedClock(NOW)
        self.parts = self._parts = Parts(SERVICE, given)
        self._parts.store.close()
        self._parts.store = Store(dsn, clock=self.clock, box=self._parts.box, mappers=SERVICE.mappers)
        self._parts.clock = self.clock
        self.vault, self.connect = self._parts.vault, self._parts.connect
        self.store = self._parts.store
        self.decider = decider(self._parts)
        self.offices = agencies(self._parts, reference(given.reference_path))
        self.writer = Writer(self._parts.store, self.decider)
        self._offsets: dict[str, int] = {}
        self._connection = psycopg.connect(dsn, autocommit=True)

    def close(self) -> None:
        self._connection.close()
        self._parts.store.close()

    def learnt(self, org: str, so: Callable[[Organisation], bool] = lambda _office: True) -> None:
        """Wait until the live directory has an office, and knows that of it."""
        deadline = time.monotonic() + 10
        while (office := self.offices.live.get(org)) is None or not so(office):
            assert time.monotonic() < deadline, f"the directory did not learn of {org}"
            time.sleep(0.01)

    def parking(self) -> Parking:
        """What an administrator does with parked items."""
        return Parking(self._parts.store, self.decider, self.writer)

    @contextmanager
    def with_the_same_keys(self, dsn: str) -> Iterator[Desk]:
        """Another intake on another database, which derives the same ids."""
        other = Desk(self.settings.model_copy(update={"postgres_dsn": SecretStr(dsn)}))
        yield other
        other.close()

    def started_again(self, **settings: Any) -> Desk:
        """The same intake on the same database, with other settings."""
        return Desk(self.settings.model_copy(update=settings))

    # What comes in

    def post(self, *posts: Post) -> list[dict[str, Any]]:
        """One batch of records; the receipts it led to, in their order."""
        return self.take(
            [self.record(f"agency.{post.agency}.events.v1", post.headers(), post.value()) for post in posts]
        )

    def take(self, items: Sequence[Any]) -> list[dict[str, Any]]:
        """One batch of anything; the receipts it led to, in their order."""
        before = self._newest()
        results = self.writer.run(items)
        assert not any(result.parked or result.dropped for result in results), self.rows(
            "SELECT reason FROM parked"
        )
        return self.receipts(before)

    def record(self, topic: str, headers: Headers, value: bytes | None) -> Record:
        """The next record of a topic."""
        offset = self._offsets.get(topic, -1) + 1
        self._offsets[topic] = offset
        return Record(topic, 0, offset, None, headers, value, 0, offset or None)

    def structured(self, post: Post) -> Record:
        """The same event as a whole CloudEvent in JSON."""
        event = {
            "specversion": "1.0",
            "id": post.id,
            "source": f"/agencies/{post.agency}",
            "type": post.type,
            "time": post.at.isoformat(),
            "data": json.loads(post.value()),
        }
        headers: Headers = {"content-type": b"application/cloudevents+json; charset=utf-8"}
        return self.record(f"agency.{post.agency}.events.v1", headers, json.dumps(event).encode())

    def submit(self, *posts: Post) -> list[Result]:
        """The same events as items of SubmitEvents, in one batch."""
        return self.writer.run([self.command(SUBMIT, as_item(post), post.agency) for post in posts])

    def command(self, name: str, message: Message, org: str, who: str = "nv-07") -> Command:
        return Command(os.urandom(8).hex(), f"{org}/{who}", name, message, None, "test")

    def owner_says(self, service: str, stream: UUID, version: int, data: Payload, meta: Meta) -> Record:
        """An event of referral's or followup's log."""
        value = encode(f"{stream}:{version}", data.TYPE, f"/services/{service}", meta, data)
        return self.record(f"{service}.events.v1", {}, value)

    # What came of it

    def receipts(self, after: int = 0) -> list[dict[str, Any]]:
        rows = self.rows("SELECT body FROM receipts WHERE position > %s ORDER BY position", after)
        return [json.loads(body) for (body,) in rows]

    def events(self) -> list[dict[str, Any]]:
        """Everything recorded, oldest first."""
        rows = self.rows("SELECT state FROM stored_events ORDER BY notification_id")
        return [json.loads(state) for (state,) in rows]

    def types(self) -> list[str]:
        """The kinds of everything recorded, oldest first: `client-contacted`."""
        return [event["type"].removeprefix("org.reftrack.").removesuffix(".v1") for event in self.events()]

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, parameters).fetchall()

    def execute(self, statement: str, *parameters: Any) -> None:
        self._connection.execute(statement, parameters)

    def identity(self, client: str) -> dict[tuple[str, str], str]:
        """What the vault holds of a person, opened: (field, event) → value."""
        vault, person = self._parts.vault, UUID(client)
        with self._connection.cursor() as cursor:
            keyring = vault.keyring(cursor, [person])
            return {
                (sealed.name, sealed.record_id): keyring.open(sealed)
                for sealed in vault.fields(cursor, person)
            }

    def unsealed(self, sealed: bytes, *about: str) -> bytes:
        """What the service's box sealed for that place."""
        return self._parts.box.open(sealed, *about)

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])

    def _newest(self) -> int:
        return int(self.rows("SELECT coalesce(max(position), 0) FROM receipts")[0][0])


def as_item(post: Post, index: int = 0) -> SubmittedEvent:
    """A post as an item of SubmitEvents."""
    return SubmittedEvent(
        index=index,
        attributed=Attributed(
            id=post.id,
            source=f"/agencies/{post.agency}",
            type=post.type,
            time=post.at.isoformat(),
            data=post.value(),
        ),
    )


def park(desk: Desk, monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    """Receive this event while the software cannot decide any record."""

    def fail(uow: UnitOfWork, item: Item) -> bytes | None:
        raise RuntimeError("software")

    monkeypatch.setattr(desk.decider, "decide", fail)
    topic = f"agency.{post.agency}.events.v1"
    (result,) = desk.writer.run([desk.record(topic, post.headers(), post.value())])
    assert result.parked


def verdicts(receipts: Iterable[dict[str, Any]]) -> list[str]:
    return [receipt["verdict"] for receipt in receipts]
