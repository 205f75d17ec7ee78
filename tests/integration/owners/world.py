"""One service, whole but for Kafka: its database, writer, timers and gRPC server, on a clock that a test
moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import psycopg
from chassis.clock import write_instant
from chassis.rpc.auth import Authenticator
from chassis.rpc.server import RpcServer
from chassis.service import Parts
from chassis.service import Service as ServiceOf
from chassis.service.ending import end
from chassis.service.ticking import Ticking
from chassis.store.decider import Result
from chassis.store.migrations import migrate
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.referral import ReferralRequested
from contracts.vocabulary import Service
from google.protobuf.message_factory import GetMessageClass
from reftrack_local.keys import Keys

from tests.integration.owners.intake_log import IntakeLog

REFERENCE = Path(__file__).parents[3] / "deploy" / "reference"
PATIENCE = 20.0


class World:
    """What a test does to the service, and what it sees of it."""

    def __init__(self, parts: Parts[Any], rpc: Any, keys: Keys, clock: Path) -> None:
        self.parts = parts
        self.intake = IntakeLog()
        self.referral = IntakeLog("referral.events.v1")
        self._rpc = rpc
        self._keys = keys
        self._clock = clock
        self.channel: Any = None

    def feed(self, *events: Recorded[Payload]) -> list[Result]:
        """Brings events of intake's log through the writer, as one batch."""
        return self.parts.writer.run(self.intake.records(*events))

    def sent(self, case_id: UUID, sender: str, provider: str, service: Service = Service.LOAN) -> None:
        """Referral's log tells that the client was referred from one to the other."""
        asked = ReferralRequested(service=service, provider=provider, number="CG-0000-0000-0000-0")
        told = self.referral.event(case_id, asked, org=sender)
        self.parts.writer.run(self.referral.records(told))

    def log(self, case_id: UUID | None = None) -> list[Recorded[Payload]]:
        """The service's own log, in its order; of one case only, if given."""
        with psycopg.connect(self.parts.dsn) as connection:
            rows = connection.execute("SELECT state FROM stored_events ORDER BY notification_id").fetchall()
        found = [Recorded.parse(row[0]) for row in rows]
        return [event for event in found if case_id in (None, event.meta.subject)]

    def clock_shows(self, at: datetime) -> None:
        write_instant(self._clock, at)

    async def call(
        self,
        method: str,
        *,
        org: str,
        role: str = "operator",
        request_id: str | None = None,
        **fields: Any,
    ) -> Any:
        """Calls a method for an organisation; gives its response. Raises grpc.aio.AioRpcError."""
        described = self._rpc.methods_by_name[method]
        request, response = (GetMessageClass(d) for d in (described.input_type, described.output_type))
        stub = self.channel.unary_unary(
            f"/{self._rpc.full_name}/{method}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        token = self._keys.token(role=role, org=org, subject="nv-12")
        metadata = [("authorization", f"Bearer {token}")]
        if request_id:
            metadata.append(("x-request-id", request_id))
        return await stub(request(**fields), metadata=metadata, timeout=30)


@asynccontextmanager
async def running(
    service: ServiceOf[Any],
    dsn: str,
    folder: Path,
    at: datetime,
    *,
    tickers: int = 1,
    reference: Path = REFERENCE,
) -> AsyncIterator[World]:
    """The service, with as many tickers at work as it would have instances."""
    keys = Keys(folder / "keys")
    keys.make([service.name])
    clock = folder / "clock"
    write_instant(clock, at)
    settings = service.settings(
        postgres_dsn=dsn,
        kafka_bootstrap="127.0.0.1:1",
        jwks_path=keys.jwks,
        secrets_path=keys.secrets_of(service.name),
        master_key_path=keys.master,
        reference_path=reference,
        clock=f"simulated:{clock}",
    )
    migrate(dsn, service.name)
    parts = Parts(service, settings)
    await parts.reads.open()
    parts.decide()
    rpc = _described(service)
    world = World(parts, rpc, keys, clock)
    tasks = [asyncio.create_task(parts.commands.work())]
    tasks += [asyncio.create_task(Ticking(t, parts).run()) for t in service.tickers for _ in range(tickers)]
    server = RpcServer(
        service.servicers(parts),
        rules=service.rules,
        admits=service.admits(parts),
        authenticator=Authenticator(keys.jwks, issuer=settings.token_issuer),
        texts=service.texts,
    )
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as world.channel:
            yield world
    finally:
        await server.stop(1)
        await end(tasks[1:])
        parts.commands.stop()
        await asyncio.gather(*tasks, return_exceptions=True)
        await parts.close()


async def eventually(holds: Callable[[], bool], what: str) -> None:
    """Waits until it holds. Fails after twenty seconds."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"not within {PATIENCE:.0f} s: {what}"
        await asyncio.sleep(0.05)


def kinds(events: list[Recorded[Payload]]) -> list[str]:
    """Short names of what was recorded: `referral-requested`."""
    return [event.type.rsplit(".", 2)[-2] for event in events]


def details(error: grpc.aio.AioRpcError) -> dict[str, str]:
    """The metadata of the error's ErrorInfo, with its reason."""
    from google.rpc import error_details_pb2, status_pb2

    status = status_pb2.Status()
    metadata: Any = error.trailing_metadata()
    raw = dict(metadata)["grpc-status-details-bin"]
    status.ParseFromString(raw)
    info = error_details_pb2.ErrorInfo()
    for part in status.details:
        if part.Unpack(info):
            break
    return {"reason": info.reason, **dict(info.metadata)}


def _described(service: ServiceOf[Any]) -> Any:
    if service.name == "referral":
        from referral.service import RPC

        return RPC
    from followup.service import RPC as FOLLOWUP

    return FOLLOWUP
