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

Connect = Callable[[], AbstractContextManager[Connection[Any]]]

_SEARCHABLE = frozenset({"id_number"})


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

    def seal(self, uow: UnitOfWork, person: UUID, record_id: str, identity: Identity) -> None:
        """Add one encrypted row for each field given; `record_id` is the event that they belong to."""
        self.load([person])
        ring = self._rings[person]
        for name in Identity.model_fields:
            value = getattr(identity, name)
            if value is not None:
                row = ring.seal(person, name, record_id, str(value), searchable=name in _SEARCHABLE)
                uow.commit.extra.append(TableWrite(self._vault.table, row))
