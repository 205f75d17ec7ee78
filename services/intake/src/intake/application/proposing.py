"""Proposals that two clients may be one person, and what becomes of them: into cases and the work list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from chassis.ids import derive
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.people import MatchCandidate, MatchesProposed
from contracts.vocabulary import MatchGround, MergeGround

from intake.application import keys, people
from intake.application.pairs import (
    DISTINCT,
    MATCHES,
    OPEN,
    SAME,
    MatchRow,
    Pair,
    between,
    decide,
    pair_of,
    say,
)
from intake.domain.case import Case
from intake.domain.person import Edge


class Found(NamedTuple):
    """Somebody known who may be the one; `likely` in percent, `reasons` are codes of the list MatchSign."""

    client: UUID
    likely: int
    reasons: tuple[str, ...]


class Proposals:
    """What is proposed and decided about pairs of clients. Ids are derived: the same after a crash."""

    def __init__(self, ids_key: bytes) -> None:
        self._ids_key = ids_key

    def propose(
        self, uow: UnitOfWork, case: Case, ground: MatchGround, found: Iterable[Found], meta: Meta
    ) -> None:
        """Record who may be the client of a case, but for those of whom it was proposed or decided before.

        A pair that was only like is proposed again where the same number shows up; one that was told apart
        never, nor anybody who is one person with either.
        """
        client = keys.as_text(case.client_id)
        new = [one for one in found if self._is_new(uow, client, keys.as_text(one.client), ground)]
        found_once = [one for place, one in enumerate(new) if not _named_before(uow, one, new[:place])]
        candidates = [candidate for one in found_once if (candidate := _candidate(uow, one)) is not None]
        if not candidates:
            return
        case.note(MatchesProposed(ground=ground, candidates=tuple(candidates)), meta)
        for one in candidates:
            self._enter(uow, client, one, ground)

    def merge(self, uow: UnitOfWork, survivor: Case, merged: Case, ground: MergeGround, meta: Meta) -> UUID:
        """`people.merge`, and what was proposed between the two is settled."""
        one, other = keys.as_text(survivor.client_id), keys.as_text(merged.client_id)
        mine, theirs = people.person_of(uow, one).clients, people.person_of(uow, other).clients
        told = people.envelopes(meta)
        merge_id = people.merge(uow, self._ids_key, survivor, merged, ground, told)
        for a, b, pair in list(between(uow, mine, theirs)):
            if pair.state == OPEN or {a, b} == {one, other}:
                decide(uow, a, b, pair, SAME, meta.org)
        return merge_id

    def unmerge(self, uow: UnitOfWork, merge_id: UUID, ground: MergeGround, meta: Meta) -> Edge:
        """`people.unmerge`: the two are not proposed again, what was proposed of others around them is."""
        person, edge = people.merge_of(uow, merge_id)
        sides = [side.clients | {end} for side, end in zip(person.parted(edge.merge), edge[1:], strict=True)]
        people.unmerge(uow, merge_id, ground, people.envelopes(meta))
        for a, b, pair in list(between(uow, *sides)):
            if {a, b} != set(edge[1:]) and pair.state == SAME:
                decide(uow, a, b, pair, OPEN, meta.org)
        self.tell_apart(uow, edge.survivor, edge.merged, meta.org)
        return edge

    def tell_apart(self, uow: UnitOfWork, one: str, other: str, by: str) -> None:
        """Somebody decided that two clients are two people."""
        pair = pair_of(uow, one, other) or Pair(self._match(one, other), OPEN, 0)
        decide(uow, one, other, pair, DISTINCT, by)

    def _enter(self, uow: UnitOfWork, client: str, one: MatchCandidate, ground: MatchGround) -> None:
        other = keys.as_text(one.client)
        before = pair_of(uow, client, other)
        version = before.version + 1 if before else 1
        pair = Pair(self._match(client, other), OPEN, version, ground.value)
        say(uow, client, other, pair)
        row = MatchRow(
            *(pair.match, keys.as_id(client), one.client, OPEN, pair.version, uow.now),
            ground=ground.value,
            likely=one.likely,
            reasons=one.reasons,
        )
        uow.commit.extra.append(TableWrite(MATCHES, row))

    def _match(self, one: str, other: str) -> UUID:
        return derive(self._ids_key, "match", keys.pair_key(one, other))

    def _is_new(self, uow: UnitOfWork, one: str, other: str, ground: MatchGround) -> bool:
        if people.same_person(uow, one, other):
            return False
        mine, theirs = people.person_of(uow, one).clients, people.person_of(uow, other).clients
        said = list(between(uow, mine | {one}, theirs | {other}))
        if any(pair.state == DISTINCT for _, _, pair in said):
            return False
        return not any(pair.ground in (ground, MatchGround.ID_NUMBER) for _, _, pair in said)


def _named_before(uow: UnitOfWork, one: Found, others: Iterable[Found]) -> bool:
    """Whether a likelier client of the same person is proposed already."""
    client = keys.as_text(one.client)
    return any(people.same_person(uow, client, keys.as_text(other.client)) for other in others)


def _candidate(uow: UnitOfWork, one: Found) -> MatchCandidate | None:
    case = people.latest_case_id(uow, keys.as_text(one.client))
    if case is None:
        return None
    return MatchCandidate(client=one.client, case=case, likely=one.likely, reasons=one.reasons[:20])
