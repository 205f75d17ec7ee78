"""The way into one method and out of it."""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import aclosing
from secrets import token_hex
from typing import Any, NoReturn

from grpc import StatusCode
from grpc.aio import AbortError
from prometheus_client import Histogram

from chassis.rpc.auth import EXPIRED, Authenticator, NotAuthenticated
from chassis.rpc.call import NOBODY, Call, Role, enter
from chassis.rpc.errors import Answer, InvalidInput, Texts, Unavailable, Violation, answer, unforeseen
from chassis.rpc.rules import ANYONE, Admits, NotAllowed, admits_all
from chassis.telemetry import get_logger
from chassis.telemetry.metrics import RPC_ACTIVE, RPC_SECONDS

LOG = get_logger("rpc")
CORRELATION_ID = "x-correlation-id"
REQUEST_ID = "x-request-id"
DETAILS = "grpc-status-details-bin"

_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_CODES = {code.value[0]: code.name for code in StatusCode}

_END = object()
"""Stands for the end of a stream."""

Single = Callable[[Any, Any], Awaitable[Any]]
Stream = Callable[[Any, Any], AsyncIterator[Any]]
Parse = Callable[[bytes], Any] | None
Serialize = Callable[[Any], bytes] | None


class Drain:
    """Ends the streams that would never end by themselves (watches) when the server stops."""

    def __init__(self) -> None:
        self.begun = False
        self._streams: set[asyncio.Task[Any]] = set()

    def begin(self) -> None:
        """End them now: their callers are told to go on elsewhere, from the position they have."""
        self.begun = True
        for task in self._streams:
            task.cancel()

    def enter(self) -> asyncio.Task[Any]:
        """Take in the current task."""
        task = asyncio.current_task()
        assert task is not None
        self._streams.add(task)
        return task

    def leave(self, task: asyncio.Task[Any]) -> None:
        """Let a task go."""
        self._streams.discard(task)


class Durations(dict[str, Histogram]):
    """The times of one method's calls, by how they ended: a code gets its buckets with the first such end.

    Made in advance for every code there is, they were most of what a scrape has to carry.
    """

    def __init__(self, method: str) -> None:
        super().__init__()
        self._method = method

    def __missing__(self, code: str) -> Histogram:
        made = self[code] = RPC_SECONDS.labels(self._method, code)
        return made


class Gate:
    """Lets the calls of one method in, and errors out as statuses. `allowed` None: open to nobody."""

    def __init__(
        self,
        method: str,
        *,
        authenticator: Authenticator,
        allowed: Collection[Role] | None,
        admits: Admits = admits_all,
        texts: Texts,
        default_seconds: float | None,
        drain: Drain | None,
    ) -> None:
        self._method = method
        self._authenticator = authenticator
        self._allowed = allowed
        self._admits = admits
        self._texts = texts
        self._default_seconds = default_seconds
        self._drain = drain
        self._active = 0
        self._seconds = Durations(method)
        RPC_ACTIVE.labels(method).set_function(lambda: self._active)

    def single(self, behaviour: Single, parse: Parse, serialize: Serialize) -> Single:
        """Wrap a handler that is awaited: one answer, or a stream written through the context.

        Parsing and serializing happen inside, so that what goes wrong there is told like everything else.
        """

        async def respond(request: Any, context: Any) -> Any:
            visit = Visit(self, context)
            try:
                call = visit.admit()
                if parse is not None:
                    request = parse(request)
                if self._default_seconds is None:
                    found = await visit.while_the_token_lasts(behaviour(request, context))
                elif call.deadline is None or visit.has_deadline:
                    found = await behaviour(request, context)
                else:
                    async with asyncio.timeout(self._default_seconds):
                        found = await behaviour(request, context)
                return found if serialize is None else serialize(found)
            except BaseException as error:
                await visit.fail(error)
            finally:
                visit.leave()

        return respond

    def stream(self, behaviour: Stream, parse: Parse, serialize: Serialize) -> Stream:
        """Wrap a handler that yields its answers. The stream ends with the token that opened it."""

        async def respond(request: Any, context: Any) -> AsyncIterator[Any]:
            visit = Visit(self, context)
            try:
                visit.admit()
                if parse is not None:
                    request = parse(request)
                async with aclosing(behaviour(request, context)) as answers:  # type: ignore[type-var]
                    while (message := await visit.next_of(answers)) is not _END:
                        yield message if serialize is None else serialize(message)
            except BaseException as error:
                await visit.fail(error)
            finally:
                visit.leave()

        return respond


