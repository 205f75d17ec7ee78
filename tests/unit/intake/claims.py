"""A unit of work without a database: claims and cases in dictionaries, for intake's code about people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from intake.domain.case import Case


class Claims:
    """As much of `chassis.store.unit_of_work.UnitOfWork` as claims and cases need."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.cases: dict[UUID, Case] = {}

    def holder(self, kind: str, key: str) -> str | None:
        return self.held.get((kind, key))

    def claim(self, kind: str, key: str, holder: str) -> None:
        assert (kind, key) not in self.held, "claimed twice"
        self.held[kind, key] = holder

    def release(self, kind: str, key: str) -> None:
        self.held.pop((kind, key), None)

    def load(self, _cls: type, ids: Iterable[UUID]) -> None:
        list(ids)

    def load_claims(self, _kind: str, keys: Iterable[str]) -> None:
        list(keys)

    def load_claims_of(self, names: Iterable[tuple[str, str]]) -> None:
        list(names)

    def get(self, _cls: type, id: UUID) -> Case | None:
        return self.cases.get(id)

    def add(self, case: Case) -> Case:
        self.cases[case.id] = case
        return case

    def wake(self, _key: str) -> int:
        return 0

    def recorded(self) -> list[Any]:
        """Everything recorded, by case."""
        return [event for case in self.cases.values() for event in case.pending_events]
