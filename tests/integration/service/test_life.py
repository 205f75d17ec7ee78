"""The life of a service process: start, work, trouble, stop."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from confluent_kafka import Consumer
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode
from reftrack.admin.v1 import admin_pb2

from tests.integration.rpc.example import NAME
from tests.integration.service.conftest import Process, Start, eventually

ADMIN = "reftrack.admin.v1.AdminService"
Post = Callable[..., None]


def positions(process: Process) -> admin_pb2.GetPositionsResponse:
    found: admin_pb2.GetPositionsResponse = process.call(
        f"{ADMIN}/GetPositions",
        admin_pb2.GetPositionsRequest(),
        admin_pb2.GetPositionsResponse,
        "administrator",
    )
    return found


def parked(process: Process) -> list[admin_pb2.ParkedCase]:
    listed = process.call(
        f"{ADMIN}/ListParked", admin_pb2.ListParkedRequest(), admin_pb2.ListParkedResponse, "supervisor"
    )
    return list(listed.cases)


def published(environment: dict[str, str], count: int) -> list[bytes]:
    consumer = Consumer(
        {
            "bootstrap.servers": environment["REFTRACK_KAFKA_BOOTSTRAP"],
            "group.id": environment["REFTRACK_NAME"] + ".reader",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
        }
    )
    consumer.subscribe([environment["REFTRACK_NAME"] + ".events.v1"])
    found: list[bytes] = []

    def enough() -> bool:
        found.extend(m.value() or b"" for m in consumer.consume(10, timeout=0.2) if m.error() is None)
        return len(found) >= count

    eventually(enough)
    consumer.close()
    return found


def test_records_and_commands_take_one_road_and_are_published(
    start: Start, post: Post, environment: dict[str, str]
) -> None:
    process = start()
    process.await_ready()
    assert process.lend("Kiều>Lan") == "Kiều: 1"
    post("Truyện>Minh")
    types = [json.loads(value)["type"] for value in published(environment, 4)]
    assert sorted(types) == ["org.example.book-bought.v1"] * 2 + ["org.example.book-lent.v1"] * 2
    (consumer,) = eventually(lambda: positions(process).consumers)
    assert (consumer.topic, consumer.next_offset) == (environment["REFTRACK_TOPIC"], 1)
    relay = eventually(lambda: [r for r in positions(process).relays if r.published == 4])
    assert relay[0].recorded == 4
    assert process.end() == 0
    assert process.events("service_stopped")[0]["status"] == 0


def test_the_version_tells_service_instance_and_schema(start: Start, environment: dict[str, str]) -> None:
    process = start(REFTRACK_INSTANCE="blue")
    process.await_ready()
    about = process.call(
        f"{ADMIN}/GetVersion", admin_pb2.GetVersionRequest(), admin_pb2.GetVersionResponse, "administrator"
    )
    assert (about.service, about.instance) == (environment["REFTRACK_NAME"], "blue")
    assert about.schema >= 10


def test_a_parked_case_is_shown_skipped_and_what_waited_goes_on(start: Start, post: Post) -> None:
    process = start()
    process.await_ready()
    post("Kiều>poison", "Kiều>Lan", "Truyện>Minh")
    (case,) = eventually(lambda: [case for case in parked(process) if case.records == 2])
    assert case.case_key == "Kiều"
    assert "RuntimeError" in case.error
    with pytest.raises(grpc.RpcError) as denied:
        process.call(
            f"{ADMIN}/ListParked", admin_pb2.ListParkedRequest(), admin_pb2.ListParkedResponse, "operator"
        )
    assert denied.value.code() is StatusCode.PERMISSION_DENIED

    def ask(method: str, request: object, answer: object) -> object:
        return process.call(f"{ADMIN}/{method}", request, answer, "administrator")  # type: ignore[arg-type]

    show = admin_pb2.ShowParkedRequest(case_key="Kiều")
    shown = ask("ShowParked", show, admin_pb2.ShowParkedResponse)
    first, second = shown.records  # type: ignore[attr-defined]
    assert (first.offset, second.offset, second.error) == (0, 1, "")
    retried = ask("RetryParked", admin_pb2.RetryParkedRequest(case_key="Kiều"), admin_pb2.RetryParkedResponse)
    assert (retried.handled, retried.left) == (0, 2)  # type: ignore[attr-defined]
    wrong = admin_pb2.SkipParkedRequest(case_key="Kiều", parked_id=second.parked_id, reason="by mistake")
    with pytest.raises(grpc.RpcError) as refused:
        ask("SkipParked", wrong, admin_pb2.SkipParkedResponse)
    assert refused.value.code() is StatusCode.INVALID_ARGUMENT
    right = admin_pb2.SkipParkedRequest(case_key="Kiều", parked_id=first.parked_id, reason="a test record")
    skipped = ask("SkipParked", right, admin_pb2.SkipParkedResponse)
    assert (skipped.handled, skipped.left) == (1, 0)  # type: ignore[attr-defined]
    assert parked(process) == []
    with pytest.raises(grpc.RpcError) as gone:
        ask("ShowParked", show, admin_pb2.ShowParkedResponse)
    assert gone.value.code() is StatusCode.NOT_FOUND


def test_what_the_clock_makes_due_is_done_by_itself(start: Start) -> None:
    process = start()
    process.await_ready()
    assert process.lend("overdue tales>Lan") == "overdue tales: 1"

    def again() -> str | None:
        try:
            return process.lend("overdue tales>Minh")
        except grpc.RpcError:
            return None

    assert eventually(again) == "overdue tales: 2"


def test_two_instances_start_and_both_answer(start: Start) -> None:
    one, two = start(REFTRACK_INSTANCE="1"), start(REFTRACK_INSTANCE="2")
    one.await_ready()
    two.await_ready()
    assert one.lend("Kiều>Lan") == "Kiều: 1"
    with pytest.raises(grpc.RpcError) as refused:
        two.lend("Kiều>Minh")
    assert refused.value.code() is StatusCode.FAILED_PRECONDITION
    assert (one.end(), two.end()) == (0, 0)


def test_settings_that_are_missing_are_named(start: Start) -> None:
    process = start(REFTRACK_POSTGRES_DSN="", REFTRACK_GRPC_PORT="99999999", REFTRACK_CLOCK="moon")
    assert process.process.wait(timeout=30) == 1
    told = process.log.read_text()
    for variable in ("REFTRACK_GRPC_PORT", "REFTRACK_CLOCK"):
        assert variable in told
    assert "Traceback" not in told


def test_a_database_that_is_not_there_yet_is_waited_for(start: Start) -> None:
    process = start(REFTRACK_POSTGRES_DSN="postgresql://postgres@127.0.0.1:1/nowhere")
    eventually(lambda: process.events("postgres_awaited"))
    assert process.probe("/livez")[0] == 200
    status, report = process.probe("/readyz")
    assert (status, report["reasons"]["service"]) == (503, "starting")
    assert process.end(signal.SIGINT) == 0


def test_a_part_that_cannot_start_ends_the_process_loudly_and_without_names(start: Start) -> None:
    process = start(REFTRACK_BREAKS="start")
    assert process.process.wait(timeout=30) == 70
    (failed,) = process.events("start_failed")
    assert failed["error"]["type"].endswith("DataError")
    assert "Canary" not in process.log.read_text()


def test_a_part_that_hangs_ends_the_process_so_that_it_is_started_again(start: Start) -> None:
    process = start(REFTRACK_BREAKS="hang")
    assert process.process.wait(timeout=30) == 70
    (broken,) = process.events("part_broke_down")
    assert (broken["name"], broken["error"]["text"]) == ("liveness", "broken")


def test_a_call_under_way_is_answered_before_the_process_ends(start: Start) -> None:
    process = start()
    process.await_ready()
    port = process.events("rpc_listening")[0]["port"]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        sleep = channel.unary_unary(f"/{NAME}/Sleep", StringValue.SerializeToString, StringValue.FromString)
        slow = sleep.future(
            StringValue(value="1"), metadata=(("authorization", process.issuer.bearer()),), timeout=10
        )
        eventually(lambda: not slow.done() and process.events("service_started"))
        process.lend("Kiều>Lan")
        process.process.send_signal(signal.SIGTERM)
        assert slow.result().value == "awake"
    assert process.process.wait(timeout=30) == 0


def test_no_name_reaches_the_log(start: Start, post: Post, tmp_path: Path) -> None:
    process = start(REFTRACK_LOG_LEVEL="debug")
    process.await_ready()
    post("Kiều>poison")
    eventually(lambda: parked(process))
    with pytest.raises(grpc.RpcError):
        process.call(f"{NAME}/Fail", StringValue(value="bug"), StringValue)
    process.end()
    assert "Canary" not in process.log.read_text()
    assert "Kiều" not in process.log.read_text()
