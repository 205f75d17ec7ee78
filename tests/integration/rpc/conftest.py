"""A running library over gRPC on a real database."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from chassis.box import Box
from chassis.clock import RealClock
from chassis.rpc.auth import Authenticator
from chassis.rpc.call import Call
from chassis.rpc.commands import Commands
from chassis.rpc.errors import Forbidden
from chassis.rpc.reads import Reads
from chassis.rpc.server import RpcServer
from chassis.store.migrations import migrate
from chassis.store.store import Store
from chassis.store.writer import Writer
from chassis.telemetry import configure
from google.protobuf.wrappers_pb2 import StringValue

from tests.integration.rpc.example import NAME, RULES, Lending, Library, texts
from tests.unit.chassis.tokens import Issuer
from tests.unit.store.books import MAPPER


@dataclass
class World:
    """The server, its parts, and a client."""

    server: RpcServer
    channel: grpc.aio.Channel
    issuer: Issuer
    library: Library
    commands: Commands
    writer: Writer
    store: Store
    ready: list[bool] = field(default_factory=lambda: [True])
    out: set[str] = field(default_factory=set)
    """Organisations that are refused."""

    async def call(self, method: str, value: str = "", *, role: str = "operator", **options: Any) -> str:
        answer = await self.unary(method)(StringValue(value=value), **self.options(role, **options))
        return str(answer.value)

    def unary(self, method: str) -> Any:
        return self.channel.unary_unary(
            f"/{NAME}/{method}",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )

    def stream(self, method: str, value: str = "", *, role: str = "operator", **options: Any) -> Any:
        call = self.channel.unary_stream(
            f"/{NAME}/{method}",
            request_serializer=StringValue.SerializeToString,
            response_deserializer=StringValue.FromString,
        )
        return call(StringValue(value=value), **self.options(role, **options))

    def options(
        self,
        role: str | None,
        *,
        bearer: str = "",
        metadata: tuple[tuple[str, str], ...] = (),
        **options: Any,
    ) -> Any:
        token = (("authorization", bearer or self.issuer.bearer(role)),) if role else ()
        return {"metadata": (*token, *metadata), "timeout": 10, **options}


def keep_out(call: Call, out: set[str]) -> None:
    if call.caller.org in out:
        raise Forbidden("out_of_the_house")


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the process logs."""
    out = io.StringIO()
    configure(service="library", instance="1", out=out)
    yield out
    configure(service="library", instance="1")


@pytest.fixture
def store(postgres_dsn: str) -> Iterator[Store]:
    migrate(postgres_dsn)
    with Store(postgres_dsn, clock=RealClock(), box=Box([bytes(32)]), mappers=[MAPPER]) as found:
        yield found


@pytest.fixture
async def world(store: Store, postgres_dsn: str, issuer: Issuer, log: io.StringIO) -> AsyncIterator[World]:
    thread = ThreadPoolExecutor(max_workers=1)
    writer = Writer(store, Lending())
    commands = Commands(writer, thread)
    working = asyncio.create_task(commands.work())
    reads = Reads(postgres_dsn)
    await reads.open()
    library = Library(commands, reads)
    ready = [True]
    out: set[str] = set()
    server = RpcServer(
        [library.register],
        rules=RULES,
        admits=lambda call: keep_out(call, out),
        authenticator=Authenticator(issuer.jwks),
        texts=texts,
        ready=lambda: ready[0],
    )
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield World(server, channel, issuer, library, commands, writer, store, ready, out)
    await server.stop(1)
    commands.stop()
    await asyncio.wait_for(working, 30)
    await reads.close()
    thread.shutdown()
