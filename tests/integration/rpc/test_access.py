"""Who may call what: nobody is anonymous but health, and what no rule opens is closed."""

from __future__ import annotations

import math
import time
from typing import Any

import grpc
import pytest
from chassis.rpc import auth
from chassis.rpc.auth import SKEW_SECONDS, Authenticator
from chassis.rpc.rules import RuleForNothing
from chassis.rpc.server import PortTaken, RpcServer
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.integration.rpc.conftest import World
from tests.integration.rpc.example import NAME, RULES
from tests.integration.rpc.test_answers import error_of
from tests.unit.chassis.tokens import Issuer


async def test_a_caller_is_who_the_token_says(world: World) -> None:
    assert (await world.call("Who", role="supervisor")).startswith("cap-bo-de/hoa/supervisor/")


async def test_without_a_token_nobody_gets_in(world: World) -> None:
    error = await error_of(world.call("Who", role=None))  # type: ignore[arg-type]
    assert error.code() is StatusCode.UNAUTHENTICATED
    assert "reftrack token issue" in (error.details() or "")


async def test_an_expired_token_says_to_get_a_new_one(world: World) -> None:
    bearer = world.issuer.bearer(exp=int(time.time()) - 3600)
    call = world.unary("Who")(StringValue(), metadata=(("authorization", bearer),), timeout=10)
    error = await error_of(call)
    assert error.code() is StatusCode.UNAUTHENTICATED
    assert "expired" in (error.details() or "")


async def test_a_role_that_the_rule_does_not_name_is_denied(world: World) -> None:
    error = await error_of(world.call("Who", role="agency"))
    assert error.code() is StatusCode.PERMISSION_DENIED
    assert "operator, supervisor" in (error.details() or "")


@pytest.mark.parametrize("role", ["agency", "operator", "supervisor", "auditor", "administrator"])
async def test_a_method_without_a_rule_is_closed_to_everybody(world: World, role: str) -> None:
    assert (await error_of(world.call("Hidden", role=role))).code() is StatusCode.PERMISSION_DENIED


async def test_a_stream_has_the_same_guard(world: World) -> None:
    stream = world.stream("Count", role="agency")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        _ = [message async for message in stream]
    assert raised.value.code() is StatusCode.PERMISSION_DENIED


async def told(stream: Any, count: int) -> list[str]:
    """The first messages of a stream."""
    return [(await stream.read()).value for _ in range(count)]


def in_seconds(left: float) -> int:
    """An `exp` that the server, which allows some skew, takes to be over in so many seconds."""
    return math.ceil(time.time() + left - SKEW_SECONDS)


async def test_a_stream_that_is_idle_ends_with_the_token_that_opened_it(world: World) -> None:
    bearer = world.issuer.bearer(exp=in_seconds(1))
    watch = world.stream("Watch", bearer=bearer)
    await told(watch, 1)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await told(watch, 1)
    assert raised.value.code() is StatusCode.UNAUTHENTICATED
    assert "expired" in str(raised.value.details())


async def test_what_comes_after_the_token_ended_is_not_told(world: World) -> None:
    bearer = world.issuer.bearer(exp=in_seconds(1))
    call = world.stream("Flood", bearer=bearer)
    began = time.monotonic()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        _ = [message async for message in call]
    assert raised.value.code() is StatusCode.UNAUTHENTICATED
    assert time.monotonic() - began < 8


async def test_a_stream_of_requests_ends_with_the_token_too(world: World) -> None:
    bearer = world.issuer.bearer(exp=in_seconds(1))
    echo: Any = world.channel.stream_stream(
        f"/{NAME}/Echo",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )
    call = echo(metadata=(("authorization", bearer),), timeout=10)
    await call.write(StringValue(value="one"))
    assert (await call.read()).value
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call.read()
    assert raised.value.code() is StatusCode.UNAUTHENTICATED


async def test_a_stream_tells_nothing_more_once_the_key_of_its_token_is_not_trusted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "REREAD_SECONDS", 0.0)
    call = world.stream("Flood")
    await told(call, 1)
    world.issuer.keys.clear()
    world.issuer.add_key()
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await told(call, 10_000)
    assert raised.value.code() is StatusCode.UNAUTHENTICATED


async def test_whoever_is_not_admitted_is_refused_by_every_method(world: World) -> None:
    world.out.add("cap-bo-de")
    refused = (
        world.call("Who"),
        world.call("Query"),
        told(world.stream("Count"), 1),
        told(world.stream("Watch"), 1),
    )
    for call in refused:
        assert (await error_of(call)).code() is StatusCode.PERMISSION_DENIED


async def test_a_stream_tells_nothing_more_to_whoever_is_not_admitted_any_more(world: World) -> None:
    call = world.stream("Flood")
    await told(call, 1)
    world.out.add("cap-bo-de")
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await told(call, 10_000)
    assert raised.value.code() is StatusCode.PERMISSION_DENIED


async def test_health_is_open_and_follows_readiness(world: World) -> None:
    stub = health_pb2_grpc.HealthStub(world.channel)
    kinds = health_pb2.HealthCheckResponse
    assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)).status == kinds.SERVING
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=NAME), timeout=10)
    assert (await watch.read()).status == kinds.SERVING
    world.ready[0] = False
    assert (await watch.read()).status == kinds.NOT_SERVING
    assert (await stub.Check(health_pb2.HealthCheckRequest(), timeout=10)).status == kinds.NOT_SERVING
    world.ready[0] = True
    assert (await watch.read()).status == kinds.SERVING
    watch.cancel()


async def test_reflection_answers_whoever_has_a_token(world: World) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(world.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    listed = stub.ServerReflectionInfo(iter([request]), **world.options("auditor"))
    answers = [answer async for answer in listed]
    assert NAME in {service.name for service in answers[0].list_services_response.service}
    anonymous = stub.ServerReflectionInfo(iter([request]), timeout=10)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        _ = [answer async for answer in anonymous]
    assert raised.value.code() is StatusCode.UNAUTHENTICATED


async def test_a_rule_for_a_method_that_does_not_exist_stops_the_start(world: World, issuer: Issuer) -> None:
    with pytest.raises(RuleForNothing, match="Lendd"):
        RpcServer(
            [world.library.register],
            rules={**RULES, f"{NAME}/Lendd": frozenset()},
            authenticator=Authenticator(issuer.jwks),
        )


async def test_a_port_that_is_taken_is_named(world: World, issuer: Issuer) -> None:
    second = RpcServer(
        [world.library.register],
        rules=RULES,
        authenticator=Authenticator(issuer.jwks),
        port=world.server.port,
    )
    with pytest.raises(PortTaken, match="REFTRACK_GRPC_PORT"):
        await second.start()
