"""Intake with gRPC, and with Kafka if wanted, in this process; beside others on the same broker."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psycopg
import yaml
from chassis.clock import FixedClock
from chassis.consumer import BatchConsumer
from chassis.relay import EventsLog, Relay
from chassis.rpc.auth import Authenticator
from chassis.rpc.server import RpcServer
from chassis.service import Parts
from chassis.store.migrations import migrate
from chassis.store.store import Store
from directory.units import FOLLOW
from intake.agencies.topics import ReceiptTopics
from intake.application.receipts_log import ReceiptsLog
from intake.rpc.rules import RULES
from intake.service import SERVICE
from intake.settings import Settings
from reftrack.intake.v1.agencies_pb2_grpc import AgencyServiceStub
from reftrack.intake.v1.intake_pb2_grpc import IntakeServiceStub, QuarantineServiceStub
from reftrack.intake.v1.policy_pb2_grpc import PolicyServiceStub
from reftrack.intake.v1.territory_pb2_grpc import TerritoryServiceStub

from tests.integration.intake.desk import REFERENCE, settings
from tests.integration.intake.posts import NOW
from tests.unit.chassis.tokens import Issuer


@dataclass
class Serving:
    """Stubs of a running intake, and a look into its database."""

    intake: Any
    quarantine: Any
    issuer: Issuer
    dsn: str
    policy: Any
    territory: Any
    parts: Parts[Settings]
    channel: Any

    @property
    def agencies(self) -> Any:
        return AgencyServiceStub(self.channel)

    async def follow(self) -> None:
        """What its tickers do every few seconds, now."""
        for ticker in SERVICE.tickers:
            if ticker.name == FOLLOW:
                await ticker.due(self.parts)

    async def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        async with await psycopg.AsyncConnection.connect(self.dsn) as connection:
            cursor = await connection.execute(query, parameters)
            return await cursor.fetchall()

    async def rows_changed(self, query: str) -> None:
        async with await psycopg.AsyncConnection.connect(self.dsn) as connection:
            await connection.execute(query.encode())

    @staticmethod
    @asynccontextmanager
    async def begin(
        folder: Path,
        dsn: str,
        *,
        kafka: str = "unused:1",
        tag: str | None = None,
        reference: Path | None = None,
    ) -> AsyncIterator[Serving]:
        """With a `tag` it reads the topics of the agencies `<tag>-…` and publishes to `<tag>.events.v1`."""
        migrate(dsn, "intake")
        issuer = Issuer(folder)
        given = settings(
            folder, dsn, kafka_bootstrap=kafka, reference_path=reference or _reference(folder, tag)
        )
        async with AsyncExitStack() as stack:
            parts = await _parts(given, stack)
            if tag is not None:
                await _join_kafka(parts, tag, stack)
            server = await _serve(parts, issuer, stack)
            address = f"127.0.0.1:{server.port}"
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
            yield Serving(
                IntakeServiceStub(channel),
                QuarantineServiceStub(channel),
                issuer,
                dsn,
                PolicyServiceStub(channel),
                TerritoryServiceStub(channel),
                parts,
                channel,
            )


def bearer(serving: Serving, org: str, role: str = "agency") -> tuple[tuple[str, str], ...]:
    """Metadata of a caller."""
    return (("authorization", serving.issuer.bearer(role, org=org, sub="tester")),)


def _reference(folder: Path, tag: str | None) -> Path:
    """The reference data, with a police, a commune and a clinic of its own for a tag."""
    if tag is None:
        return REFERENCE
    shutil.copytree(REFERENCE, folder / "reference")
    file = folder / "reference" / "organisations.yaml"
    data = yaml.safe_load(file.read_text("utf-8"))
    name = {"vi": "Thử", "en": "Test"}
    data["organisations"] += [
        {"id": f"{tag}-police", "kind": "ward_police", "name": name, "commune": "00139"},
        {"id": f"{tag}-social", "kind": "commune_social", "name": name, "commune": "00139"},
        {"id": f"{tag}-clinic", "kind": "methadone_clinic", "name": name, "services": ["methadone"]},
    ]
    file.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return folder / "reference"


async def _parts(given: Settings, stack: AsyncExitStack) -> Parts[Settings]:
    parts = Parts(SERVICE, given)
    parts.store.close()
    parts.clock = FixedClock(NOW)
    parts.store = Store(parts.dsn, clock=parts.clock, box=parts.box, mappers=SERVICE.mappers)
    stack.push_async_callback(parts.close)
    await parts.reads.open()
    parts.decide()
    working = asyncio.create_task(parts.commands.work())

    async def stop() -> None:
        parts.commands.stop()
        await asyncio.wait_for(working, 30)

    stack.push_async_callback(stop)
    return parts


async def _join_kafka(parts: Parts[Settings], tag: str, stack: AsyncExitStack) -> None:
    receipts = ReceiptsLog(ReceiptTopics(parts.kafka).has)
    relay = Relay(parts.dsn, parts.kafka, service=tag, logs=(EventsLog(tag), receipts))
    relay.start()
    stack.push_async_callback(asyncio.to_thread, relay.stop)
    consumer = BatchConsumer(
        parts.kafka,
        group=tag,
        writer=parts.writer,
        positions=parts.store.positions,
        writer_thread=parts.writer_thread,
        pattern=rf"agency\.{tag}-[a-z]+\.events\.v1",
    )
    await consumer.start()
    stack.push_async_callback(consumer.stop)


async def _serve(parts: Parts[Settings], issuer: Issuer, stack: AsyncExitStack) -> RpcServer:
    server = RpcServer(
        SERVICE.servicers(parts),
        rules=RULES,
        admits=SERVICE.admits(parts),
        authenticator=Authenticator(issuer.jwks),
        texts=SERVICE.texts,
    )
    for bell in parts.bells.values():
        ringing = asyncio.create_task(bell.run())
        stack.callback(ringing.cancel)
    await server.start()
    stack.push_async_callback(server.stop, 1)
    return server
