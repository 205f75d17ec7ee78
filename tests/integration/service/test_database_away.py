"""A service whose database goes away: it says so, waits, goes on, and can still be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import psycopg
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc import StatusCode
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.integration.rpc.example import NAME
from tests.integration.service.conftest import Process, Start, eventually
from tests.integration.service.proxy import Wire


@pytest.fixture
def wire(postgres_dsn: str) -> Iterator[Wire]:
    given: Any = conninfo_to_dict(postgres_dsn)
    found = Wire(given["host"], int(given["port"]))
    yield found
    found.close()


@pytest.fixture
def process(start: Start, wire: Wire, postgres_dsn: str) -> Process:
    through = make_conninfo(postgres_dsn, host="127.0.0.1", port=wire.port)
    found = start(REFTRACK_POSTGRES_DSN=through, REFTRACK_DRAIN_SECONDS="2")
    found.await_ready()
    return found


def lend(process: Process, said: str, request_id: str, seconds: float) -> str | StatusCode:
    port = process.events("rpc_listening")[0]["port"]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(f"/{NAME}/Lend", StringValue.SerializeToString, StringValue.FromString)
        metadata = (("authorization", process.issuer.bearer()), ("x-request-id", request_id))
        try:
            return str(call(StringValue(value=said), metadata=metadata, timeout=seconds).value)
        except grpc.RpcError as error:
            code: StatusCode = error.code()
            return code


def test_it_waits_and_goes_on_and_a_retry_gets_the_first_answer(
    process: Process, wire: Wire, postgres_dsn: str
) -> None:
    assert lend(process, "Truyện>Lan", "r-0", 10) == "Truyện: 1"
    wire.cut()
    assert lend(process, "Kiều>Lan", "r-1", 1) is StatusCode.DEADLINE_EXCEEDED
    eventually(lambda: "postgres" in process.probe("/readyz")[1]["reasons"])
    assert process.probe("/readyz")[0] == 503
    assert process.probe("/livez")[0] == 200
    wire.mend()
    eventually(lambda: process.probe("/readyz")[0] == 200)
    assert eventually(lambda: lend(process, "Kiều>Lan", "r-1", 10)) == "Kiều: 1"
    assert lend(process, "Kiều>Lan", "r-1", 10) == "Kiều: 1"
    with psycopg.connect(postgres_dsn) as connection:
        lent = "SELECT count(*) FROM stored_events WHERE topic = 'org.example.book-lent.v1'"
        assert connection.execute(lent).fetchone() == (2,)
    assert process.end() == 0


def test_it_can_be_stopped_while_the_database_is_away(process: Process, wire: Wire) -> None:
    wire.cut()
    assert lend(process, "Kiều>Lan", "r-1", 0.5) is StatusCode.DEADLINE_EXCEEDED
    assert process.end() == 0
