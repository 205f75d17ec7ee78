"""Commands over gRPC: shared commits, request ids, deadlines, drain."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from typing import Any

import grpc
import pytest
from chassis.rpc.gate import REQUEST_ID
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode

from tests.integration.rpc.conftest import World
from tests.integration.rpc.test_answers import error_of, told
from tests.unit.store.books import book_id


def under(request_id: str) -> dict[str, Any]:
    return {"metadata": ((REQUEST_ID, request_id),)}


def versions(world: World, title: str) -> int:
    return len(world.store.recorder.select_events(book_id(title)))


async def test_a_command_is_recorded_before_it_is_answered(world: World) -> None:
    assert await world.call("Lend", "Kiều>Lan") == "Kiều lent to Lan, lending 1"
    assert versions(world, "Kiều") == 2


async def test_a_command_that_is_not_allowed_leaves_nothing(world: World) -> None:
    await world.call("Lend", "Kiều>Lan")
    error = await error_of(world.call("Lend", "Kiều>Minh"))
    assert error.code() is StatusCode.FAILED_PRECONDITION
    assert told(error)["ErrorInfo"].metadata["moves"] == "return"
    assert versions(world, "Kiều") == 2


async def test_a_command_that_breaks_spoils_no_other(world: World, log: io.StringIO) -> None:
    broken = asyncio.gather(
        *(world.call("Lend", f"book {n}>{'nobody knows' if n == 3 else 'Lan'}") for n in range(8)),
        return_exceptions=True,
    )
    found = await broken
    assert [isinstance(answer, Exception) for answer in found] == [n == 3 for n in range(8)]
    error = found[3]
    assert isinstance(error, grpc.aio.AioRpcError)
    assert error.code() is StatusCode.INTERNAL
    assert "Canary" not in f"{error.details()}{error.trailing_metadata()}{log.getvalue()}"


async def test_the_same_request_id_gets_the_first_answer_and_does_nothing_twice(world: World) -> None:
    first = await world.call("Lend", "Kiều>Lan", **under("r-1"))
    assert await world.call("Lend", "Kiều>Lan", **under("r-1")) == first
    assert versions(world, "Kiều") == 2


async def test_a_retry_that_comes_together_with_the_first_gets_its_answer(world: World) -> None:
    answers = await asyncio.gather(*(world.call("Lend", "Kiều>Lan", **under("r-1")) for _ in range(6)))
    assert set(answers) == {"Kiều lent to Lan, lending 1"}
    assert versions(world, "Kiều") == 2


async def test_a_request_id_belongs_to_its_caller(world: World) -> None:
    await world.call("Lend", "Kiều>Lan", **under("r-1"))
    bearer = world.issuer.bearer(sub="minh")
    call = world.unary("Lend")(
        StringValue(value="Truyện>Minh"),
        metadata=(("authorization", bearer), (REQUEST_ID, "r-1")),
        timeout=10,
    )
    assert (await call).value == "Truyện lent to Minh, lending 1"


async def test_a_request_id_used_again_for_something_else_is_refused(world: World) -> None:
    await world.call("Lend", "Kiều>Lan", **under("r-1"))
    error = await error_of(world.call("Lend", "Truyện>Lan", **under("r-1")))
    assert error.code() is StatusCode.INVALID_ARGUMENT
    assert told(error)["ErrorInfo"].reason == "REQUEST_ID_REUSED"
    assert versions(world, "Truyện") == 0


async def test_sixty_four_callers_share_commits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    write = world.store.recorder.write

    def counted(rows: Any, *rest: Any, **more: Any) -> Any:
        sizes.append(len(rows))
        return write(rows, *rest, **more)

    monkeypatch.setattr(world.store.recorder, "write", counted)

    async def caller(n: int) -> None:
        for turn in range(5):
            await world.call("Lend", f"book {n}.{turn}>Lan")

    await asyncio.gather(*(caller(n) for n in range(64)))
    assert sum(sizes) == 64 * 5 * 2
    assert len(sizes) <= 60, sizes


async def test_a_caller_that_has_no_time_left_changes_nothing(world: World) -> None:
    """The writer is busy until the deadline has passed; then the command is not begun."""
    busy = threading.Event()
    asyncio.get_running_loop().run_in_executor(world.commands._thread, busy.wait)
    error = await error_of(world.call("Lend", "Kiều>Lan", timeout=0.2))
    busy.set()
    assert error.code() is StatusCode.DEADLINE_EXCEEDED
    await world.call("Lend", "Truyện>Lan")
    assert versions(world, "Kiều") == 0


async def test_too_many_that_wait_are_told_to_come_again(world: World) -> None:
    world.commands._most_waiting = 3
    busy = threading.Event()
    asyncio.get_running_loop().run_in_executor(world.commands._thread, busy.wait)
    calls = [asyncio.create_task(world.call("Lend", f"book {n}>Lan")) for n in range(40)]
    done, _ = await asyncio.wait(calls, timeout=2)
    busy.set()
    refused = [call.exception() for call in done]
    assert refused
    assert {error.code() for error in refused} == {StatusCode.RESOURCE_EXHAUSTED}  # type: ignore[union-attr]
    await asyncio.gather(*calls, return_exceptions=True)


async def test_the_deadline_reaches_postgresql(world: World) -> None:
    assert await world.call("Query", "0", timeout=0.9) == "1s"
    began = time.monotonic()
    error = await error_of(world.call("Query", "30", timeout=0.3))
    assert error.code() is StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - began < 3
    assert await world.call("Query", "0", timeout=8) == "10s"


async def test_a_call_without_a_deadline_is_given_one(world: World) -> None:
    told_left = float((await world.call("Who", timeout=None)).rsplit("/", 1)[1])
    assert 20 < told_left <= 30


async def test_a_stop_lets_calls_end_and_watches_go(world: World) -> None:
    watch = world.stream("Watch", timeout=None)
    assert (await watch.read()).value == "watching"
    slow = asyncio.create_task(world.call("Sleep", "0.5"))
    await asyncio.wait_for(world.library.begun.wait(), 30)
    stopping = asyncio.create_task(world.server.stop(5))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await watch.read()
    assert raised.value.code() is StatusCode.UNAVAILABLE
    assert await slow == "awake"
    await asyncio.wait_for(stopping, 30)


async def test_after_the_stop_commands_are_told_to_go_elsewhere(world: World) -> None:
    await world.call("Lend", "Kiều>Lan")
    world.commands.stop()
    error = await error_of(world.call("Lend", "Truyện>Lan"))
    assert error.code() is StatusCode.UNAVAILABLE
