"""A service's life: settings, logs, database, writer, relay, consumers, gRPC; and back in reverse order."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import uvloop

from chassis import memory
from chassis.admin import ADMIN_RULES
from chassis.consumer import BatchConsumer
from chassis.relay import Relay
from chassis.rpc.auth import Authenticator
from chassis.rpc.server import RpcServer, Tls
from chassis.service.administration import admin_servicer
from chassis.service.declaration import Consume, Service, Startable
from chassis.service.ending import end
from chassis.service.housekeeping import Housekeeping
from chassis.service.parts import Parts
from chassis.service.postgres import Pulse, prepare
from chassis.service.ticking import Ticking
from chassis.telemetry import Check, HealthServer, configure, get_logger, safe_text

LOG = get_logger("service")
FAILED = 70
"""Exit code (EX_SOFTWARE) after a part broke down: whoever supervises the process starts it again."""

HUNG_SECONDS = 30.0


@safe_text
class PartHung(RuntimeError):
    """Parts of the process hang; their names."""


def run(service: Service[Any]) -> None:
    """Run a service until SIGTERM or SIGINT. For `__main__`; ends the process.

    Settings that are missing or wrong end it with their names; a part that breaks down ends it with code 70.
    """
    settings = service.settings.read()
    configure(service=service.name, instance=settings.instance, level=settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(Running(service, Parts(service, settings)).run())
    sys.exit(code)


class Running:
    """One run of a service."""

    def __init__(self, service: Service[Any], parts: Parts[Any]) -> None:
        self._service = service
        self._parts = parts
        self._stop = asyncio.Event()
        self._state = "starting"
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self) -> int:
        """Start everything, wait for a signal or a breakdown, stop everything; returns the exit code."""
        self._listen_to_signals()
        self._parts.health.register(Check("service", ready=lambda: self._state or None))
        async with AsyncExitStack() as stack:
            self._start_http(stack)
            starting = asyncio.create_task(self._start(stack))
            code = await self._until_stopped(starting)
            self._state = "stopping"
            # A writer that waits for a database which is away would wait for ever.
            asyncio.get_running_loop().call_later(
                self._parts.settings.drain_seconds, self._parts.stopping.set
            )
        LOG.info("service_stopped", status=code)
        return code

    async def _until_stopped(self, starting: asyncio.Task[None]) -> int:
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.wait({starting})
            return 0
        if starting.exception() is not None:
            LOG.critical("start_failed", exc_info=starting.exception())
            return FAILED
        self._state = ""
        memory.settle()
        LOG.info("service_started", port=self._parts.settings.grpc_port)
        await asyncio.wait({stopped, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        return 0 if stopped.done() else self._broken()

    def _broken(self) -> int:
        for task in self._tasks:
            if task.done():
                error = None if task.cancelled() else task.exception()
                LOG.critical("part_broke_down", name=task.get_name(), exc_info=error)
        return FAILED

    async def _start(self, stack: AsyncExitStack) -> None:
        parts = self._parts
        await prepare(parts.dsn, self._service.package or self._service.name)
        stack.push_async_callback(parts.close)
        await parts.reads.open()
        parts.decide()
        self._start_commands(stack)
        relay = await self._start_relay(stack)
        for other in self._service.others(parts):
            await self._start_part(other, stack)
        for consume in self._service.consumers:
            await self._start_consumer(consume, stack)
        await self._start_rpc(relay, stack)
        self._start_tasks(stack)

    def _start_http(self, stack: AsyncExitStack) -> None:
        settings = self._parts.settings
        server = HealthServer(self._parts.health, host=settings.http_host, port=settings.http_port)
        server.start()
        stack.push_async_callback(asyncio.to_thread, server.stop)
        LOG.info("http_listening", port=server.port)

    def _start_commands(self, stack: AsyncExitStack) -> None:
        commands = self._parts.commands
        working = self._in_background("commands", commands.work())

        async def stop() -> None:
            self._tasks.discard(working)
            commands.stop()
            await asyncio.wait({working})

        stack.push_async_callback(stop)

    async def _start_relay(self, stack: AsyncExitStack) -> Relay | None:
        parts = self._parts
        parts.logs = tuple(self._service.logs(parts))
        if not parts.logs:
            return None
        relay = Relay(parts.dsn, parts.kafka, service=self._service.name, logs=parts.logs)
        await self._start_part(relay, stack)
        return relay

    async def _start_consumer(self, consume: Consume, stack: AsyncExitStack) -> None:
        parts = self._parts
        consumer = BatchConsumer(
            parts.kafka,
            group=consume.group or self._service.name,
            writer=parts.writer,
            positions=parts.store.positions,
            writer_thread=parts.writer_thread,
            foresee=parts.writer.foresee,
            topics=consume.topics,
            pattern=consume.pattern,
            sources=consume.sources,
            instance=parts.settings.instance,
            max_records=consume.max_records,
        )
        await self._start_part(consumer, stack)

    async def _start_part(self, part: Startable, stack: AsyncExitStack) -> None:
        """Start a part; if its stop is no coroutine it may take its time, so it is called on a thread."""
        self._parts.health.register(part.check())
        started = part.start()
        if inspect.isawaitable(started):
            await started
        if inspect.iscoroutinefunction(part.stop):
            stack.push_async_callback(part.stop)
        else:
            stack.push_async_callback(asyncio.to_thread, part.stop)

    def _start_tasks(self, stack: AsyncExitStack) -> None:
        parts = self._parts
        pulse = Pulse(parts.dsn)
        parts.health.register(pulse.check())
        tasks = {
            "postgres": pulse.run(),
            "housekeeping": Housekeeping(parts).run(),
            "liveness": self._watch_over(),
            **{f"bell:{channel}": bell.run() for channel, bell in parts.bells.items()},
        }
        for ticker in self._service.tickers:
            ticking = Ticking(ticker, parts)
            parts.health.register(ticking.check())
            tasks[f"ticker:{ticker.name}"] = ticking.run()
        for name, work in tasks.items():
            stack.push_async_callback(self._end, self._in_background(name, work))

    async def _start_rpc(self, relay: Relay | None, stack: AsyncExitStack) -> None:
        service, parts, settings = self._service, self._parts, self._parts.settings
        admin = admin_servicer(parts, relay)
        server = RpcServer(
            [admin.register, *service.servicers(parts)],
            rules={**ADMIN_RULES, **service.rules},
            authenticator=Authenticator(settings.jwks_path, issuer=settings.token_issuer),
            admits=service.admits(parts),
            texts=service.texts,
            ready=lambda: parts.health.ready().well,
            host=settings.grpc_host,
            port=settings.grpc_port,
            tls=Tls(settings.tls_cert, settings.tls_key) if settings.tls_cert and settings.tls_key else None,
        )
        await server.start()
        stack.push_async_callback(server.stop, settings.drain_seconds)

    async def _watch_over(self) -> None:
        """Break down when a part has been hanging for half a minute: only a restart helps it."""
        hung_since: float | None = None
        while True:
            await asyncio.sleep(1)
            report = self._parts.health.live()
            if report.well:
                hung_since = None
            elif hung_since is None:
                hung_since = time.monotonic()
            elif time.monotonic() - hung_since > HUNG_SECONDS:
                raise PartHung(", ".join(sorted(report.reasons)))

    def _in_background(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        return task

    async def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        await end({task})

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)

    def _signalled(self, number: int) -> None:
        """Stop; the second signal ends the process at once. All that matters is in the database by then."""
        LOG.info("signal_received", signal=signal.Signals(number).name)
        if self._stop.is_set():
            os._exit(128 + number)
        self._stop.set()
