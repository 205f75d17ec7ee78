"""Callers over gRPC in a process of their own: the same client for both sides."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message import Message

from tests.bench.apart import apart_on_a_loop

OPTIONS = [("grpc.http2.bdp_probe", 0)]
WARM_UP = 50


@dataclass(frozen=True)
class Calls:
    """What is called, by how many callers at once, each waiting for its answer before it calls again."""

    address: str
    method: str
    requests: Sequence[bytes]
    response: type[Message]
    at_once: int
    metadata: tuple[tuple[str, str], ...] = ()
    request_ids: str = ""
    """Prefix of the calls' own request ids; none if empty."""


def a_second(calls: Calls) -> float:
    """Calls answered a second, each request once; the first few are not counted."""
    return apart_on_a_loop(_call, calls)


async def _call(calls: Calls) -> float:
    async with grpc.aio.insecure_channel(calls.address, options=OPTIONS) as channel:
        call = channel.unary_unary(
            calls.method, request_serializer=_as_it_is, response_deserializer=calls.response.FromString
        )
        numbered = iter(enumerate(calls.requests))
        await _callers(calls, call, numbered, WARM_UP)
        left = len(calls.requests) - WARM_UP
        started = time.perf_counter()
        await _callers(calls, call, numbered, left)
        return left / (time.perf_counter() - started)


async def _callers(calls: Calls, call: Any, numbered: Iterator[tuple[int, bytes]], count: int) -> None:
    due = iter(range(count))

    async def caller() -> None:
        for _ in due:
            number, request = next(numbered)
            metadata = calls.metadata
            if calls.request_ids:
                metadata = (*metadata, ("x-request-id", f"{calls.request_ids}-{number}"))
            await call(request, metadata=metadata, timeout=30)

    await asyncio.gather(*(caller() for _ in range(calls.at_once)))


def _as_it_is(request: bytes) -> bytes:
    return request
