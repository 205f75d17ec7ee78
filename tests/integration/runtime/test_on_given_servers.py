"""The runtime on servers that exist already: fast, because nothing is embedded."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg
import pytest
from reftrack_local import AlreadyRunning, LocalRuntime, Trouble, kafka, leftovers, postgres, topics
from reftrack_local.commands import down, health
from reftrack_local.folder import StateFolder
from reftrack_local.processes import Identity
from reftrack_local.progress import Quiet

from tests.integration.runtime.conftest import Eventually, Town

pytestmark = [pytest.mark.usefixtures("given_servers"), pytest.mark.timeout(240)]


def test_servers_that_the_environment_names_are_used_and_never_stopped(
    town: Town, tmp_path: Path, postgres_server: str, kafka_bootstrap: str
) -> None:
    with LocalRuntime(tmp_path / "state", town.wanted()) as runtime:
        record = runtime.folder.read()
        assert record["kafka"] == {"bootstrap": kafka_bootstrap, "embedded": False, "secure": False}
        assert record["postgres"] == {"dsn": postgres_server, "embedded": False}
        assert not (runtime.folder.postgres / "data").exists()
        with psycopg.connect(runtime.dsn(town.first)) as connection:
            assert connection.info.dbname == f"reftrack_{town.first}"
        there = set(topics.names(kafka_bootstrap))
        assert {topic.name for topic in topics.of_agency(town.organisation)} <= there
        assert {f"{town.first}.events.v1", f"{town.first}.relay.v1"} <= there
    assert kafka.answers(kafka_bootstrap)
    assert postgres.answers(postgres_server)


def test_a_service_is_told_what_the_table_in_the_internals_says(town: Town, tmp_path: Path) -> None:
    wanted = town.wanted(env={town.first: {"STAND_IN_MARK": "x"}}, instances={town.first: 2})
    with LocalRuntime(tmp_path / "state", wanted) as runtime:
        one, two = runtime.services[town.first]
        told = json.loads((tmp_path / "state" / "services" / one.name / "told.json").read_text())
        assert told["REFTRACK_POSTGRES_DSN"] == runtime.dsn(town.first)
        assert told["REFTRACK_KAFKA_BOOTSTRAP"] == runtime.kafka.bootstrap
        assert f"{told['REFTRACK_GRPC_HOST']}:{told['REFTRACK_GRPC_PORT']}" == one.grpc
        assert told["REFTRACK_HTTP_PORT"] == str(one.http_port)
        assert told["REFTRACK_INSTANCE"] == "1"
        assert told["REFTRACK_CLOCK"] == "real"
        assert told["REFTRACK_REFERENCE_PATH"] == str(town.reference)
        assert told["STAND_IN_MARK"] == "x"
        for name in ("JWKS_PATH", "SECRETS_PATH", "MASTER_KEY_PATH"):
            assert Path(told[f"REFTRACK_{name}"]).is_file()
        assert one.is_ready()
        assert two.is_ready()
        assert one.grpc != two.grpc


def test_a_second_runtime_on_the_same_folder_is_told_where_the_first_one_is(
    town: Town, tmp_path: Path
) -> None:
    with LocalRuntime(tmp_path / "state", town.wanted()) as runtime:
        with pytest.raises(AlreadyRunning, match="is running already on") as refused:
            LocalRuntime(tmp_path / "state", town.wanted()).start()
        assert str(Identity.own().pid) in refused.value.what
        assert runtime.kafka.bootstrap in refused.value.what
        assert all(process.is_ready() for process in runtime.services[town.first])


def test_a_pid_that_belongs_to_another_process_by_now_is_left_alone(town: Town, tmp_path: Path) -> None:
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        stale = {"pid": bystander.pid, "created": psutil.Process(bystander.pid).create_time() - 3600}
        folder = StateFolder(tmp_path / "state")
        folder.prepare()
        folder.write({"phase": "ready", "runtime": stale, "services": {"x": [{"name": "x-1", **stale}]}})
        assert down.stop(folder, Quiet()) == []
        with LocalRuntime(folder.path, town.wanted()):
            pass
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_what_a_killed_runtime_left_behind_is_stopped_by_the_next_one(town: Town, tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = LocalRuntime(state, town.wanted(supervise=False))
    first.start()
    left = [process for each in first.services.values() for process in each]
    first.folder.let_go()  # all that the end of its process would do by itself
    reporter = Quiet()
    with LocalRuntime(state, town.wanted(), reporter=reporter) as second:
        assert [process.await_end() for process in left] == [0, 0]
        assert len([said for said in reporter.said if "left behind" in said]) == 2
        assert second.services[town.first][0].is_ready()


def test_a_service_that_crashes_is_started_again_and_its_one_time_variables_are_gone(
    town: Town, tmp_path: Path, eventually: Eventually
) -> None:
    reporter = Quiet()
    with LocalRuntime(tmp_path / "state", town.wanted(), reporter=reporter) as runtime:
        process = runtime.services[town.first][0]
        process.restart(env={"STAND_IN_CRASH": "0.2"})
        before = process.pid
        eventually("the restart", lambda: process.pid != before and process.is_ready())
        assert any(f"{process.name} ended by itself (status 9)" in said for said in reporter.said)
        assert runtime.folder.read()["services"][town.first][0]["pid"] == process.pid


def test_a_service_that_a_test_killed_stays_down_until_it_is_started(town: Town, tmp_path: Path) -> None:
    with LocalRuntime(tmp_path / "state", town.wanted()) as runtime:
        process = runtime.services[town.first][0]
        process.kill9()
        assert process.await_end() == -9
        parts = {part.name: part.ready for part in health.look(runtime.folder)}
        assert [name for name, ready in parts.items() if not ready] == [process.name]
        process.restart()
        assert all(part.ready for part in health.look(runtime.folder))


def test_a_service_that_cannot_start_is_shown_with_its_log_and_nothing_is_left_running(
    town: Town, tmp_path: Path
) -> None:
    wanted = town.wanted(env={town.first: {"REFTRACK_STATE_DIR": "/nowhere"}})
    runtime = LocalRuntime(tmp_path / "state", wanted)
    with pytest.raises(Trouble, match=f"{town.first}-1 ended with status 1") as trouble:
        runtime.start()
    assert "FileNotFoundError" in trouble.value.what
    assert not [process for each in runtime.services.values() for process in each if process.alive()]
    assert not runtime.folder.is_held()


def test_down_stops_what_was_started_on_its_folder_and_nothing_else(
    town: Town, tmp_path: Path, eventually: Eventually
) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from reftrack_local.commands.up import run_in_foreground\n"
        "from reftrack_local import Wanted; from reftrack_local.services import ServiceSpec\n"
        f"spec = ServiceSpec({town.first!r}, {town.services[0].command!r})\n"
        f"wanted = Wanted(services=(spec,), reference=Path({str(town.reference)!r}))\n"
        "run_in_foreground(Path(sys.argv[1]), wanted, True)\n"
    )
    folders = [StateFolder(tmp_path / name) for name in ("one", "two")]
    ups = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder.path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    try:
        for folder in folders:
            eventually("up", lambda folder=folder: folder.read().get("phase") == "ready")  # type: ignore[misc]
        assert down.stop(folders[0], Quiet()) == [f"{town.first}-1"]
        _, said = ups[0].communicate(timeout=90)
        assert "Stopped: everything that was started has ended." in said
        assert ups[1].poll() is None
        assert all(part.ready for part in health.look(folders[1]))
        assert down.stop(folders[0], Quiet()) == []
        down.stop(folders[1], Quiet())
        ups[1].communicate(timeout=90)
    finally:
        for up, folder in zip(ups, folders, strict=True):
            up.kill()
            up.wait()
            leftovers.stop(folder.read(), Quiet())


def test_a_start_that_is_interrupted_leaves_nothing_running(
    town: Town, tmp_path: Path, eventually: Eventually
) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from reftrack_local.commands.up import run_in_foreground\n"
        "from reftrack_local import Wanted; from reftrack_local.services import ServiceSpec\n"
        f"spec = ServiceSpec({town.first!r}, {town.services[0].command!r})\n"
        f"wanted = Wanted(services=(spec,), reference=Path({str(town.reference)!r}),\n"
        f"                env={{{town.first!r}: {{'STAND_IN_UNREADY': '1'}}}})\n"
        "run_in_foreground(Path(sys.argv[1]), wanted, False)\n"
    )
    folder = StateFolder(tmp_path / "state")
    up = subprocess.Popen(
        [sys.executable, "-c", script, str(folder.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        eventually(
            "the service's process",
            lambda: "pid" in (folder.read().get("services", {}).get(town.first) or [{}])[0],
        )
        service = Identity.read(folder.read()["services"][town.first][0])
        up.terminate()
        said, _ = up.communicate(timeout=90)
        assert "Stopped" in said
        assert service.process() is None
        assert not folder.is_held()
    finally:
        up.kill()
        up.wait()
        leftovers.stop(folder.read(), Quiet())


def test_a_simulated_clock_is_moved_on_command_and_kept_for_the_next_run(town: Town, tmp_path: Path) -> None:
    begin = datetime(2018, 12, 1, 1, 0, tzinfo=UTC)
    with LocalRuntime(tmp_path / "state", town.wanted(clock=begin)) as runtime:
        assert runtime.clock.now() == begin
        runtime.clock.set(datetime(2019, 12, 10, tzinfo=UTC))
        assert runtime.clock.setting == f"simulated:{runtime.folder.clock}"
    with LocalRuntime(tmp_path / "state", town.wanted(keep_clock=True)) as runtime:
        assert runtime.clock.now() == datetime(2019, 12, 10, tzinfo=UTC)


def test_an_instance_can_be_added_to_a_running_system(town: Town, tmp_path: Path) -> None:
    with LocalRuntime(tmp_path / "state", town.wanted()) as runtime:
        added = runtime.add_instance(town.first)
        assert added.is_ready()
        assert [each["name"] for each in runtime.folder.read()["services"][town.first]] == [
            f"{town.first}-1",
            f"{town.first}-2",
        ]
        runtime.services[town.first][0].kill9()
        assert runtime.endpoint(town.first) == added.grpc


def test_a_server_that_does_not_answer_is_named_with_the_variable_to_check(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFTRACK_POSTGRES_DSN", "postgresql://me:geheim@127.0.0.1:1/postgres")
    with pytest.raises(Trouble, match="REFTRACK_POSTGRES_DSN") as trouble:
        LocalRuntime(tmp_path / "state", town.wanted()).start()
    assert "geheim" not in str(trouble.value)
