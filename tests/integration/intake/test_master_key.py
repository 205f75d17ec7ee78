"""The master key is changed while events come in, a process is killed in the middle, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from chassis import rewrapping
from chassis.masterkey import FileMasterKey, add_master_key, remove_master_key, write_master_key
from chassis.refusal import Refusal
from chassis.vault import CannotOpen, MasterKeyAway
from chassis.vault_keeper import VaultKeeper

from tests.integration.intake.desk import SOCIAL, Desk
from tests.integration.intake.posts import registration
from tests.integration.intake.sealed_posts import key_of, sealed

PEOPLE = 150


@pytest.fixture
def connection(desk: Desk) -> Iterator[psycopg.Connection]:
    with psycopg.connect(desk.dsn, autocommit=True) as found:
        yield found


def key_file(desk: Desk) -> Path:
    return desk.settings.master_key_path


def register(desk: Desk, first: int, many: int) -> None:
    """Many people, each one new."""
    desk.post(
        *(
            registration(SOCIAL, {"agency_ref": f"P-{n}"}, name=f"Người {n}")
            for n in range(first, first + many)
        )
    )


@contextmanager
def keeper(desk: Desk, instance: str, crash_at: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """The keeper of an instance, in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.integration.vault.rewrapper",
        desk.dsn,
        str(key_file(desk)),
        instance,
    ]
    with subprocess.Popen(command, env={**os.environ, "REFTRACK_CRASH_AT": crash_at}) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(20)


def until(what: Callable[[], object]) -> None:
    """Look until it is so, with a deadline."""
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.02)


def holders(connection: psycopg.Connection, key_id: str) -> set[str]:
    return {one.instance for one in rewrapping.live(connection) if key_id in one.key_ids}


def opened(desk: Desk) -> set[str]:
    """Every name in the vault, opened by what the file of master keys holds now."""
    rows = desk.rows("SELECT DISTINCT person FROM vault_fields")
    return {
        value
        for (person,) in rows
        for (name, _), value in desk.identity(str(person)).items()
        if name == "full_name"
    }


@pytest.mark.timeout(120)
def test_every_key_is_wrapped_anew_while_people_are_registered_and_a_process_is_killed(
    desk: Desk, connection: psycopg.Connection
) -> None:
    register(desk, 0, PEOPLE)
    old = desk.vault.master.key_id
    registered, stop = PEOPLE, Event()

    def traffic() -> None:
        nonlocal registered
        while not stop.is_set():
            register(desk, registered, 5)
            registered += 5

    with keeper(desk, "one", crash_at="rewrap_mid_page:3") as dies, keeper(desk, "two") as other:
        new = add_master_key(key_file(desk))
        until(lambda: holders(connection, new) == {"one", "two"})
        other.send_signal(signal.SIGSTOP)  # it would leave no page to die over
        posting = Thread(target=traffic)
        posting.start()
        try:
            begun = rewrapping.begin(connection, new, "admin/test")
            assert begun.from_key_id == old
            assert dies.wait(30) == -signal.SIGKILL
            other.send_signal(signal.SIGCONT)
            until(lambda: (last := rewrapping.newest(connection)) and last.finished_at)
        finally:
            other.send_signal(signal.SIGCONT)
            stop.set()
            posting.join()
    assert set(rewrapping.wraps(connection)) == {new}
    done = rewrapping.newest(connection)
    assert done is not None
    assert PEOPLE <= done.done <= registered
    remove_master_key(key_file(desk), old)
    again = desk.started_again()
    assert tuple(again.vault.master.key_ids) == (new,)
    assert opened(again) == {f"Người {n}" for n in range(registered)}
    (result,) = again.submit(registration(SOCIAL, {"agency_ref": "P-last"}))
    assert result.error is None
    assert set(rewrapping.wraps(connection)) == {new}
    again.close()


@pytest.mark.timeout(60)
def test_a_process_that_died_in_the_middle_goes_on_where_it_was(
    desk: Desk, connection: psycopg.Connection
) -> None:
    register(desk, 0, 100)
    with keeper(desk, "one", crash_at="rewrap_mid_page:3") as dies:
        new = add_master_key(key_file(desk))
        until(lambda: holders(connection, new) == {"one"})
        rewrapping.begin(connection, new, "admin/test")
        assert dies.wait(30) == -signal.SIGKILL
    half = rewrapping.newest(connection)
    assert half is not None
    assert (half.done, half.finished_at) == (40, None), "two pages of twenty, and nothing of the third"
    with keeper(desk, "one"):
        until(lambda: (last := rewrapping.newest(connection)) and last.finished_at)
    whole = rewrapping.newest(connection)
    assert whole is not None
    assert whole.done == 100
    assert opened(desk) == {f"Người {n}" for n in range(100)}


def test_no_key_wraps_that_a_running_instance_lacks(desk: Desk, connection: psycopg.Connection) -> None:
    register(desk, 0, 1)
    master = FileMasterKey(key_file(desk))
    rewrapping.adopt(connection, master)
    rewrapping.say_held(connection, "one", master, "")
    new = add_master_key(key_file(desk))
    rewrapping.say_held(connection, "two", FileMasterKey(key_file(desk)), "")
    with pytest.raises(Refusal) as refused:
        rewrapping.begin(connection, new, "admin/test")
    assert (refused.value.code, refused.value.detail["instances"]) == ("master_key_not_everywhere", "one")
    assert rewrapping.newest(connection).to_key_id == master.key_id  # type: ignore[union-attr]
    rewrapping.say_held(connection, "one", FileMasterKey(key_file(desk)), "")
    assert rewrapping.begin(connection, new, "admin/test").to_key_id == new
    assert rewrapping.begin(connection, new, "admin/test").number == 2, "the same again changes nothing"


