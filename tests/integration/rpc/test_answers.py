"""What a caller is told: each kind of error has its status, its details, both languages, and nothing more."""

from __future__ import annotations

import io
import json
from typing import Any

import grpc
import pytest
from chassis.rpc.auth import Authenticator
from chassis.rpc.gate import CORRELATION_ID
from chassis.rpc.server import RpcServer
from google.protobuf.wrappers_pb2 import StringValue
from google.rpc import error_details_pb2 as details
from google.rpc.status_pb2 import Status
from grpc import StatusCode

from tests.integration.rpc.conftest import World
from tests.integration.rpc.example import CANARY, NAME, RULES
from tests.unit.chassis.tokens import Issuer


async def error_of(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return raised.value


def told(error: grpc.aio.AioRpcError) -> dict[str, Any]:
    """The details of a status by type; those that come twice as a list."""
    metadata: dict[str, Any] = dict(error.trailing_metadata() or ())  # type: ignore[arg-type]
    status = Status.FromString(metadata["grpc-status-details-bin"])
    assert status.code == error.code().value[0]
    found: dict[str, Any] = {"words": {}}
    for packed in status.details:
        kind = getattr(details, packed.type_url.rsplit(".", 1)[-1])()
        packed.Unpack(kind)
        if isinstance(kind, details.LocalizedMessage):
            found["words"][kind.locale] = kind.message
        else:
            found[type(kind).__name__] = kind
    return found


async def test_a_wrong_state_tells_the_state_met_and_the_moves_allowed(world: World) -> None:
    error = await error_of(world.call("Fail", "state"))
    found = told(error)
    assert error.code() is StatusCode.FAILED_PRECONDITION
    assert found["ErrorInfo"].reason == "BOOK_IS_OUT"
    assert found["ErrorInfo"].metadata["state"] == "lent"
    assert found["ErrorInfo"].metadata["moves"] == "return,lose"
    assert found["words"] == {"vi": "sách Kiều đã cho mượn", "en": "Kiều is lent"}


async def test_bad_input_names_each_field(world: World) -> None:
    error = await error_of(world.call("Fail", "fields"))
    violations = told(error)["BadRequest"].field_violations
    assert error.code() is StatusCode.INVALID_ARGUMENT
    assert [(v.field, v.reason) for v in violations] == [("reader", "MISSING"), ("title", "TOO_LONG")]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("field", StatusCode.INVALID_ARGUMENT),
        ("missing", StatusCode.NOT_FOUND),
        ("unknown", StatusCode.NOT_FOUND),
        ("busy", StatusCode.RESOURCE_EXHAUSTED),
        ("bug", StatusCode.INTERNAL),
        ("database", StatusCode.INTERNAL),
        ("abort", StatusCode.DATA_LOSS),
    ],
)
async def test_each_kind_of_error_has_its_code(world: World, kind: str, code: StatusCode) -> None:
    assert (await error_of(world.call("Fail", kind))).code() is code


async def test_too_much_at_once_says_when_to_come_again(world: World) -> None:
    delay = told(await error_of(world.call("Fail", "busy")))["RetryInfo"].retry_delay
    assert delay.ToTimedelta().total_seconds() == 2.5


@pytest.mark.parametrize("kind", ["bug", "database"])
async def test_an_error_nobody_foresaw_tells_a_correlation_id_and_no_name(
    world: World, log: io.StringIO, kind: str
) -> None:
    error = await error_of(world.call("Fail", kind, metadata=((CORRELATION_ID, "trace-7"),)))
    assert told(error)["ErrorInfo"].metadata == {"correlation_id": "trace-7"}
    assert CANARY not in f"{error.details()}{error.debug_error_string()}{error.trailing_metadata()}"
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (logged,) = [line for line in lines if line["event"] == "rpc_failed"]
    assert logged["correlation_id"] == "trace-7"
    assert "Canary" not in log.getvalue()


async def test_an_error_in_a_stream_comes_after_what_was_sent(world: World) -> None:
    stream = world.stream("Count", "state")
    assert [(await stream.read()).value for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await stream.read()
    assert raised.value.code() is StatusCode.FAILED_PRECONDITION
    assert told(raised.value)["ErrorInfo"].metadata["state"] == "lent"


async def test_a_correlation_id_is_given_back_or_made(world: World) -> None:
    call = world.unary("Who")
    given = call(StringValue(), **world.options("operator", metadata=((CORRELATION_ID, "abc-1"),)))
    await given
    assert dict(await given.trailing_metadata())[CORRELATION_ID] == "abc-1"
    made = call(StringValue(), **world.options("operator"))
    await made
    assert len(dict(await made.trailing_metadata())[CORRELATION_ID]) == 16


async def test_a_correlation_id_that_could_be_a_name_is_not_taken_over(
    world: World, log: io.StringIO
) -> None:
    error = await error_of(world.call("Fail", "bug", metadata=((CORRELATION_ID, "Nguyen Thi Canary"),)))
    assert "Canary" not in f"{error.trailing_metadata()}{log.getvalue()}"


@pytest.mark.parametrize("value", ["", "with space", "x" * 129])
async def test_a_malformed_request_id_is_refused(world: World, value: str) -> None:
    call = world.call("Who", metadata=(("x-request-id", value),))
    if not value:
        await call
        return
    error = await error_of(call)
    assert error.code() is StatusCode.INVALID_ARGUMENT
    assert told(error)["BadRequest"].field_violations[0].field == "x-request-id"


async def test_bytes_that_are_no_protobuf_are_the_callers_error(world: World) -> None:
    raw = world.channel.unary_unary(f"/{NAME}/Who", bytes, bytes)
    error = await error_of(raw(b"\xff\xff\xff", **world.options("operator")))
    assert error.code() is StatusCode.INVALID_ARGUMENT
    stream = world.channel.stream_stream(f"/{NAME}/Echo", bytes, bytes)
    call = stream(iter([b"\x0a\x01a", b"\xff\xff"]), **world.options("operator"))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        _ = [message async for message in call]
    assert raised.value.code() is StatusCode.INVALID_ARGUMENT


async def test_a_method_that_does_not_exist_is_unimplemented(world: World) -> None:
    assert (await error_of(world.call("Nothing"))).code() is StatusCode.UNIMPLEMENTED


async def test_words_that_cannot_be_found_spoil_no_answer(world: World) -> None:
    error = await error_of(world.call("Fail", "no words"))
    assert error.code() is StatusCode.INTERNAL
    assert "Canary" not in f"{error.details()}{error.debug_error_string()}"


async def test_an_answer_of_the_wrong_kind_is_an_internal_error_without_its_text(world: World) -> None:
    error = await error_of(world.call("Fail", "wrong answer"))
    assert error.code() is StatusCode.INTERNAL
    assert "Canary" not in f"{error.details()}{error.debug_error_string()}"
    assert told(error)["ErrorInfo"].metadata["correlation_id"]


async def test_a_call_that_takes_longer_than_any_may_is_ended(world: World, issuer: Issuer) -> None:
    server = RpcServer(
        [world.library.register], rules=RULES, authenticator=Authenticator(issuer.jwks), default_seconds=0.2
    )
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        sleep = channel.unary_unary(f"/{NAME}/Sleep", StringValue.SerializeToString, StringValue.FromString)
        error = await error_of(sleep(StringValue(value="30"), **world.options("operator", timeout=None)))
    await server.stop(0)
    assert error.code() is StatusCode.DEADLINE_EXCEEDED
    assert told(error)["ErrorInfo"].reason == "TOOK_TOO_LONG"
