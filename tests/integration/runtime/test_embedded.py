"""The servers that the runtime brings itself."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import psutil
import psycopg
import pytest
from reftrack_local import LocalRuntime, kafka, topics
from reftrack_local.jars import locked
from reftrack_local.kafka import KafkaServer
from reftrack_local.postgres import PostgresServer
from reftrack_local.progress import Quiet

from tests.integration.runtime.conftest import Eventually, Town

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def _no_servers_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REFTRACK_POSTGRES_DSN", raising=False)
    monkeypatch.delenv("REFTRACK_KAFKA_BOOTSTRAP", raising=False)


@pytest.mark.usefixtures("_no_servers_given")
def test_a_whole_system_starts_survives_the_crash_of_each_server_and_leaves_nothing_behind(
    town: Town, eventually: Eventually
) -> None:
    reporter = Quiet()
    with LocalRuntime(wanted=town.wanted(), reporter=reporter) as runtime:
        _remember_something(runtime.dsn(town.first))
        own = [server for server in (runtime.postgres, runtime.kafka) if not hasattr(server, "server_dsn")]
        assert [type(server) for server in own] == [PostgresServer, KafkaServer]
        processes = [psutil.Process(server.child.pid) for server in own if hasattr(server, "child")]
        for process in processes:
            assert {each.laddr.ip for each in process.net_connections("tcp") if each.laddr} <= LOOPBACK
            process.kill()
        eventually(
            "PostgreSQL again", lambda: runtime.postgres.alive() and _remembers(runtime.dsn(town.first))
        )
        eventually("Kafka again", lambda: kafka.answers(runtime.kafka.bootstrap))
        assert f"{town.first}.events.v1" in topics.names(runtime.kafka.bootstrap)
        assert {said.partition(" ")[0] for said in reporter.said if "ended by itself" in said} == {
            "postgres",
            "kafka",
        }
        folder, bootstrap = runtime.folder.path, runtime.kafka.bootstrap
    assert not folder.exists()
    assert not kafka.answers(bootstrap)
    assert not [each for each in psutil.process_iter(["cmdline"]) if str(folder) in str(each.info["cmdline"])]


LOOPBACK = {"127.0.0.1", "::ffff:127.0.0.1"}


def test_postgres_is_18_durable_and_wants_a_password(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "postgres")
    server.start()
    try:
        with psycopg.connect(server.dsn()) as connection:
            assert connection.info.server_version // 10000 == 18
            assert _setting(connection, "fsync") == _setting(connection, "full_page_writes") == "on"
            assert _setting(connection, "synchronous_commit") == "on"
            assert _setting(connection, "max_connections") == "300"
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres")
    finally:
        server.stop()


def test_a_stale_pid_file_of_postgres_is_removed_though_its_pid_is_taken_by_another(tmp_path: Path) -> None:
    reporter = Quiet()
    server = PostgresServer(tmp_path / "postgres", reporter=reporter)
    server.start()
    server.kill9()
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        file = server.data / "postmaster.pid"
        lines = file.read_text().splitlines()
        file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        server.start()
        assert server.alive()
        assert bystander.poll() is None
        assert any("stale pid file" in said for said in reporter.said)
    finally:
        server.stop()
        bystander.kill()
        bystander.wait()


def test_kafka_is_4_2_or_newer_and_makes_no_topic_unasked(kafka_bootstrap: str, tmp_path: Path) -> None:
    (jar,) = [jar for jar in locked() if jar.name.startswith("kafka_2.13-")]
    version = jar.name.removeprefix("kafka_2.13-").removesuffix(".jar")
    assert tuple(int(part) for part in version.split(".")) >= (4, 2, 0)
    server = KafkaServer(tmp_path / "kafka")
    server.prepare()
    settings = (server.folder / "server.properties").read_text()
    assert "auto.create.topics.enable=false" in settings
    assert f"listeners=PLAINTEXT://127.0.0.1:{server.port}," in settings


def test_a_port_that_is_asked_for_and_in_use_is_refused_by_name(town: Town, tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        runtime = LocalRuntime(tmp_path / "state", town.wanted(kafka_port=port))
        with pytest.raises(Exception, match=f"Port {port} for kafka is in use by .*{psutil.Process().pid}"):
            runtime.start()
        assert not runtime.folder.is_held()


def _remember_something(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS it")


def _remembers(dsn: str) -> bool:
    try:
        with psycopg.connect(dsn) as connection:
            return connection.execute("SELECT it FROM kept").fetchone() == (42,)
    except psycopg.OperationalError:
        return False


def _setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""
