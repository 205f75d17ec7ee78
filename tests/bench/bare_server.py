"""A bare grpc.aio server in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import grpc
import grpc.aio
import uvloop

OPTIONS = [("grpc.http2.bdp_probe", 0), ("grpc.so_reuseport", 0)]
READY_WITHIN = 60.0


@contextmanager
def serving(register: Callable[[Any, str], Any], dsn: str) -> Iterator[str]:
    """The address of a server to which `register(server, dsn)`, maybe a coroutine, adds a handler."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(register, dsn, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(READY_WITHIN):
            raise RuntimeError("The bare server did not start.")
        yield f"127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join(10)


def _serve(register: Callable[[Any, str], Any], dsn: str, pipe: Any) -> None:
    async def serve() -> None:
        server = grpc.aio.server(options=OPTIONS)
        made = register(server, dsn)
        if asyncio.iscoroutine(made):
            await made
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        pipe.send(port)
        await server.wait_for_termination()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
