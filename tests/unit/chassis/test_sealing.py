"""Boxes, master keys and keyrings: what is sealed opens in its place and nowhere else, and shows nothing."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from chassis.masterkey import MasterKeyAway, MasterKeyUnusable, add_master_key, remove_master_key
from chassis.store.failures import Failure, classify
from chassis.telemetry import configure, get_logger
from chassis.vault import Box, CannotOpen, FileMasterKey, Keyring, blind_index, write_master_key
from hypothesis import given
from hypothesis import strategies as st

CANARY = "Nguyễn Thị Hoàng Yến 001090000123"
PERSON = UUID("6f1ffb8c-0b1f-8b7e-9d4c-000000000001")
INDEX_KEY = bytes(32)


@pytest.fixture
def master(tmp_path: Path) -> FileMasterKey:
    write_master_key(tmp_path / "master.key")
    return FileMasterKey(tmp_path / "master.key")


@given(st.binary(max_size=200), st.lists(st.text(max_size=10), max_size=3))
def test_a_box_opens_what_it_sealed(plain: bytes, about: list[str]) -> None:
    box = Box([bytes(32)])
    assert box.open(box.seal(plain, *about), *about) == plain


def test_a_box_opens_nothing_in_another_place() -> None:
    box = Box([bytes(32)])
    sealed = box.seal(b"x", "wait", "/agencies/a", "1")
    for about in (("wait", "/agencies/a", "2"), ("wait/agencies/a", "1"), ()):
        with pytest.raises(CannotOpen):
            box.open(sealed, *about)


def test_a_changed_byte_anywhere_keeps_a_box_shut() -> None:
    box = Box([bytes(32)])
    sealed = box.seal(b"secret", "here")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(CannotOpen):
            box.open(bytes(changed), "here")


@given(st.binary(max_size=40))
def test_other_bytes_are_not_a_box(junk: bytes) -> None:
    with pytest.raises(CannotOpen):
        Box([bytes(32)]).open(junk)


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    old, new = os.urandom(32), os.urandom(32)
    sealed = Box([old]).seal(b"x")
    assert Box([new, old]).open(sealed) == b"x"
    with pytest.raises(CannotOpen, match="older_box_keys"):
        Box([new]).open(sealed)
    with pytest.raises(CannotOpen):
        Box([old]).open(Box([new, old]).seal(b"x"))


def test_the_same_text_sealed_twice_differs() -> None:
    box = Box([bytes(32)])
    assert box.seal(b"x") != box.seal(b"x")


def test_a_field_opens_under_its_persons_key(master: FileMasterKey) -> None:
    ring = Keyring(master, INDEX_KEY, [])
    sealed = ring.seal(PERSON, "name", "event:1", CANARY)
    assert ring.open(sealed) == CANARY


@pytest.mark.parametrize(
    "change",
    [{"person": uuid4()}, {"name": "phone"}, {"record_id": "event:2"}],
    ids=["person", "field", "record"],
)
def test_a_field_moved_to_another_place_does_not_open(
    master: FileMasterKey, change: dict[str, object]
) -> None:
    ring = Keyring(master, INDEX_KEY, [])
    sealed = ring.seal(PERSON, "name", "event:1", CANARY)
    with pytest.raises(CannotOpen):
        ring.open(replace(sealed, **change))  # type: ignore[arg-type]


def test_two_people_have_two_keys_and_one_person_one(master: FileMasterKey) -> None:
    ring = Keyring(master, INDEX_KEY, [])
    one, again, other = (ring.seal(p, f, "e", "x") for p, f in [(PERSON, "a"), (PERSON, "b"), (uuid4(), "a")])
    assert one.key_id == again.key_id != other.key_id
    assert one.new_key is again.new_key


def test_without_the_data_key_a_field_is_gone(master: FileMasterKey) -> None:
    sealed = Keyring(master, INDEX_KEY, []).seal(PERSON, "name", "e", CANARY)
    with pytest.raises(CannotOpen, match="destroyed"):
        Keyring(master, INDEX_KEY, []).open(sealed)


def test_nothing_that_is_printed_shows_plaintext_or_keys(master: FileMasterKey) -> None:
    ring = Keyring(master, INDEX_KEY, [])
    sealed = ring.seal(PERSON, "name", "e", CANARY, searchable=True)
    key = sealed.new_key
    assert key is not None
    assert key.plain is not None
    shown = f"{sealed!r} {sealed} {ring!r} {master!r} {key!r} {Box([key.plain])!r}"
    for secret in (CANARY, repr(key.plain), key.plain.hex(), repr(key.wrapped), repr(sealed.ciphertext)):
        assert secret not in shown


def test_exact_values_match_whatever_their_spacing_and_case() -> None:
    key = bytes(32)
    assert blind_index(key, "id_number", "001 090-000123") == blind_index(key, "id_number", "001090000123")
    assert blind_index(key, "id_number", "a1") == blind_index(key, "id_number", "A1")
    assert blind_index(key, "id_number", "001090000123") != blind_index(key, "phone", "001090000123")
    assert blind_index(key, "id_number", "1") != blind_index(bytes([1]) * 32, "id_number", "1")


def test_a_data_key_is_bound_to_its_person(master: FileMasterKey) -> None:
    wrapped = master.wrap(b"k" * 32, b"person 1", master.key_id)
    assert master.unwrap(wrapped, b"person 1", master.key_id) == b"k" * 32
    with pytest.raises(CannotOpen):
        master.unwrap(wrapped, b"person 2", master.key_id)


def test_a_line_added_while_the_service_runs_is_found_when_its_key_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    write_master_key(file)
    early = FileMasterKey(file)
    first, added = early.key_id, add_master_key(file)
    wrapped = FileMasterKey(file).wrap(b"k" * 32, b"", added)
    assert early.unwrap(wrapped, b"", added) == b"k" * 32
    assert tuple(early.key_ids) == (first, added)
    assert early.key_id == first, "a new installation begins with the first line, whatever is added"


def test_a_key_that_is_nowhere_is_away_and_nobodys_fault(master: FileMasterKey) -> None:
    with pytest.raises(MasterKeyAway) as raised:
        master.wrap(b"k" * 32, b"", "0123456789abcdef")
    assert classify(raised.value) is Failure.CONNECTION


def test_a_key_that_is_needed_is_kept_though_its_line_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    write_master_key(file)
    master = FileMasterKey(file)
    old, new = master.key_id, add_master_key(file)
    wrapped = master.wrap(b"k" * 32, b"", old)
    master.reload({old})
    remove_master_key(file, old)
    with pytest.raises(MasterKeyUnusable, match=f"{old} is gone"):
        master.reload({old, new})
    assert master.unwrap(wrapped, b"", old) == b"k" * 32
    master.reload({new})
    assert tuple(master.key_ids) == (new,)
    with pytest.raises(MasterKeyAway):
        master.unwrap(wrapped, b"", old)


def test_a_file_that_cannot_be_read_again_takes_no_key_away(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    write_master_key(file)
    master = FileMasterKey(file)
    file.write_text("half a li")
    with pytest.raises(MasterKeyUnusable):
        master.reload(())
    assert master.unwrap(master.wrap(b"k" * 32, b"", master.key_id), b"", master.key_id) == b"k" * 32


def test_the_only_key_is_not_removed_nor_one_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "master.key"
    write_master_key(file)
    for key_id in (FileMasterKey(file).key_id, "0123456789abcdef"):
        with pytest.raises(MasterKeyUnusable):
            remove_master_key(file, key_id)
    assert file.stat().st_mode & 0o777 == 0o600
    add_master_key(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_master_key_that_everybody_reads_is_refused(tmp_path: Path) -> None:
    write_master_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(MasterKeyUnusable, match="chmod 600"):
        FileMasterKey(tmp_path / "key")


@pytest.mark.parametrize("content", ["", "not base64!", "c2hvcnQ="])
def test_a_master_key_file_without_a_key_says_what_belongs_there(tmp_path: Path, content: str) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text(content)
    with pytest.raises(MasterKeyUnusable, match="32 bytes in base64"):
        FileMasterKey(file)


def test_the_log_says_which_file_of_master_keys_cannot_be_used_and_why(tmp_path: Path) -> None:
    """A service that cannot start for it leaves nothing else behind."""
    out, missing = io.StringIO(), tmp_path / "gone.key"
    configure(service="intake", instance="test", out=out)
    with pytest.raises(MasterKeyUnusable) as unusable:
        FileMasterKey(missing)
    get_logger("service").critical("start_failed", exc_info=unusable.value)
    configure(service="tests", instance="test")
    assert f"master key {missing}: No such file or directory" in out.getvalue()


def test_a_missing_master_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyUnusable, match=str(tmp_path / "none")):
        FileMasterKey(tmp_path / "none")


def test_a_master_key_is_never_replaced(tmp_path: Path) -> None:
    write_master_key(tmp_path / "key")
    with pytest.raises(FileExistsError):
        write_master_key(tmp_path / "key")
