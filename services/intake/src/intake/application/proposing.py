"""Proposals that two clients may be one person, and what becomes of them: into cases and the work list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
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
from intake.domain.proposal import Proposal

MOST_REASONS = 20
"""So many have place in an event."""


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
        never, nor anybody who is one person with either. It comes to the same who of two who are like one
        another was looked for first: the one whose case was opened later may be the other.
        """
        client = keys.as_text(case.client_id)
        for one in found:
            other = people.case_of_client(uow, keys.as_text(one.client))
            if other is None or not self._is_new(uow, client, keys.as_text(one.client), ground):
                continue
            later, earlier = case, other
            if ground is MatchGround.LIKENESS and _place(other) > _place(case):
                later, earlier = other, case
            self._record(uow, later, earlier, ground, one, meta)

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

    def withdraw(self, uow: UnitOfWork, merge_id: UUID, meta: Meta) -> None:
        """`people.unmerge` of what no longer has a ground: nobody has said that they are two people."""
        person, edge = people.merge_of(uow, merge_id)
        sides = [side.clients | {end} for side, end in zip(person.parted(edge.merge), edge[1:], strict=True)]
        people.unmerge(uow, merge_id, MergeGround.OTHER, people.envelopes(meta))
        for a, b, pair in list(between(uow, *sides)):
            if pair.state == SAME:
                decide(uow, a, b, pair, OPEN, meta.org)

    def tell_apart(self, uow: UnitOfWork, one: str, other: str, by: str) -> None:
        """Somebody decided that two clients are two people."""
        pair = pair_of(uow, one, other) or Pair(self._match(one, other), OPEN, 0)
        decide(uow, one, other, pair, DISTINCT, by)

    def _record(
        self, uow: UnitOfWork, later: Case, earlier: Case, ground: MatchGround, one: Found, meta: Meta
    ) -> None:
        client, other = keys.as_text(later.client_id), keys.as_text(earlier.client_id)
        match_id = self._match(client, other)
        known = people.latest_case_id(uow, other) or earlier.id
        reasons = one.reasons[:MOST_REASONS]
        candidate = MatchCandidate(client=earlier.client_id, case=known, likely=one.likely, reasons=reasons)
        data = MatchesProposed(ground=ground, candidates=(candidate,))
        proposal_id = derive(self._ids_key, "proposal", str(match_id), ground.value)
        about: dict[str, UUID | str] = {"subject": later.id}
        if ground is MatchGround.LIKENESS:
            about["correlation_id"] = f"match/{match_id}"
        uow.add(Proposal.begin(proposal_id, data, meta.model_copy(update=about)))
        before = pair_of(uow, client, other)
        pair = Pair(match_id, OPEN, before.version + 1 if before else 1, ground.value)
        say(uow, client, other, pair)
        row = MatchRow(
            *(match_id, later.client_id, earlier.client_id, OPEN, pair.version, uow.now),
            ground=ground.value,
            likely=one.likely,
            reasons=reasons,
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


def _place(case: Case) -> tuple[datetime, str]:
    return case.created_on, str(case.id)
