"""Who a person is: into the vault, in the transaction of the event, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.vault import CannotOpen, Keyring, MasterKeyAway, Sealed, Vault
from contracts.events.intake import Identity
from contracts.events.people import IdentityParts
from psycopg import Connection
from psycopg.rows import tuple_row
from pydantic_core import from_json, to_json

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_SEARCHABLE = frozenset({"id_number"})
_SEVERAL = frozenset({"aliases", "guardian_aliases"})


class Identities:
    """Seals the identities of a batch."""

    def __init__(self, vault: Vault, connect: Connect) -> None:
        self._vault = vault
        self._connect = connect
        self.forget()

    def forget(self) -> None:
        """Begin a batch: nobody's keys are held."""
        self._rings: dict[UUID, Keyring] = {}
        self._kept: dict[tuple[UUID, str], list[Sealed]] = {}

    def load(self, people: Iterable[UUID]) -> None:
        """Read the data keys of people with one query, but of those held already: they may have new ones."""
        unknown = set(people) - self._rings.keys()
        if unknown:
            with self._connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
                ring = self._vault.keyring(cursor, unknown)
            self._rings.update(dict.fromkeys(unknown, ring))

    def load_told(self, people: Iterable[UUID], names: Iterable[str]) -> None:
        """Read these fields of people with one query each, but of those held already."""
        people = set(people)
        self.load(people)
        for name in names:
            unknown = [person for person in people if (person, name) not in self._kept]
            if not unknown:
                continue
            self._kept.update(((person, name), []) for person in unknown)
            with self._connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
                for sealed in self._vault.fields_of(cursor, unknown, name):
                    self._kept[sealed.person, name].append(sealed)

    def told(
        self, uow: UnitOfWork, person: UUID, names: Sequence[str], *, counts: Callable[[str, str], bool]
    ) -> dict[str, str]:
        """What was told last of each of these fields, by this batch too; only of records that count for it.

        What does not open any more, its key being destroyed, was never told.
        """
        self.load_told([person], names)
        rows = [row.row for row in uow.commit.extra if row.table is self._vault.table]
        sealed = [one for name in names for one in self._kept[person, name]]
        sealed += [row for row in rows if row.person == person and row.name in names]
        found: dict[str, str] = {}
        for one in sealed:
            value = opened(self._rings[person], one) if counts(one.record_id, one.name) else None
            if value is not None:
                found[one.name] = value
        return found

    def seal(
        self,
        uow: UnitOfWork,
        person: UUID,
        record_id: str,
        identity: Identity | IdentityParts,
        *,
        prefix: str = "",
    ) -> None:
        """Add one encrypted row for each field given; `record_id` is the event that they belong to.

        `prefix` goes before the names of the fields where the identity is that of somebody else, a guardian:
        no ID number of theirs leads to the client.
        """
        self.load([person])
        ring = self._rings[person]
        for name, value in values_of(identity).items():
            searchable = name in _SEARCHABLE and not prefix
            field = prefix + name.removeprefix("full_") if prefix else name
            row = ring.seal(person, field, record_id, value, searchable=searchable)
            uow.commit.extra.append(TableWrite(self._vault.table, row))


def opened(ring: Keyring, sealed: Sealed) -> str | None:
    """A field of a person; None where it does not open any more because the person's key was destroyed.

    Raises `MasterKeyAway`: then nobody's field is known, and nothing may be decided by that.
    """
    try:
        return ring.open(sealed)
    except MasterKeyAway:
        raise
    except CannotOpen:
        return None


def values_of(identity: Identity | IdentityParts) -> dict[str, str]:
    """The fields given, as text; of several values (aliases) a JSON array."""
    given = {name: value for name, value in identity if value not in (None, ())}
    return {
        name: to_json(value).decode() if isinstance(value, tuple) else str(value)
        for name, value in given.items()
    }


def texts_of(name: str, value: str) -> list[str]:
    """The values that the vault keeps of one field."""
    return list(from_json(value)) if name in _SEVERAL else [value]
