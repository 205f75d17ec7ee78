"""Serves the commands of a gRPC service as its .proto describes them: one method, one command of that
name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from chassis.rpc.commands import Commands
from chassis.rpc.reads import Reads
from chassis.rpc.server import Register
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from reftrack.common.v1.command_pb2 import Outcome

from answering.places import Places

Query = Callable[[Any, Any], Awaitable[Message]]
"""Answers a request: `query(request, context)`."""


def serve(
    service: ServiceDescriptor, commands: Commands, reads: Reads, queries: Mapping[str, Query] | None = None
) -> Register:
    """Registers every method of the service: those in `queries` as they are, the others as commands.

    A command goes to the decider under the method's name with the request as its message; the decider answers
    with the bytes of an `Outcome`.
    """
    queries, places = queries or {}, Places(reads)
    handlers = {
        method.name: _handler(method, queries.get(method.name) or _command(method, commands, places))
        for method in service.methods
    }

    def register(server: Any) -> None:
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))
        server.add_registered_method_handlers(service.full_name, handlers)

    return register


def _handler(method: MethodDescriptor, answer: Query) -> Any:
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=request.FromString, response_serializer=response.SerializeToString
    )


def _command(method: MethodDescriptor, commands: Commands, places: Places) -> Query:
    response = GetMessageClass(method.output_type)

    async def run(request: Message, _context: Any) -> Message:
        done = await commands.run(method.name, request)
        outcome = Outcome.FromString(done.answer)
        outcome.position = await places.of_outcome(done, outcome.event_id)
        return response(outcome=outcome)

    return run
