"""The state folder: who holds it, who may read what is in it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from reftrack_local.folder import StateFolder
from reftrack_local.keys import Keys
from reftrack_local.trouble import AlreadyRunning, Trouble


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Trouble, match="Cannot write to the state folder") as trouble:
        StateFolder(tmp_path / "file" / "state").prepare()
    assert "--state" in trouble.value.remedy


def test_a_full_disk_is_noticed_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 5 << 20

    monkeypatch.setattr("reftrack_local.folder.shutil.disk_usage", lambda _: Full)
    with pytest.raises(Trouble, match="Only 5 MB are free"):
        StateFolder(tmp_path / "state").prepare()


def test_only_one_holds_a_folder_and_the_next_one_can_after_it_let_go(tmp_path: Path) -> None:
    one, two = StateFolder(tmp_path / "state"), StateFolder(tmp_path / "state")
    one.prepare()
    one.hold()
    with pytest.raises(AlreadyRunning):
        two.hold()
    assert two.is_held()
    one.let_go()
    assert not two.is_held()
    two.hold()
    two.let_go()


def test_a_damaged_record_counts_as_none(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.prepare()
    folder.record.write_text('{"phase": "rea')
    assert folder.read() == {}


def test_only_the_owner_can_read_the_record_and_the_private_keys(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.prepare()
    folder.write({"phase": "ready"})
    keys = Keys(folder.keys)
    keys.make(["intake"])
    for private in (folder.record, keys.signing, keys.master, keys.secrets_of("intake")):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.keys.stat().st_mode) == 0o700


def test_the_logs_of_the_last_run_are_kept_beside_the_new_ones(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    folder.prepare()
    (folder.logs / "intake-1.log").write_text("old")
    folder.turn_logs()
    assert [log.name for log in folder.logs.iterdir()] == ["intake-1.previous.log"]


def test_commands_that_are_told_to_people_name_the_folder_unless_it_is_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFTRACK_STATE", str(tmp_path / "usual"))
    assert StateFolder(tmp_path / "usual").command("down") == "reftrack down"
    another = StateFolder(tmp_path / "another one")
    assert another.command("down") == f"reftrack down --state '{tmp_path}/another one'"
    another.prepare()
    another.hold()
    with pytest.raises(AlreadyRunning) as running:
        StateFolder(another.path).refuse_if_held()
    assert f"`{another.command('down')}` stops it" in running.value.remedy
    another.let_go()
