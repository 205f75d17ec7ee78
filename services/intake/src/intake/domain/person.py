"""Who is one person: clients joined by merges, and which of their cases is open.

A merge is an edge between two clients that somebody judged the same. Nothing is moved: facts keep the client
they were recorded for, and whose cases belong together follows from the edges. Pure; ids are texts.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple


class Edge(NamedTuple):
    """One merge that counts: `merged` was found to be `survivor`."""

    merge: str
    survivor: str
    merged: str


class Beside(NamedTuple):
    """Of this client something is told in this case of another, from when the two were one."""

    client: str
    case: str


class Person(NamedTuple):
    """Clients who are one person. `edges` in the order in which they were recorded, never a circle; `cases`:
    case → the client for whom it was opened; `into`: case that merging closed → the one that goes on;
    `beside`: what tells of a client in a case that was opened for another."""

    edges: tuple[Edge, ...]
    cases: Mapping[str, str]
    into: Mapping[str, str] = MappingProxyType({})
    beside: tuple[Beside, ...] = ()

    @property
    def clients(self) -> frozenset[str]:
        """Everybody whom an edge joins, or who has a case."""
        ends = {client for edge in self.edges for client in (edge.survivor, edge.merged)}
        return frozenset(ends | set(self.cases.values()))

    @property
    def name(self) -> str | None:
        """The earliest merge, or the client's own where none is left; none of who has one case only."""
        if self.edges:
            return self.edges[0].merge
        return min(self.clients) if self.into or self.beside or len(self.cases) > 1 else None

    @property
    def joined_cases(self) -> frozenset[str]:
        """The cases that merging closed, those in which they go on, and those that tell of others than their
        own client."""
        return frozenset((*self.into, *self.into.values(), *(one.case for one in self.beside)))

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
        return Person((*self.edges, *other.edges, edge), cases, into, (*self.beside, *other.beside))

    def parted(self, merge: str) -> tuple[Person, Person]:
        """What is left on the survivor's and on the merged one's side of a merge without it."""
        gone = self.edge(merge)
        assert gone is not None, "the merge counts here"
        left = tuple(edge for edge in self.edges if edge is not gone)
        return self._about(gone.survivor, left), self._about(gone.merged, left)

    def with_case(self, case: str, client: str) -> Person:
        """A case of one of the clients besides."""
        return self._replace(cases={**self.cases, case: client})

    def told_beside(self, client: str, case: str) -> Person:
        """Something is told of one of the clients in that case, which is another's."""
        return self._replace(beside=tuple(sorted({*self.beside, Beside(client, case)})))

    def telling_of(self, clients: Collection[str]) -> list[str]:
        """The cases that tell of some of the clients."""
        own = [case for case, client in self.cases.items() if client in clients]
        return list(dict.fromkeys([*own, *(one.case for one in self.beside if one.client in clients)]))

    def to_text(self) -> str:
        """As it is kept."""
        kept = (self.edges, dict(self.cases), dict(self.into), self.beside)
        return json.dumps(kept, separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Person:
        """Read `to_text` again. Of a person kept before anything was told beside there is no list of it."""
        edges, cases, into, *others = json.loads(text)
        beside = tuple(Beside(*one) for one in (others[0] if others else ()))
        return cls(tuple(Edge(*edge) for edge in edges), cases, into, beside)

    def _about(self, client: str, edges: Sequence[Edge]) -> Person:
        found = {client}
        while more := {end for edge in edges if found & set(edge[1:]) for end in edge[1:]} - found:
            found |= more
        cases = {case: one for case, one in self.cases.items() if one in found}
        into = {case: other for case, other in self.into.items() if case in cases}
        beside = tuple(one for one in self.beside if one.client in found)
        return Person(tuple(edge for edge in edges if edge.survivor in found), cases, into, beside)


class Standing(NamedTuple):
    """How a case of a person stands."""

    case: str
    client: str
    opened: datetime
    ended: datetime | None
    """When it was closed, as far as we were told first; none: it is open."""
    ended_of: str | None = None
    """The client of whom the closing that holds was told; none: it is open, or merging closed it."""


class Settled(NamedTuple):
    """What a change of who is one person does to their cases: one is open afterwards, if any was."""

    person: Person
    target: str | None
    """The case that takes what is reported from now on; where none is open, the one that ended last."""
    closed: tuple[str, ...] = ()
    """Closed as merged, into `target`; some were so before, and it is told anew where they go on."""
    reopened: str | None = None
    """Opened again: merging had closed it, into a case that is somebody else's now; or what had closed it was
    told of somebody who is another person again."""


def settle(person: Person, standing: Iterable[Standing]) -> Settled:
    """Of several open cases the root's stays, else the one opened last. Where none is open, one that merging
    had closed into a case that left is opened again: the root's, else the one opened last.

    What merging closed stays closed as long as the case that it went into is the same person's, however that
    one ended: a pathway that is over does not begin again because somebody else was unmerged. But where the
    closing of the case that ended last was told of who is somebody else now, this person's way was never
    over, and goes on there.
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
    last = max(over, key=_ended, default=None)
    if last is None:
        return Settled(person, None)
    is_over = last.ended_of is None or last.ended_of in person.clients
    return Settled(person, last.case, reopened=None if is_over else last.case)


def emptied(person: Person, standing: Iterable[Standing], case: str) -> Settled | None:
    """Of a case nothing stands any more: it was opened by mistake. The person's way goes on in the case that
    is open, else in the one that ended last, as if that had never been; None where there is no other.
    """
    others = [one for one in standing if one.case != case and one.case not in person.into]
    if case in person.into or not others:
        return None
    target = next((one for one in others if one.ended is None), None) or max(others, key=_ended)
    into_it = (one for one, other in person.into.items() if other == case)
    closed = (case, *into_it)
    return Settled(_into(person, closed, target.case), target.case, closed)


def _ended(one: Standing) -> tuple[datetime, datetime, str]:
    return one.ended or one.opened, one.opened, one.case


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
