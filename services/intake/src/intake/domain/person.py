"""Who is one person: clients joined by merges, and which of their cases is open.

A merge is an edge between two clients that somebody judged the same. Nothing is moved: facts keep the client
they were recorded for, and whose cases belong together follows from the edges. Pure; ids are texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple


class Edge(NamedTuple):
    """One merge that counts: `merged` was found to be `survivor`."""

    merge: str
    survivor: str
    merged: str


class Person(NamedTuple):
    """Clients who are one person. `edges` in the order in which they were recorded, never a circle; `cases`:
    case → the client for whom it was opened; `into`: case that merging closed → the one that goes on."""

    edges: tuple[Edge, ...]
    cases: Mapping[str, str]
    into: Mapping[str, str] = MappingProxyType({})

    @property
    def clients(self) -> frozenset[str]:
        """Everybody whom an edge joins, or who has a case."""
        ends = {client for edge in self.edges for client in (edge.survivor, edge.merged)}
        return frozenset(ends | set(self.cases.values()))

    @property
    def name(self) -> str | None:
        """The earliest merge; the client's own where all merges are undone, none where there was none."""
        if self.edges:
            return self.edges[0].merge
        return min(self.clients) if self.into else None

    def edge(self, merge: str) -> Edge | None:
        """The merge of that id, if it counts here."""
        return next((edge for edge in self.edges if edge.merge == merge), None)

    def root(self) -> str:
        """The client under whom all others went: the edges folded in their order, `merged` going under
        `survivor` with all that it had."""
        under = {client: client for client in self.clients}
        for edge in self.edges:
            under[_top(under, edge.merged)] = _top(under, edge.survivor)
        return _top(under, min(under))

    def joined(self, other: Person, edge: Edge) -> Person:
        """Both as one, by a merge between them."""
        cases, into = {**self.cases, **other.cases}, {**self.into, **other.into}
        return Person((*self.edges, *other.edges, edge), cases, into)

    def parted(self, merge: str) -> tuple[Person, Person]:
        """What is left on the survivor's and on the merged one's side of a merge without it."""
        gone = self.edge(merge)
        assert gone is not None, "the merge counts here"
        left = tuple(edge for edge in self.edges if edge is not gone)
        return self._about(gone.survivor, left), self._about(gone.merged, left)

    def with_case(self, case: str, client: str) -> Person:
        """A case of one of the clients besides."""
        return self._replace(cases={**self.cases, case: client})

    def to_text(self) -> str:
        """As it is kept."""
        return json.dumps([self.edges, dict(self.cases), dict(self.into)], separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Person:
        """Read `to_text` again."""
        edges, cases, into = json.loads(text)
        return cls(tuple(Edge(*edge) for edge in edges), cases, into)

    def _about(self, client: str, edges: Sequence[Edge]) -> Person:
        found = {client}
        while more := {end for edge in edges if found & set(edge[1:]) for end in edge[1:]} - found:
            found |= more
        cases = {case: one for case, one in self.cases.items() if one in found}
        into = {case: other for case, other in self.into.items() if case in cases}
        return Person(tuple(edge for edge in edges if edge.survivor in found), cases, into)


class Standing(NamedTuple):
    """How a case of a person stands."""

    case: str
    client: str
    opened: datetime
    ended: datetime | None
    """When it was closed, as far as we were told first; none: it is open."""


class Settled(NamedTuple):
    """What a change of who is one person does to their cases: one is open afterwards, if any was."""

    person: Person
    target: str | None
    """The case that takes what is reported from now on; where none is open, the one that ended last."""
    closed: tuple[str, ...] = ()
    """Closed as merged, into `target`; some were so before, and it is told anew where they go on."""
    reopened: str | None = None
    """Opened again: merging had closed it, into a case that is somebody else's now."""


def settle(person: Person, standing: Iterable[Standing]) -> Settled:
    """Of several open cases the root's stays, else the one opened last. Where none is open, one that merging
    had closed into a case that left is opened again: the root's, else the one opened last.

    What merging closed stays closed as long as the case that it went into is the same person's, however that
    one ended: a pathway that is over does not begin again because somebody else was unmerged.
    """
    cases, root = list(standing), person.root()
    is_open = [one for one in cases if one.ended is None]
    stranded = [one for one in cases if person.into.get(one.case, one.case) not in person.cases]
    if is_open:
        kept = _first(is_open, root)
        closed = tuple(one.case for one in (*is_open, *stranded) if one is not kept)
        return Settled(_into(person, closed, kept.case), kept.case, closed)
    if stranded:
        again = _first(stranded, root).case
        closed = tuple(one.case for one in stranded if one.case != again)
        return Settled(_into(person, closed, again), again, closed, reopened=again)
    over = [one for one in cases if one.case not in person.into] or cases
    last = max(over, key=lambda one: (one.ended or one.opened, one.opened, one.case), default=None)
    return Settled(person, last.case if last else None)


def _into(person: Person, closed: Iterable[str], target: str) -> Person:
    """The person, whose closed cases go on in another, which goes on in none."""
    into = {**person.into, **dict.fromkeys(closed, target)}
    into.pop(target, None)
    return person._replace(into=into)


def _first(cases: Sequence[Standing], root: str) -> Standing:
    return _latest([one for one in cases if one.client == root] or cases)


def _latest(cases: Sequence[Standing]) -> Standing:
    return max(cases, key=lambda one: (one.opened, one.case))


def _top(under: Mapping[str, str], client: str) -> str:
    while under[client] != client:
        client = under[client]
    return client