def test_a_batch_that_read_the_old_key_is_decided_again_when_the_new_one_came_first(
    desk: Desk, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    master = desk.vault.master
    rewrapping.adopt(connection, master)
    new, old = add_master_key(key_file(desk)), master.key_id
    rewrapping.say_held(connection, "one", FileMasterKey(key_file(desk)), "")
    decide, times = desk.decider.decide, []

    def meanwhile(*given: object) -> bytes | None:
        answer = decide(*given)  # type: ignore[arg-type]
        times.append(1)
        rewrapping.begin(connection, new, "admin/test")
        return answer

    monkeypatch.setattr(desk.decider, "decide", meanwhile)
    register(desk, 0, 1)
    assert len(times) == 2
    assert rewrapping.wraps(connection) == {new: 1}
    assert old != new
    assert opened(desk) == {"Người 0"}


def test_an_instance_whose_file_lacks_the_key_waits_for_it_and_parks_nothing(
    desk: Desk, connection: psycopg.Connection
) -> None:
    register(desk, 0, 1)
    lagging, full = key_file(desk), key_file(desk).with_name("elsewhere.key")
    rewrapping.adopt(connection, desk.vault.master)
    full.write_bytes(lagging.read_bytes())
    full.chmod(0o600)
    new = add_master_key(full)
    rewrapping.say_held(connection, "two", FileMasterKey(full), "")
    rewrapping.begin(connection, new, "admin/test")
    while rewrapping.rewrap_page(connection, FileMasterKey(full)):
        pass
    with pytest.raises(MasterKeyAway):
        opened(desk)
    posting = Thread(target=register, args=(desk, 1, 1))
    posting.start()
    posting.join(1)
    assert posting.is_alive(), "it waits, as for a database that is away"
    full.replace(lagging)
    posting.join(30)
    assert not posting.is_alive()
    assert desk.count("parked") == 0
    assert opened(desk) == {"Người 0", "Người 1"}


def test_keys_to_seal_to_are_wrapped_anew_too(desk: Desk, connection: psycopg.Connection) -> None:
    key = key_of(desk)
    rewrapping.adopt(connection, desk.vault.master)
    old, new = desk.vault.master.key_id, add_master_key(key_file(desk))
    rewrapping.say_held(connection, "one", FileMasterKey(key_file(desk)), "")
    rewrapping.begin(connection, new, "admin/test")
    while rewrapping.rewrap_page(connection, FileMasterKey(key_file(desk))):
        pass
    remove_master_key(key_file(desk), old)
    again = desk.started_again()
    (result,) = again.submit(sealed(registration(SOCIAL, {"agency_ref": "T-1"}), key))
    assert b'"verdict":"accepted"' in (result.answer or b"")
    assert opened(again) == {"Nguyễn Văn Thử"}
    again.close()


def test_a_key_that_was_damaged_stands_in_nobody_elses_way(
    desk: Desk, connection: psycopg.Connection
) -> None:
    register(desk, 0, 30)
    (person,) = desk.rows("SELECT person FROM vault_keys ORDER BY key_id LIMIT 1")[0]
    desk.execute("UPDATE vault_keys SET wrapped = '\\x00'::bytea || wrapped WHERE person = %s", person)
    rewrapping.adopt(connection, desk.vault.master)
    old, new = desk.vault.master.key_id, add_master_key(key_file(desk))
    rewrapping.say_held(connection, "one", FileMasterKey(key_file(desk)), "")
    rewrapping.begin(connection, new, "admin/test")
    while rewrapping.rewrap_page(connection, FileMasterKey(key_file(desk)), 7):
        pass
    rewrapping.finish(connection)
    assert rewrapping.wraps(connection) == {new: 29, old: 1}
    last = rewrapping.newest(connection)
    assert last is not None
    assert (last.done, last.finished_at) == (29, None), "it is told that something is left"
    with pytest.raises(CannotOpen):
        desk.identity(str(person))
    everybody = [row[0] for row in desk.rows("SELECT DISTINCT person FROM vault_fields")]
    assert sum(bool(desk.identity(str(one))) for one in everybody if one != person) == 29
    register(desk, 30, 1)


def test_an_instance_that_starts_with_another_installations_key_says_so_until_the_line_is_there(
    desk: Desk, connection: psycopg.Connection
) -> None:
    register(desk, 0, 1)
    rewrapping.adopt(connection, desk.vault.master)
    foreign = key_file(desk).with_name("foreign.key")
    write_master_key(foreign)
    vault = VaultKeeper(desk.dsn, FileMasterKey(foreign), "three", every_seconds=0.02)
    degraded = vault.check().degraded
    vault.start()
    try:
        until(lambda: degraded() == "master_key_lacking")
        (told,) = rewrapping.live(connection)
        assert (told.instance, told.trouble) == ("three", "master_key_lacking")
        foreign.write_bytes(foreign.read_bytes() + key_file(desk).read_bytes())
        until(lambda: not degraded())
    finally:
        vault.stop()
