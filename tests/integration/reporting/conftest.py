"""Reporting on a real database, told a story without Kafka, asked over gRPC."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import psycopg
import pytest
from chassis.clock import write_instant
from chassis.rpc.auth import Authenticator
from chassis.rpc.server import RpcServer
from chassis.service import Parts
from chassis.store.decider import Result
from chassis.store.migrations import migrate
from psycopg.rows import tuple_row
from reftrack.reporting.v1.audit_pb2_grpc import AuditServiceStub
from reftrack.reporting.v1.report_pb2_grpc import ReportServiceStub
from reftrack.reporting.v1.status_pb2_grpc import StatusServiceStub
from reftrack.reporting.v1.views_pb2_grpc import ViewsServiceStub
from reporting.application import REPORTING, RULES, Made, admits
from reporting.settings import ReportingSettings
from reporting.views import VIEWS

from tests.unit.chassis.tokens import Issuer
from tests.unit.reporting.pathway import whole_pathway
from tests.unit.reporting.story import Story

REFERENCE = Path(__file__).parents[3] / "deploy" / "reference"
DEADLINE = 20.0
TODAY = datetime(2021, 3, 1, 2, tzinfo=UTC)
"""A day on which there are still districts."""


class Teller:
    """Brings records into the history through the writer, as the consumer does."""

    def __init__(self, parts: Parts[ReportingSettings]) -> None:
        self._parts = parts
        self._told = 0

    def tell(self, story: Story) -> list[Result]:
        """What the story has told since the last time."""
        records, self._told = story.records[self._told :], len(story.records)
        return self._parts.writer.run(records)


@dataclass
class World:
    """A running service without Kafka."""

    made: Made
    teller: Teller
    channel: grpc.aio.Channel
    issuer: Issuer

    @property
    def status(self) -> Any:
        return StatusServiceStub(self.channel)

    @property
    def report(self) -> Any:
        return ReportServiceStub(self.channel)

    @property
    def audit(self) -> Any:
        return AuditServiceStub(self.channel)

    @property
    def views(self) -> Any:
        return ViewsServiceStub(self.channel)

    def by(self, role: str, org: str, *, timeout: float = 30) -> dict[str, Any]:
        """Options of a call by someone of an organisation."""
        return {"metadata": (("authorization", self.issuer.bearer(role, org=org)),), "timeout": timeout}

    def set_clock(self, at: datetime) -> None:
        """What day the service takes it to be."""
        write_instant(Path(self.made.parts.settings.clock.partition(":")[2]), at)

    async def tell(self, story: Story) -> None:
        """Records a story, and returns once every view has it."""
        await asyncio.to_thread(self.teller.tell, story)
        async with asyncio.timeout(DEADLINE):
            for view in VIEWS:
                await self.made.projector.wait_for(view.name, len(story.records))


@pytest.fixture
def settings(postgres_dsn: str, tmp_path: Path, issuer: Issuer) -> ReportingSettings:
    """Settings of a reporting on a fresh, migrated database."""
    migrate(postgres_dsn, "reporting")
    secrets = tmp_path / "secrets.json"
    key = b64encode(b"s" * 32).decode()
    secrets.write_text(json.dumps({"ids_key": key, "box_key": key}))
    clock = tmp_path / "clock"
    write_instant(clock, TODAY)
    told = {
        "clock": f"simulated:{clock}",
        "postgres_dsn": postgres_dsn,
        "kafka_bootstrap": "127.0.0.1:1",
        "jwks_path": issuer.jwks,
        "secrets_path": secrets,
        "master_key_path": tmp_path / "unused",
        "reference_path": REFERENCE,
    }
    return ReportingSettings.model_validate(told)


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def parts(settings: ReportingSettings) -> Iterator[Parts[ReportingSettings]]:
    made = Parts(REPORTING, settings)
    made.decide()
    yield made
    made.store.close()
    made.writer_thread.shutdown()


@pytest.fixture
def teller(parts: Parts[ReportingSettings]) -> Teller:
    return Teller(parts)


@pytest.fixture
async def world(parts: Parts[ReportingSettings], teller: Teller, issuer: Issuer) -> AsyncIterator[World]:
    await parts.reads.open()
    made = Made(parts)
    made.projector.start()
    server = RpcServer(
        made.servicers(),
        rules=RULES,
        admits=admits(parts, made.projector),
        authenticator=Authenticator(issuer.jwks),
        texts=REPORTING.texts,
    )
    bells = [asyncio.create_task(bell.run()) for bell in parts.bells.values()]
    await server.start()
    await eventually(lambda: made.projector.check().ready() != "not started")
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield World(made, teller, channel, issuer)
    await server.stop(1)
    for bell in bells:
        bell.cancel()
    await asyncio.gather(*bells, return_exceptions=True)
    await asyncio.to_thread(made.projector.stop)
    await parts.reads.close()


@pytest.fixture
async def told(world: World) -> SimpleNamespace:
    """One person's whole pathway, in the history: the story and the numbers given in it."""
    story = Story()
    numbers = whole_pathway(story)
    await world.tell(story)
    return SimpleNamespace(story=story, **vars(numbers))


Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def query(settings: ReportingSettings) -> Iterator[Query]:
    """Rows of a statement as tuples."""
    dsn = settings.postgres_dsn.get_secret_value()
    with psycopg.connect(dsn, autocommit=True, row_factory=tuple_row) as connection:
        yield lambda statement, *arguments: connection.execute(statement, arguments).fetchall()


async def eventually(holds: Callable[[], Awaitable[bool] | bool], seconds: float = DEADLINE) -> None:
    """Waits until it holds; fails when it does not within the time."""
    end = time.monotonic() + seconds
    while True:
        held = holds()
        if held if isinstance(held, bool) else await held:
            return
        assert time.monotonic() < end, "did not come true in time"
        await asyncio.sleep(0.05)
