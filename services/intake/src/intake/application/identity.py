"""Who a person is: into the vault, in the transaction of the event, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.vault import Keyring, Vault
from contracts.events.intake import Identity
from psycopg import Connection
from psycopg.rows import tuple_row
from pydantic_core import from_json, to_json

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_SEARCHABLE = frozenset({"id_number"})
_SEVERAL = frozenset({"aliases"})


class Identities:
    """Seals the identities of a batch."""

    def __init__(self, vault: Vault, connect: Connect) -> None:
        self._vault = vault
        self._connect = connect
        self.forget()

    def forget(self) -> None:
        """Begin a batch: nobody's keys are held."""
        self._rings: dict[UUID, Keyring] = {}

    def load(self, people: Iterable[UUID]) -> None:
        """Read the data keys of people with one query, but of those held already: they may have new ones."""
        unknown = set(people) - self._rings.keys()
        if unknown:
            with self._connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
                ring = self._vault.keyring(cursor, unknown)
            self._rings.update(dict.fromkeys(unknown, ring))

    def seal(
        self, uow: UnitOfWork, person: UUID, record_id: str, identity: Identity, *, prefix: str = ""
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


def values_of(identity: Identity) -> dict[str, str]:
    """The fields given, as text; of several values (aliases) a JSON array."""
    given = {name: value for name, value in identity if value not in (None, ())}
    return {
        name: to_json(value).decode() if isinstance(value, tuple) else str(value)
        for name, value in given.items()
    }


def texts_of(name: str, value: str) -> list[str]:
    """The values that the vault keeps of one field."""
    return list(from_json(value)) if name in _SEVERAL else [value]
