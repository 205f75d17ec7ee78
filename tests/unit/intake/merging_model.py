"""What merging must come to, told simply: clients, cases and merges in lists, everything worked out anew.

The oracle of two state machines: one drives intake's own code without a database, one its desk on PostgreSQL.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass
class OneCase:
    """`into`: the case that goes on in its place, where merging closed it; `ended_of`: of whom it was told
    that it is over, where somebody told it."""

    client: str
    opened: int
    is_open: bool = True
    into: str | None = None
    ended: int = 0
    ended_of: str | None = None


class Told(NamedTuple):
    """Something told of a client: on which day it happened, whether it puts right, what came later last."""

    day: int
    corrects: bool
    serial: int
    client: str
    year: int | None
    sex: str | None
    cleared: frozenset[str]


@dataclass
class Model:
    """Cases by the names that the system gave them; merges in their order."""

    cases: dict[str, OneCase] = field(default_factory=dict)
    merges: dict[str, tuple[str, str]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    serial: int = 0

    @property
    def clients(self) -> list[str]:
        return sorted({case.client for case in self.cases.values()})

    def person(self, client: str) -> set[str]:
        """Everybody who is one person with a client, by walking from one merge to the next."""
        found = {client}
        for _ in self.merges:
            for ends in self.merges.values():
                if found & set(ends):
                    found |= set(ends)
        return found

    def root(self, client: str) -> str:
        """The client under whom the others went, by playing all merges again from the first."""
        groups = [({one}, one) for one in self.person(client)]
        for survivor, merged in self.merges.values():
            mine = next((group for group in groups if survivor in group[0]), None)
            theirs = next((group for group in groups if merged in group[0]), None)
            if mine is None or theirs is None:
                continue
            groups = [group for group in groups if group not in (mine, theirs)]
            groups.append((mine[0] | theirs[0], mine[1]))
        ((_, root),) = groups
        return root

    def cases_of(self, client: str) -> dict[str, OneCase]:
        people = self.person(client)
        return {name: case for name, case in self.cases.items() if case.client in people}

    def target(self, client: str) -> str:
        """The case that takes what is reported of a client."""
        cases = self.cases_of(client)
        for name, case in cases.items():
            if case.is_open:
                return name
        own = [name for name, case in cases.items() if case.into is None] or list(cases)
        return max(own, key=lambda name: (cases[name].ended, cases[name].opened))

    def own(self, client: str) -> str:
        """The latest case of this very client."""
        own = [name for name, case in self.cases.items() if case.client == client]
        return max(own, key=lambda name: self.cases[name].opened)

    def is_over(self, client: str) -> bool:
        return not self.cases[self.target(client)].is_open

    def tell(
        self, client: str, day: int, year: int | None, sex: str | None, cleared: frozenset[str] | None
    ) -> None:
        """Year of birth and sex, as far as they are told; a correction where `cleared` is given."""
        self.serial += 1
        correction = cleared is not None
        self.told.append(Told(day, correction, self.serial, client, year, sex, cleared or frozenset()))

    def known(self, clients: set[str]) -> tuple[int | None, str | None]:
        """Year of birth and sex of somebody who is these clients, whatever was merged when it was told."""
        year = sex = None
        for one in sorted(one for one in self.told if one.client in clients):
            year = one.year or (None if "birth_year" in one.cleared else year)
            sex = one.sex or (None if "sex" in one.cleared else sex)
        return year, sex

    def open(self, name: str, client: str) -> None:
        self.serial += 1
        self.cases[name] = OneCase(client, self.serial)

    def close(self, client: str) -> None:
        """Somebody tells that the way of a client is over."""
        self.serial += 1
        case = self.cases[self.target(client)]
        case.is_open, case.ended, case.ended_of = False, self.serial, client

    def reopen(self, name: str) -> None:
        self.cases[name].is_open, self.cases[name].ended_of = True, None

    def merge(self, merge: str, survivor: str, merged: str) -> None:
        self.merges[merge] = (survivor, merged)
        self._settle(survivor)

    def unmerge(self, merge: str) -> None:
        """Who was told to be over in the case of another is so in the own one."""
        last = self.cases[self.target(self.merges[merge][0])]
        ended_of = None if last.is_open else last.ended_of
        for end in self.merges.pop(merge):
            self._settle(end)
        if ended_of is not None and last.client not in self.person(ended_of) and not self.is_over(ended_of):
            self.close(ended_of)

    def seen(self) -> object:
        """All that anybody can see: for comparing before and after."""
        return deepcopy((self.cases, self.merges))

    def _settle(self, client: str) -> None:
        cases, root = self.cases_of(client), self.root(client)
        is_open = [name for name, case in cases.items() if case.is_open]
        stranded = [name for name, case in cases.items() if case.into is not None and case.into not in cases]
        some = is_open or stranded or self._ended_by_others(client)
        if not some:
            return
        roots = [name for name in some if cases[name].client == root]
        kept = max(roots or some, key=lambda name: (cases[name].opened, name))
        for name in {*is_open, *stranded} - {kept}:
            cases[name].is_open, cases[name].into = False, kept
        cases[kept].is_open, cases[kept].into, cases[kept].ended_of = True, None, None

    def _ended_by_others(self, client: str) -> list[str]:
        """The case in which the way ended last, if it was told of somebody else that it is over."""
        last = self.target(client)
        return [] if self.cases[last].ended_of in {None, *self.person(client)} else [last]


def check(model: Model) -> None:
    """What holds whatever happened: of each person's cases one is open at most, and what merging closed goes
    on in a case of the same person."""
    for client in model.clients:
        cases = model.cases_of(client)
        assert sum(case.is_open for case in cases.values()) <= 1
        assert all(case.into is None or case.into in cases for case in cases.values())
