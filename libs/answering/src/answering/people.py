"""Who is one person, as far as a batch of intake's log asks: the cases of each, and whose each is.

Facts stay with the client they were recorded for, also in the case of another (`Meta.client`); merges are
resolved on reading. Each merging and unmerging is told in the cases of both clients, whose logs are read side
by side: what is undone stays so, in whatever order it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any
from uuid import UUID

from chassis.store.together import Ask, together
from chassis.store.unnest import Lookup
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.people import ClientsMerged, ClientsUnmerged
from psycopg import Connection

from answering.members import CASES_EVER_OF_PERSON
from answering.whom import Telling

Connect = Callable[[], AbstractContextManager[Connection[Any]]]
Keep = Callable[[UUID, Any], None]
"""What is done with what a row tells of a case besides."""

NONE_OPENED: Mapping[UUID, UUID] = MappingProxyType({})

MERGED = "EXISTS (SELECT FROM client_merges m WHERE m.client = c.client_id)"
"""Whether the client of a row `c` of `case_clients` was ever merged with another."""

_UNDONE = Lookup("SELECT merge FROM client_merges WHERE merge = ANY({merges}) AND undone", merges="uuid")


def lookup_ever(select: str) -> Lookup:
    """A query about `members` of all who are or were one person, as `People` reads it."""
    return Lookup(CASES_EVER_OF_PERSON + select, cases="uuid", undone="uuid", opened="uuid", clients="uuid")


class People:
    """The people of a batch's cases, with what the batch itself has learned of who they are.

    `alone` and `ever` (`lookup_ever`) give rows `(asked case, other case, its client, still one person,
    more)`. `alone` is asked first, at half the price, where none of the cases is being opened; of whoever was
    merged, once, it gives `still` as NULL: `ever` has to say it. `keep` takes what `more` tells of the case.
    """

    def __init__(self, connect: Connect, alone: Lookup, ever: Lookup, keep: Keep) -> None:
        self._connect = connect
        self._alone = alone
        self._ever = ever
        self._keep = keep
        self._members: dict[UUID, set[UUID]] = {}
        self._parted: dict[UUID, set[UUID]] = {}
        self._client: dict[UUID, UUID] = {}
        self._joined: dict[UUID, ClientsMerged] = {}
        self._undone: set[UUID] = set()
        self._opened: dict[UUID, UUID] = {}

    def load(self, case_ids: Iterable[UUID], opened: Mapping[UUID, UUID] = NONE_OPENED) -> None:
        """Read who has these cases; whatever an earlier batch knew is forgotten. `opened`: the client of each
        case that this batch opens, of whom there may be earlier cases."""
        together(self._connect, self.asks(case_ids, opened))

    def asks(self, case_ids: Iterable[UUID], opened: Mapping[UUID, UUID] = NONE_OPENED) -> list[Ask]:
        """The query of `load`, to be sent with others; more only for people who were ever merged."""
        wanted = list(dict.fromkeys(case_ids))
        self._opened = {case_id: opened[case_id] for case_id in wanted if case_id in opened}
        self._joined, self._undone = {}, set()
        self._client.clear()
        return self._asks(wanted)

    def client_of(self, case_id: UUID) -> UUID | None:
        """Whose case that is, of those that were read or just opened."""
        return self._client.get(case_id)

    def person(self, case_id: UUID) -> frozenset[UUID]:
        """The cases of the person whose case this is."""
        return frozenset(self._members.get(case_id, {case_id}))

    def around(self, case_id: UUID) -> frozenset[UUID]:
        """Those, and the cases of whoever was once one person with these: what is told of that person may
        stand in any of them."""
        person = self.person(case_id)
        return person.union(*(self._parted.get(each, ()) for each in person))

    def stands_alone(self, case_id: UUID) -> bool:
        """Whether that is the person's only case, and nobody was ever one with them."""
        return case_id not in self._parted and len(self._members.get(case_id, ())) < 2

    def whom(self, telling: Telling) -> UUID | None:
        """The client of whom something tells; none where whose case it is was not read."""
        return telling.client or self._client.get(telling.subject)

    def within(self, case_id: UUID, telling: Telling) -> UUID | None:
        """The client of whom something tells, as it is said in that case: none where it is the case's own."""
        whom = telling.client if case_id == telling.subject else self.whom(telling)
        return None if whom == self._client.get(case_id) else whom

    def tells_of(self, case_id: UUID, telling: Telling) -> bool:
        """Whether what stands in a case `around` tells of the person whose case this is."""
        person = self.person(case_id)
        if telling.client is None:
            return telling.subject in person
        return telling.client in {self._client.get(each) for each in person}

    def case_of(self, telling: Telling) -> UUID:
        """The case by which to ask for the person of whom something tells: where it stands, unless it tells
        of somebody who was once one person with the client of that case and is no more."""
        asked, client = telling.subject, telling.client
        if client is None or self.tells_of(asked, telling):
            return asked
        parted = self._parted.get(asked, ())
        return min((each for each in parted if self._client.get(each) == client), default=asked)

    def opens(self, case_id: UUID, client_id: UUID) -> None:
        """A client has a new case: one person's with what the batch knows of the client's others."""
        self._client[case_id] = client_id
        if case_id in self._members:
            self._belongs(case_id, client_id)

    def change(self, data: ClientsMerged | ClientsUnmerged) -> None:
        """What comes later in the batch knows who is one person by now."""
        if isinstance(data, ClientsUnmerged):
            self._unmerged(data)
            return
        if data.merge not in self._joined and self._was_undone(data.merge):
            self._undone.add(data.merge)
        self._joined[data.merge] = data
        self._settle(data)

    def _unmerged(self, data: ClientsUnmerged) -> None:
        if data.merge in self._undone:
            return
        self._undone.add(data.merge)
        together(self._connect, self._asks(list(self._members)))
        for case_id in self._opened.keys() & self._client.keys():
            self._belongs(case_id, self._client[case_id])
        for merged in sorted(self._joined.values(), key=lambda joined: joined.merge in self._undone):
            self._settle(merged)

    def _settle(self, merged: ClientsMerged) -> None:
        if merged.merge in self._undone:
            self._part(merged.survivor_case, merged.merged_case)
        else:
            self._join(merged)

    def _was_undone(self, merge: UUID) -> bool:
        with self._connect() as connection:
            return bool(list(_UNDONE.read(connection, merges=[merge])))

    def _join(self, merged: ClientsMerged) -> None:
        """The cases of both are of one person, as far as they were loaded."""
        ends = (merged.survivor, merged.merged)
        cases = {case_id for case_id, client in self._client.items() if client in ends}
        cases = cases & self._members.keys() | {merged.survivor_case, merged.merged_case}
        person = frozenset[UUID]().union(*map(self.person, cases))
        self._members |= {case_id: set(person) for case_id in person if case_id in self._members}

    def _belongs(self, case_id: UUID, client_id: UUID) -> None:
        """The tables do not know yet whose case it is: it is of one person with the client's others, also
        with those that the batch opened before it."""
        own = {each for each, whose in self._client.items() if whose == client_id} & self._members.keys()
        if len(own) == 1 and len(self._members[case_id]) == 1:
            return
        person = frozenset[UUID]().union(*map(self.person, own))
        parted = frozenset[UUID]().union(*(self._parted.get(each, ()) for each in person)) - person
        for each in person & self._members.keys():
            self._members[each] = set(person)
            if parted:
                self._parted[each] = set(parted)

    def _part(self, one: UUID, other: UUID) -> None:
        """They were of one person within the batch, and are no more, unless by another merge."""
        if other in self.person(one):
            return
        for person, others in (
            (self.person(one), self.around(other)),
            (self.person(other), self.around(one)),
        ):
            self._parted |= {each: {*self._parted.get(each, ()), *others} - person for each in person}

    def _asks(self, wanted: Sequence[UUID]) -> list[Ask]:
        """Who is one person with whom, but for what the batch has undone by now; with all that is told."""
        self._members = {case_id: {case_id} for case_id in wanted}
        self._parted = {}
        if not wanted:
            return []
        if self._opened:
            return [Ask(self._ever, {"cases": wanted, **self._said()}, self._take_ever)]
        return [Ask(self._alone, {"cases": wanted}, self._take_alone)]

    def _said(self) -> dict[str, list[UUID]]:
        """What the batch knows and the tables do not yet."""
        opened, clients = list(self._opened), list(self._opened.values())
        return {"undone": list(self._undone), "opened": opened, "clients": clients}

    def _take_alone(self, rows: Iterable[tuple[Any, ...]]) -> None:
        if left := self._take(rows):
            with self._connect() as connection:
                self._take_ever(self._ever.read(connection, cases=left, **self._said()))
        else:
            self._say_of_all()

    def _take_ever(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._take(rows)
        if others := self._others():
            with self._connect() as connection:
                self._take(self._ever.read(connection, cases=others, **self._said()))
        self._say_of_all()

    def _others(self) -> list[UUID]:
        """The cases of who was once one person with these and is no more: whose they are by now is read
        next, for what was told of them in the cases of these."""
        others = list(set[UUID]().union(*self._parted.values()) - self._members.keys())
        self._members |= {case_id: {case_id} for case_id in others}
        return others

    def _say_of_all(self) -> None:
        """What is read of one case holds for each case of that person."""
        for asked, person in list(self._members.items()):
            for each in person if len(person) > 1 else ():
                self._members.setdefault(each, person)
                if asked in self._parted:
                    self._parted.setdefault(each, self._parted[asked])

    def _take(self, rows: Iterable[tuple[Any, ...]]) -> list[UUID]:
        """Take in who is one person and what is told; gives the cases of which these rows cannot say it."""
        left: dict[UUID, None] = {}
        for asked, other, client_id, still, more in rows:
            if still is None:
                left[asked] = None
                continue
            case_id = other or asked
            if other is not None:
                (self._members if still else self._parted).setdefault(asked, set()).add(other)
            if client_id is not None:
                self._client[case_id] = client_id
            if more is not None:
                self._keep(case_id, more)
        return list(left)


def changes_people(told: Recorded[Payload]) -> bool:
    """Whether an event of intake's log says that two clients are one person, or are not."""
    return isinstance(told.data, ClientsMerged | ClientsUnmerged)


def cases_joined(told: Iterable[Recorded[Payload]]) -> list[UUID]:
    """The cases of the people who are found to be one: to be loaded before that is learnt."""
    merges = (one.data for one in told if isinstance(one.data, ClientsMerged))
    return [case_id for data in merges for case_id in (data.survivor_case, data.merged_case)]
