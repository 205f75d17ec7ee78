"""Personal fields under a data key of the person: AES-256-GCM, the data key wrapped by a master key.

Destroying a person's data key makes every field sealed under it unreadable for ever, and changes no byte
of history.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Cursor

from chassis.box import Box
from chassis.ids import framed
from chassis.masterkey import (
    NONCE,
    CannotOpen,
    FileMasterKey,
    MasterKey,
    MasterKeyAway,
    write_master_key,
)
from chassis.store.commit import TableWrite
from chassis.store.recorder import COMMIT_LOCK

__all__ = [
    "Box", "CannotOpen", "DataKey", "FileMasterKey", "Keyring", "MasterKey", "MasterKeyAway", "Sealed",
    "Vault", "VaultTable", "blind_index", "write_master_key",
]  # fmt: skip


@dataclass(frozen=True)
class DataKey:
    """A person's key for one group of labels; `wrapped` is what the database has of it.

    `plain` None: that was damaged, and nothing under this key opens. It stands in nobody else's way.
    """

    key_id: UUID
    person: UUID
    group: str
    wrapped: bytes = field(repr=False)
    master_key_id: str
    plain: bytes | None = field(repr=False)
    stored: bool

    def cipher(self) -> AESGCM:
        """Seals and opens fields. Raises `CannotOpen`."""
        if self.plain is None:
            raise CannotOpen(f"data key {self.key_id} does not open under master key {self.master_key_id}")
        return AESGCM(self.plain)


@dataclass(frozen=True)
class Sealed:
    """One field of one record, encrypted; a row for `VaultTable`. `blind` finds it by exact value."""

    person: UUID
    name: str
    record_id: str
    key_id: UUID
    ciphertext: bytes = field(repr=False)
    blind: bytes | None = field(default=None, repr=False)
    new_key: DataKey | None = None


class Keyring:
    """Data keys of the people in one batch. A key made here is stored with the first field under it.

    `wraps_by`: the master key that wraps new ones; that of a new installation if none is given.
    """

    def __init__(
        self, master: MasterKey, index_key: bytes, keys: Iterable[DataKey], *, wraps_by: str | None = None
    ) -> None:
        self._master = master
        self._wraps_by = wraps_by or master.key_id
        self._index_key = index_key
        self._keys = {(key.person, key.group): key for key in keys}
        self._by_id = {key.key_id: key for key in self._keys.values()}

    def seal(
        self,
        person: UUID,
        name: str,
        record_id: str,
        value: str,
        *,
        group: str = "identity",
        searchable: bool = False,
    ) -> Sealed:
        """Encrypt one field of a person; `searchable` adds the blind index of the value."""
        key = self._keys.get((person, group)) or self._make(person, group)
        nonce = os.urandom(NONCE)
        about = _about(person, name, record_id, key.key_id)
        return Sealed(
            person=person,
            name=name,
            record_id=record_id,
            key_id=key.key_id,
            ciphertext=nonce + key.cipher().encrypt(nonce, value.encode(), about),
            blind=blind_index(self._index_key, name, value) if searchable else None,
            new_key=None if key.stored else key,
        )

    def open(self, sealed: Sealed) -> str:
        """Decrypt one field. Raises `CannotOpen`: the key was destroyed, or this is not what was sealed."""
        key = self._by_id.get(sealed.key_id)
        if key is None:
            raise CannotOpen(f"data key {sealed.key_id} does not exist: it was destroyed, or never stored")
        about, cipher = _about(sealed.person, sealed.name, sealed.record_id, sealed.key_id), key.cipher()
        try:
            return cipher.decrypt(sealed.ciphertext[:NONCE], sealed.ciphertext[NONCE:], about).decode()
        except (InvalidTag, ValueError):
            raise CannotOpen(f"field {sealed.name} of a person does not open under its data key") from None

    @property
    def keys(self) -> Iterable[DataKey]:
        """Return the data keys held, those included that are not stored yet."""
        return self._keys.values()

    def _make(self, person: UUID, group: str) -> DataKey:
        key = made_key(self._master, self._wraps_by, person, group, AESGCM.generate_key(256))
        self._keys[person, group] = self._by_id[key.key_id] = key
        return key


class Vault:
    """The people's fields of one service, in the tables of `0010_vault.sql`.

    Reads take a cursor of any transaction; what is sealed goes into the commit, with the events:
    `uow.commit.extra.append(vault.row(sealed))`.
    """

    def __init__(self, master: MasterKey, index_key: bytes) -> None:
        self.master = master
        self._index_key = index_key
        self.table = VaultTable()

    def keyring(self, cursor: Cursor[Any], people: Iterable[UUID], *, held: Keyring | None = None) -> Keyring:
        """Load the data keys of `people` with one query; `held`: the keyring that the batch has so far."""
        cursor.execute(_SELECT_KEYS, (list(people),))
        rows = [_plain(row) for row in cursor.fetchall()]
        keys = [self._unwrap(*row[1:]) for row in rows if row[1] is not None]
        wraps_by = rows[0][0] if rows else None
        return Keyring(self.master, self._index_key, [*(held.keys if held else ()), *keys], wraps_by=wraps_by)

    def add_key(self, cursor: Cursor[Any], owner: UUID, group: str, plain: bytes) -> None:
        """Keep 32 bytes of our own under the master key; `keyring(cursor, [owner])` reads them again.

        In a transaction, between two commits of the writer: the master key does not change meanwhile.
        """
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (COMMIT_LOCK,))
        cursor.execute(_SELECT_KEYS, ([],))
        (row,) = cursor.fetchall()
        key = made_key(self.master, _plain(row)[0] or self.master.key_id, owner, group, plain)
        cursor.execute(_INSERT_KEY, (key.key_id, owner, group, key.wrapped, key.master_key_id))

    def fields(self, cursor: Cursor[Any], person: UUID) -> list[Sealed]:
        """Return every field kept of a person, oldest first, still encrypted."""
        cursor.execute(_SELECT_FIELDS, (person,))
        return [Sealed(*_plain(row)) for row in cursor.fetchall()]

    def fields_of(self, cursor: Cursor[Any], people: Iterable[UUID], name: str) -> list[Sealed]:
        """Return the field `name` of all these people, a row for each record, oldest first, encrypted."""
        cursor.execute(_SELECT_FIELDS_OF, (list(people), name))
        return [Sealed(*_plain(row)) for row in cursor.fetchall()]

    def row(self, sealed: Sealed) -> TableWrite:
        """Return the row of a commit that keeps this field."""
        return TableWrite(self.table, sealed)

    def people_with(self, cursor: Cursor[Any], name: str, value: str) -> list[UUID]:
        """Return the people of whom the field `name` was stored, searchable, with exactly this value."""
        cursor.execute(_SELECT_PEOPLE, (name, blind_index(self._index_key, name, value)))
        return [_plain(row)[0] for row in cursor.fetchall()]

    def _unwrap(self, *row: object) -> DataKey:
        key_id, person, group, wrapped, master_key_id = row
        assert isinstance(key_id, UUID)
        assert isinstance(person, UUID)
        assert isinstance(wrapped, bytes)
        about = wrapped_about(person, str(group), key_id)
        plain: bytes | None
        try:
            plain = self.master.unwrap(wrapped, about, str(master_key_id))
        except MasterKeyAway:
            raise
        except CannotOpen:
            plain = None
        return DataKey(key_id, person, str(group), wrapped, str(master_key_id), plain, stored=True)


class VaultTable:
    """Sealed fields, and the data keys that are new, written in the transaction of the events they belong to.

    A `chassis.store.commit.Table`. Of two writers that make a key for one person at once, the second fails
    with a unique violation, and decides again.
    """

    rank = 10

    def write(self, cursor: Cursor[Any], rows: Sequence[Sealed]) -> None:
        """Insert new keys and fields, in one statement. A field of a record is written once."""
        made = {row.new_key.key_id: row.new_key for row in rows if row.new_key is not None}
        keys = ([k.key_id, k.person, k.group, k.wrapped, k.master_key_id] for k in made.values())
        fields = ([r.person, r.name, r.record_id, r.key_id, r.ciphertext, r.blind] for r in rows)
        cursor.execute(_INSERT, [*_columns(keys, 5), *_columns(fields, 6)])


def blind_index(key: bytes, name: str, value: str) -> bytes:
    """Return a keyed hash (HMAC-SHA-256) of a value, spaces, dashes and case aside, for exact matching."""
    plain = "".join(character for character in value.casefold() if character.isalnum())
    return hmac.digest(key, framed("blind", name, plain), "sha256")


def _about(person: UUID, name: str, record_id: str, key_id: UUID) -> bytes:
    return framed("vault field", str(person), name, record_id, str(key_id))


def made_key(master: MasterKey, wraps_by: str, person: UUID, group: str, plain: bytes) -> DataKey:
    """A key that is not stored yet, wrapped by the master key named."""
    key_id = uuid4()
    wrapped = master.wrap(plain, wrapped_about(person, group, key_id), wraps_by)
    return DataKey(key_id, person, group, wrapped, wraps_by, plain, stored=False)


def wrapped_about(person: UUID, group: str, key_id: UUID) -> bytes:
    """What a wrapped key is bound to: it does not open for anybody else."""
    return framed("vault key", str(person), group, str(key_id))


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(row.values()) if isinstance(row, dict) else tuple(row)


def _columns(rows: Iterable[list[Any]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


_SELECT_KEYS = """
    SELECT newest.wraps_by, k.key_id, k.person, k.label_group, k.wrapped, k.master_key_id
    FROM (SELECT (SELECT to_key_id FROM master_key_rotations ORDER BY number DESC LIMIT 1)
          AS wraps_by) AS newest
         LEFT JOIN vault_keys AS k ON k.person = ANY(%s) AND k.destroyed_at IS NULL
"""
_INSERT_KEY = """
    INSERT INTO vault_keys (key_id, person, label_group, wrapped, master_key_id) VALUES (%s, %s, %s, %s, %s)
"""
_SELECT_FIELDS = """
    SELECT person, name, record_id, key_id, ciphertext, blind FROM vault_fields
    WHERE person = %s ORDER BY stored_at, name
"""
_SELECT_FIELDS_OF = """
    SELECT person, name, record_id, key_id, ciphertext, blind FROM vault_fields
    WHERE person = ANY(%s) AND name = %s ORDER BY stored_at
"""
_SELECT_PEOPLE = "SELECT DISTINCT person FROM vault_fields WHERE name = %s AND blind = %s ORDER BY person"
_INSERT = """
    WITH made AS (
        INSERT INTO vault_keys (key_id, person, label_group, wrapped, master_key_id)
        SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bytea[], %s::text[])
    )
    INSERT INTO vault_fields (person, name, record_id, key_id, ciphertext, blind)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::bytea[], %s::bytea[])
"""