class Visit:
    """One call on its way through a gate."""

    __slots__ = (
        "_authorization", "_call", "_code", "_context", "_correlation_id", "_gate", "_started", "_task",
        "_token_ends", "has_deadline",
    )  # fmt: skip

    def __init__(self, gate: Gate, context: Any) -> None:
        self._gate = gate
        self._context = context
        self._started = time.perf_counter()
        self._correlation_id = ""
        self._code = "OK"
        self._task = gate._drain.enter() if gate._drain is not None else None
        self._authorization: str | None = None
        self._token_ends = math.inf
        self.has_deadline = False
        gate._active += 1

    def admit(self) -> Call:
        """Find out who calls and whether they may; make the call the current one."""
        authorization, request_id = self._read(self._context.invocation_metadata())
        self._context.set_trailing_metadata(((CORRELATION_ID, self._correlation_id),))
        caller = NOBODY
        if self._gate._allowed is not ANYONE:
            self._authorization = authorization
            self._token_ends, caller = self._gate._authenticator.admitted(authorization)
            if caller.role not in (self._gate._allowed or ()):
                raise NotAllowed(caller, self._gate._allowed or ())
        if request_id and not _REQUEST_ID.fullmatch(request_id):
            raise InvalidInput([Violation(REQUEST_ID, "malformed_request_id")])
        call = Call(self._gate._method, caller, self._correlation_id, request_id, self._deadline())
        enter(call)
        if self._authorization is not None:
            self._gate._admits(call)
        self._call = call
        return call

    async def next_of(self, answers: AsyncIterator[Any]) -> Any:
        """The next answer of a stream, or `_END`. Raises `NotAuthenticated` once the token has ended, or its
        key is not trusted any more; what refuses the caller by now."""
        found = await self.while_the_token_lasts(anext(answers, _END))
        if self._token_ends < math.inf:
            self._gate._authenticator.caller(self._authorization)
            if time.time() >= self._token_ends:
                raise NotAuthenticated(EXPIRED)
            self._gate._admits(self._call)
        return found

    async def while_the_token_lasts(self, work: Awaitable[Any]) -> Any:
        """What the work gives, unless the token ends first: then `NotAuthenticated`."""
        if self._token_ends == math.inf:
            return await work
        try:
            async with asyncio.timeout(max(0.0, self._token_ends - time.time())) as limit:
                return await work
        except TimeoutError:
            if limit.expired():
                raise NotAuthenticated(EXPIRED) from None
            raise

    def _read(self, metadata: Iterable[tuple[str, Any]] | None) -> tuple[str | None, str]:
        authorization, request_id, correlation_id = None, "", ""
        for key, value in metadata or ():
            if key == "authorization":
                authorization = value
            elif key == REQUEST_ID:
                request_id = value
            elif key == CORRELATION_ID:
                correlation_id = value
        # One that we could not log is not taken over: it might be a name.
        self._correlation_id = correlation_id if _ID.fullmatch(correlation_id) else token_hex(8)
        return authorization, request_id

    def _deadline(self) -> float | None:
        left = self._context.time_remaining()
        if left is None:
            default = self._gate._default_seconds
            return None if default is None else time.monotonic() + default
        self.has_deadline = True
        return time.monotonic() + float(left)

    async def fail(self, error: BaseException) -> NoReturn:
        """End the call with the status that the error stands for."""
        if isinstance(error, AbortError):
            self._code = _CODES.get(_number(self._context.code()), "UNKNOWN")
            raise error
        if (
            isinstance(error, asyncio.CancelledError)
            and self._gate._drain is not None
            and self._gate._drain.begun
        ):
            if self._task is not None:
                self._task.uncancel()
            error = Unavailable("stopping")
        elif not isinstance(error, Exception):
            self._code = "CANCELLED"
            raise error
        await self._abort(error)

    async def _abort(self, error: BaseException) -> NoReturn:
        told = self._told(error)
        self._code = told.code.name
        if told.unforeseen:
            LOG.error(
                "rpc_failed", method=self._gate._method, correlation_id=self._correlation_id, exc_info=error
            )
        trailing = ((CORRELATION_ID, self._correlation_id), (DETAILS, told.status.SerializeToString()))
        await self._context.abort(told.code, told.message, trailing)
        raise AssertionError("abort returned")

    def _told(self, error: BaseException) -> Answer:
        try:
            return answer(error, self._gate._texts, self._correlation_id)
        except Exception as worse:
            LOG.error("answer_failed", method=self._gate._method, exc_info=worse)
            return unforeseen(self._correlation_id)

    def leave(self) -> None:
        """Count the call."""
        gate = self._gate
        gate._active -= 1
        gate._seconds[self._code].observe(time.perf_counter() - self._started)
        if self._task is not None and gate._drain is not None:
            gate._drain.leave(self._task)


def _number(code: Any) -> int:
    value = code.value[0] if isinstance(code, StatusCode) else code
    return value if isinstance(value, int) else StatusCode.UNKNOWN.value[0]
