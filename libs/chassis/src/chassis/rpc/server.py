"""The gRPC server of a service: guarded handlers, health that follows readiness, reflection, drain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc
from grpc_reflection.v1alpha._async import ReflectionServicer

from chassis.rpc.auth import Authenticator
from chassis.rpc.errors import Texts, no_texts
from chassis.rpc.guard import Guard
from chassis.rpc.rules import OWN_RULES, Admits, Rules, admits_all, check_rules
from chassis.telemetry import get_logger

LOG = get_logger("rpc")
LARGEST_MESSAGE = 8 * 1024 * 1024
HEALTH_SECONDS = 0.5

OPTIONS: list[tuple[str, int]] = [
    # Without this a server may run thousands of messages ahead of a slow reader of its stream.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", LARGEST_MESSAGE),
    ("grpc.max_send_message_length", LARGEST_MESSAGE),
    ("grpc.max_metadata_size", 32 * 1024),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
]

Register = Callable[[Any], None]
"""Adds a servicer to a server: `lambda server: add_IntakeServiceServicer_to_server(servicer, server)`."""


class PortTaken(RuntimeError):
    """The address cannot be listened on."""


@dataclass(frozen=True)
class Tls:
    """Certificate chain and private key (PEM files)."""

    cert: Path
    key: Path

    def credentials(self) -> grpc.ServerCredentials:
        """Read the files. Raises `OSError`."""
        return grpc.ssl_server_credentials([(self.key.read_bytes(), self.cert.read_bytes())])


class RpcServer:
    """Serves what is registered, to whom the rules allow it. Loopback unless told otherwise."""

    def __init__(
        self,
        register: Iterable[Register],
        *,
        rules: Rules,
        authenticator: Authenticator,
        admits: Admits = admits_all,
        texts: Texts = no_texts,
        ready: Callable[[], bool] = lambda: True,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: Tls | None = None,
        default_seconds: float = 30.0,
    ) -> None:
        handlers = _Handlers()
        for add in register:
            add(handlers)
        self._ready = ready
        self._health = HealthServicer()
        self._names = _add_own(handlers, self._health)
        all_rules = {**rules, **OWN_RULES}
        for method in check_rules(all_rules, handlers.methods):
            LOG.warning("rpc_method_closed", method=method)
        self._guard = Guard(authenticator, all_rules, texts, default_seconds, admits)
        self._handlers = handlers
        self._address = f"{host}:{port}" if ":" not in host else f"[{host}]:{port}"
        self._tls = tls
        self._server: Any = None
        self._following: asyncio.Task[None] | None = None
        self.port = port

    async def start(self) -> None:
        """Listen. Raises `PortTaken`."""
        self._server = grpc.aio.server(options=OPTIONS)
        self._handlers.guard(self._server, self._guard)
        self.port = self._listen()
        await self._tell_health()
        await self._server.start()
        self._following = asyncio.create_task(self._follow_readiness())
        LOG.info("rpc_listening", port=self.port)

    async def stop(self, grace: float = 10.0) -> None:
        """Take no more calls, end watches, give the others `grace` seconds."""
        if self._server is None:
            return
        if self._following is not None:
            self._following.cancel()
        await self._health.enter_graceful_shutdown()
        stopping = asyncio.ensure_future(self._server.stop(grace))
        await asyncio.sleep(0)
        self._guard.drain.begin()
        await stopping
        LOG.info("rpc_stopped", port=self.port)

    def _listen(self) -> int:
        try:
            if self._tls is None:
                return int(self._server.add_insecure_port(self._address))
            return int(self._server.add_secure_port(self._address, self._tls.credentials()))
        except RuntimeError:
            raise PortTaken(
                f"gRPC cannot listen on {self._address}: choose another REFTRACK_GRPC_PORT"
            ) from None

    async def _follow_readiness(self) -> None:
        while True:
            await self._tell_health()
            await asyncio.sleep(HEALTH_SECONDS)

    async def _tell_health(self) -> None:
        kinds = health_pb2.HealthCheckResponse
        status = kinds.SERVING if self._ready() else kinds.NOT_SERVING
        for name in self._names:
            await self._health.set(name, status)


class _Handlers:
    """Stands in for a server while servicers are added, and keeps what they add."""

    def __init__(self) -> None:
        self._services: dict[str, dict[str, Any]] = {}

    def add_generic_rpc_handlers(self, _handlers: Any) -> None:
        """Take nothing: the generated code says the same again in `add_registered_method_handlers`."""

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Keep the handlers of one service."""
        self._services[service] = dict(handlers)

    @property
    def services(self) -> list[str]:
        return list(self._services)

    @property
    def methods(self) -> list[str]:
        return [f"{service}/{name}" for service, handlers in self._services.items() for name in handlers]

    def guard(self, server: Any, guard: Guard) -> None:
        """Add every handler, guarded, to the real server."""
        for service, handlers in self._services.items():
            guarded = {name: guard.wrap(f"{service}/{name}", handler) for name, handler in handlers.items()}
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, guarded),))
            server.add_registered_method_handlers(service, guarded)


def _add_own(handlers: _Handlers, servicer: Any) -> list[str]:
    """Add health and reflection; return the names that health answers for."""
    names = ["", *handlers.services]
    health_pb2_grpc.add_HealthServicer_to_server(servicer, handlers)
    reflected = ReflectionServicer([*names[1:], health.SERVICE_NAME, reflection.SERVICE_NAME])
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(reflected, handlers)
    return names
