"""Reporting as a process on real Kafka and PostgreSQL: takes in, keeps views, answers, is killed, goes on."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import psycopg
import pytest
from chassis.items import Record
from confluent_kafka import Producer
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack.reporting.v1.status_pb2_grpc import StatusServiceStub
from reporting.settings import ReportingSettings

from tests.conftest import KafkaTopics, PostgresDatabase
from tests.integration.reporting.conftest import Query, eventually
from tests.integration.reporting.test_views import contents, projected
from tests.unit.chassis.tokens import Issuer
from tests.unit.reporting.pathway import SUPERVISOR, whole_pathway
from tests.unit.reporting.story import Story

ON_OTHER_TOPICS = """
import sys
from dataclasses import replace
from chassis.service import Consume, run
from reporting.application import REPORTING
group, *topics = sys.argv[1:]
run(replace(REPORTING, consumers=(Consume(topics=topics, sources=topics, group=group),)))
"""
"""`python -m reporting`, save that its logs have other names: the broker is shared with other tests."""


class Logs:
    """Three logs on Kafka, written as relays write them."""

    def __init__(self, bootstrap: str, names: dict[str, str]) -> None:
        self.names = names
        self._producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})

    def publish(self, records: Sequence[Record]) -> None:
        for record in records:
            self._producer.produce(
                self.names[record.topic],
                partition=record.partition,
                key=record.key,
                value=record.value,
                headers=list(record.headers.items()),
            )
        assert self._producer.flush(20) == 0


@pytest.fixture
def logs(kafka_bootstrap: str, kafka_topics: KafkaTopics) -> Logs:
    names = ("intake.events.v1", "referral.events.v1", "followup.events.v1")
    return Logs(kafka_bootstrap, {name: kafka_topics(name, partitions=6) for name in names})


class Process:
    """A reporting on those logs; started as often as wanted."""

    def __init__(self, settings: ReportingSettings, bootstrap: str, logs: Logs) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._arguments = [*logs.names.values()]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("REFTRACK_")},
            "REFTRACK_POSTGRES_DSN": settings.postgres_dsn.get_secret_value(),
            "REFTRACK_KAFKA_BOOTSTRAP": bootstrap,
            "REFTRACK_JWKS_PATH": str(settings.jwks_path),
            "REFTRACK_SECRETS_PATH": str(settings.secrets_path),
            "REFTRACK_MASTER_KEY_PATH": str(settings.master_key_path),
            "REFTRACK_REFERENCE_PATH": str(settings.reference_path),
            "REFTRACK_GRPC_PORT": str(self.port),
        }

    @asynccontextmanager
    async def running(self, log: Path, *, crash_at: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
        environment = self._environment | ({"REFTRACK_CRASH_AT": crash_at} if crash_at else {})
        group = self._arguments[0]
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", ON_OTHER_TOPICS, group, *self._arguments),
                env=environment,
                stdout=out,
                stderr=out,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await asyncio.wait_for(process.wait(), 30)


@pytest.fixture
def process(settings: ReportingSettings, kafka_bootstrap: str, logs: Logs) -> Process:
    return Process(settings, kafka_bootstrap, logs)


async def test_what_the_logs_tell_is_answered_and_a_clean_stop_ends_with_zero(
    process: Process, logs: Logs, issuer: Issuer, tmp_path: Path
) -> None:
    story = Story()
    numbers = whole_pathway(story)
    logs.publish(story.records)
    bearer = (("authorization", issuer.bearer("supervisor", org=SUPERVISOR)),)
    last = story.entries()[-1].event_id
    async with (
        process.running(tmp_path / "log") as running,
        grpc.aio.insecure_channel(f"127.0.0.1:{process.port}") as channel,
    ):
        request = pb.GetReferralRequest(number=numbers.methadone, after_event_id=last)
        status = StatusServiceStub(channel)

        async def answers() -> bool:
            """Until its views are there it says that they are not, and nothing else."""
            try:
                answer = await status.GetReferral(request, metadata=bearer, timeout=30, wait_for_ready=True)
            except grpc.aio.AioRpcError as early:
                if early.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                return False
            assert answer.referral.state == "completed"
            return True

        await eventually(answers)
        running.terminate()
        assert await asyncio.wait_for(running.wait(), 20) == 0


@pytest.mark.parametrize(
    "crash_at",
    ["after_poll", "before_commit", "after_commit_before_offset", "projection_mid_page"],
)
async def test_killed_at_any_point_and_started_again_it_has_everything_once(
    process: Process,
    logs: Logs,
    query: Query,
    settings: ReportingSettings,
    postgres_database: PostgresDatabase,
    tmp_path: Path,
    crash_at: str,
) -> None:
    story = Story()
    for name in ("an", "binh", "chi"):
        whole_pathway(story, name)
    logs.publish(story.records)
    async with process.running(tmp_path / "log", crash_at=crash_at) as running:
        await asyncio.wait_for(running.wait(), 30)
        assert running.returncode not in (0, None)
    logs.publish(story.records[:10])
    async with process.running(tmp_path / "log"):
        await eventually(lambda: _positions(query) == {len(story.records)})
    rows = query("SELECT seq, source, position, value FROM history ORDER BY seq")
    assert [row[0] for row in rows] == list(range(1, len(story.records) + 1))
    assert {bytes(row[3]) for row in rows} == {record.value for record in story.records}
    for source in {row[1] for row in rows}:
        told = [row[2] for row in rows if row[1] == source]
        assert sorted(told) == list(range(1, len(told) + 1))
    not_killed = await asyncio.to_thread(projected, postgres_database(), story.records, 1_000)
    assert contents(settings.postgres_dsn.get_secret_value()) == not_killed


def _positions(query: Query) -> set[int]:
    try:
        return {row[0] for row in query("SELECT position FROM projections WHERE slot = 'live'")}
    except psycopg.errors.UndefinedTable:
        return set()
