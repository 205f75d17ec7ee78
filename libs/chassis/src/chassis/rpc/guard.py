"""What every call goes through, wrapped around each handler once, on registration: no interceptor per call.

Correlation id, caller, rule, deadline, metrics, and the one translation of errors.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc

from chassis.rpc.auth import Authenticator
from chassis.rpc.errors import Texts, no_texts
from chassis.rpc.gate import Drain, Gate
from chassis.rpc.rules import Admits, Rules, admits_all

_MAKERS: dict[tuple[bool, bool], Callable[..., Any]] = {
    (False, False): grpc.unary_unary_rpc_method_handler,
    (False, True): grpc.unary_stream_rpc_method_handler,
    (True, False): grpc.stream_unary_rpc_method_handler,
    (True, True): grpc.stream_stream_rpc_method_handler,
}


@dataclass(frozen=True, slots=True)
class Guard:
    """Wraps handlers. `default_seconds`: deadline of a call with one request whose caller sets none."""

    authenticator: Authenticator
    rules: Rules
    texts: Texts = no_texts
    default_seconds: float = 30.0
    admits: Admits = admits_all
    drain: Drain = field(default_factory=Drain)

    def wrap(self, method: str, handler: Any) -> Any:
        """Return the handler with everything around it. `method`: full name without the leading slash."""
        streaming = handler.response_streaming or handler.request_streaming
        gate = Gate(
            method,
            authenticator=self.authenticator,
            allowed=self.rules.get(method),
            admits=self.admits,
            texts=self.texts,
            default_seconds=None if streaming else self.default_seconds,
            drain=self.drain if handler.response_streaming and not handler.request_streaming else None,
        )
        behaviour = _behaviour(handler)
        written = handler.response_streaming and inspect.iscoroutinefunction(behaviour)
        around = gate.stream if handler.response_streaming and not written else gate.single
        # A single request is parsed inside the gate: bytes that are no protobuf are the caller's error.
        many, given, made = (
            handler.request_streaming,
            handler.request_deserializer,
            handler.response_serializer,
        )
        parse, parse_outside = (None, given) if many else (given, None)
        serialize, serialize_outside = (None, made) if written else (made, None)
        make = _MAKERS[many, handler.response_streaming]
        return make(around(behaviour, parse, serialize), parse_outside, serialize_outside)


def _behaviour(handler: Any) -> Callable[..., Any]:
    kinds = (handler.unary_unary, handler.unary_stream, handler.stream_unary, handler.stream_stream)
    found: Callable[..., Any] = next(behaviour for behaviour in kinds if behaviour is not None)
    return found
