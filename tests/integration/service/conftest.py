"""The library as a process of its own."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from uuid import uuid4

import grpc
import pytest
from chassis.vault import write_master_key
from confluent_kafka import Producer
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from kafka.admin import KafkaAdminClient

from tests.integration.rpc.example import NAME
from tests.unit.chassis.tokens import Issuer

ROOT = Path(__file__).parents[3]


def eventually(what: Callable[[], Any], *, within: float = 30.0) -> Any:
    deadline = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {within} s; last seen: {found!r}"
        time.sleep(0.05)
    return found


class Process:
    """A running service: its logs, its ports, calls to it."""

    def __init__(self, environment: dict[str, str], folder: Path, issuer: Issuer) -> None:
        self.log = folder / f"{uuid4().hex}.log"
        self.issuer = issuer
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.service.library"],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def events(self, name: str) -> list[dict[str, Any]]:
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["event"] == name]

    def probe(self, path: str) -> tuple[int, dict[str, Any]]:
        listening = self.events("http_listening")
        if not listening:
            return 0, {}
        try:
            url = f"http://127.0.0.1:{listening[0]['port']}{path}"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            return error.code, json.loads(error.read())
        except URLError:
            return 0, {}

    def await_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            return self.probe("/readyz")[0] == 200

        eventually(ready)

    def call(self, method: str, message: Message, answer: type[Message], role: str = "operator") -> Any:
        port = self.events("rpc_listening")[0]["port"]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = channel.unary_unary(
                f"/{method}",
                request_serializer=lambda m: m.SerializeToString(),
                response_deserializer=answer.FromString,
            )
            return call(message, metadata=(("authorization", self.issuer.bearer(role)),), timeout=10)

    def lend(self, said: str) -> str:
        return str(self.call(f"{NAME}/Lend", StringValue(value=said), StringValue).value)

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


Start = Callable[..., Process]


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def environment(
    postgres_dsn: str, kafka_bootstrap: str, kafka_topics: Callable[..., str], issuer: Issuer, tmp_path: Path
) -> Iterator[dict[str, str]]:
    key = base64.b64encode(bytes(32)).decode()
    (tmp_path / "secrets.json").write_text(json.dumps({"ids_key": key, "box_key": key}))
    write_master_key(tmp_path / "master.key")
    name = kafka_topics("library", pattern="{}.events.v1").removesuffix(".events.v1")
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    options = {"num_partitions": 1, "replication_factor": 1, "configs": {"cleanup.policy": "compact"}}
    admin.create_topics({f"{name}.relay.v1": options}, wait_for_metadata=True)
    yield {
        "REFTRACK_NAME": name,
        "REFTRACK_TOPIC": kafka_topics("lendings"),
        "REFTRACK_POSTGRES_DSN": postgres_dsn,
        "REFTRACK_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "REFTRACK_JWKS_PATH": str(issuer.jwks),
        "REFTRACK_SECRETS_PATH": str(tmp_path / "secrets.json"),
        "REFTRACK_MASTER_KEY_PATH": str(tmp_path / "master.key"),
        "REFTRACK_REFERENCE_PATH": str(tmp_path),
    }
    admin.delete_topics([f"{name}.relay.v1"])
    admin.close()


@pytest.fixture
def start(environment: dict[str, str], issuer: Issuer, tmp_path: Path) -> Iterator[Start]:
    """Start the service with changes to its environment; ended with the test."""
    started: list[Process] = []

    def begin(**changes: str) -> Process:
        started.append(Process({**environment, **changes}, tmp_path, issuer))
        return started[-1]

    yield begin
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait()


@pytest.fixture
def post(environment: dict[str, str]) -> Callable[..., None]:
    producer = Producer({"bootstrap.servers": environment["REFTRACK_KAFKA_BOOTSTRAP"], "acks": "all"})

    def send(*values: str) -> None:
        for value in values:
            producer.produce(environment["REFTRACK_TOPIC"], value=value.encode(), partition=0)
        producer.flush(20)

    return send
