"""The vault in PostgreSQL: stored with the events or not at all, and never in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from chassis.box import Box
from chassis.clock import RealClock
from chassis.store.commit import Commit
from chassis.store.failures import Failure, classify
from chassis.store.migrations import migrate
from chassis.store.store import Store
from chassis.vault import CannotOpen, FileMasterKey, Keyring, Sealed, Vault, write_master_key

CANARY = "Nguyễn Thị Hoàng Yến"
ID_NUMBER = "001090000123"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    write_master_key(tmp_path / "master.key")
    return Vault(FileMasterKey(tmp_path / "master.key"), bytes(32))


@pytest.fixture
def store(postgres_dsn: str) -> Iterator[Store]:
    migrate(postgres_dsn)
    with Store(postgres_dsn, clock=RealClock(), box=Box([bytes(32)])) as found:
        yield found


@pytest.fixture
def connection(store: Store, postgres_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_dsn, autocommit=True) as found:
        yield found


def keyring(vault: Vault, connection: psycopg.Connection, *people: UUID) -> Keyring:
    with connection.cursor() as cursor:
        return vault.keyring(cursor, people)


def fields(vault: Vault, connection: psycopg.Connection, person: UUID) -> list[Sealed]:
    with connection.cursor() as cursor:
        return vault.fields(cursor, person)


def keep(store: Store, vault: Vault, *rows: Sealed) -> None:
    store.recorder.write([], Commit(extra=[vault.row(row) for row in rows]))


def test_what_was_kept_is_read_again(store: Store, vault: Vault, connection: psycopg.Connection) -> None:
    person = uuid4()
    ring = keyring(vault, connection, person)
    keep(store, vault, ring.seal(person, "name", "e:1", CANARY), ring.seal(person, "phone", "e:1", "0901"))
    again = keyring(vault, connection, person)
    keep(store, vault, again.seal(person, "name", "e:2", "Yến"))
    ring = keyring(vault, connection, person)
    found = {(row.name, row.record_id): ring.open(row) for row in fields(vault, connection, person)}
    assert found == {("name", "e:1"): CANARY, ("phone", "e:1"): "0901", ("name", "e:2"): "Yến"}
    assert len({row.key_id for row in fields(vault, connection, person)}) == 1


def test_many_people_are_kept_by_one_commit(
    store: Store, vault: Vault, connection: psycopg.Connection
) -> None:
    people = [uuid4() for _ in range(50)]
    ring = keyring(vault, connection, *people)
    keep(store, vault, *(ring.seal(p, name, "e", f"{p}{name}") for p in people for name in ("name", "phone")))
    ring = keyring(vault, connection, *people)
    for person in people:
        assert {ring.open(row) for row in fields(vault, connection, person)} == {
            f"{person}name",
            f"{person}phone",
        }


def test_one_field_of_many_people_is_read_at_once(
    store: Store, vault: Vault, connection: psycopg.Connection
) -> None:
    one, two, other = uuid4(), uuid4(), uuid4()
    ring = keyring(vault, connection, one, two, other)
    keep(store, vault, *(ring.seal(p, name, "e:1", f"{p}{name}") for p in (one, two, other) for name in "ab"))
    keep(store, vault, keyring(vault, connection, one).seal(one, "a", "e:2", "later"))
    ring = keyring(vault, connection, one, two)
    with connection.cursor() as cursor:
        found = vault.fields_of(cursor, [one, two], "a")
    assert sorted(ring.open(row) for row in found) == sorted([f"{one}a", f"{two}a", "later"])


def test_a_commit_that_fails_keeps_neither_field_nor_key(
    store: Store, vault: Vault, connection: psycopg.Connection
) -> None:
    person = uuid4()
    sealed = keyring(vault, connection, person).seal(person, "name", "e", CANARY)
    with pytest.raises(Exception, match="vault_fields_pkey"):
        keep(store, vault, sealed, sealed)
    assert connection.execute("SELECT count(*) FROM vault_keys").fetchone() == (0,)


def test_of_two_writers_that_make_a_persons_key_the_second_decides_again(
    store: Store, vault: Vault, connection: psycopg.Connection
) -> None:
    person = uuid4()
    one, two = keyring(vault, connection, person), keyring(vault, connection, person)
    keep(store, vault, one.seal(person, "name", "e:1", CANARY))
    with pytest.raises(Exception, match="vault_one_live_key") as raised:
        keep(store, vault, two.seal(person, "phone", "e:2", "0901"))
    assert classify(raised.value) is Failure.CONFLICT
    again = keyring(vault, connection, person)
    keep(store, vault, again.seal(person, "phone", "e:2", "0901"))
    assert {again.open(row) for row in fields(vault, connection, person)} == {CANARY, "0901"}


def test_an_exact_number_finds_its_people(store: Store, vault: Vault, connection: psycopg.Connection) -> None:
    one, other = uuid4(), uuid4()
    ring = keyring(vault, connection, one, other)
    keep(
        store,
        vault,
        ring.seal(one, "id_number", "e:1", ID_NUMBER, searchable=True),
        ring.seal(other, "id_number", "e:2", "001090000999", searchable=True),
        ring.seal(other, "name", "e:2", ID_NUMBER),
    )
    with connection.cursor() as cursor:
        assert vault.people_with(cursor, "id_number", "001 090 000 123") == [one]
        assert vault.people_with(cursor, "id_number", "no such") == []


def test_a_destroyed_key_leaves_the_fields_and_nobody_opens_them(
    store: Store, vault: Vault, connection: psycopg.Connection
) -> None:
    person = uuid4()
    keep(store, vault, keyring(vault, connection, person).seal(person, "name", "e", CANARY))
    connection.execute(
        "UPDATE vault_keys SET wrapped = NULL, destroyed_at = now() WHERE person = %s", (person,)
    )
    (left,) = fields(vault, connection, person)
    with pytest.raises(CannotOpen):
        keyring(vault, connection, person).open(left)


def test_no_table_holds_a_name_in_the_clear(
    store: Store, vault: Vault, connection: psycopg.Connection
) -> None:
    person = uuid4()
    ring = keyring(vault, connection, person)
    keep(store, vault, ring.seal(person, "name", "e", CANARY, searchable=True))
    for table in ("vault_keys", "vault_fields"):
        rows = connection.execute(f"SELECT t::text FROM {table} AS t").fetchall()
        shown = str(rows)
        assert rows
        assert CANARY not in shown
        assert CANARY.encode().hex() not in shown
