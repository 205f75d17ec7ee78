"""Proposals that two clients may be one person: into the case that they were found for, and the work list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.ids import derive
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.people import MatchCandidate, MatchesProposed
from contracts.vocabulary import MatchGround
from psycopg import Cursor

from intake.application import keys, people
from intake.domain.case import Case

DISTINCT = "distinct"
"""Said of a pair for good: somebody decided that they are two people."""


class Found(NamedTuple):
    """Somebody known who may be the one; `likely` in percent, `reasons` are codes of the list MatchSign."""

    client: UUID
    likely: int
    reasons: tuple[str, ...]


class MatchRow(NamedTuple):
    """A row of the work list (`0210_matches.sql`)."""

    match_id: UUID
    one: UUID
    other: UUID
    ground: str
    likely: int
    reasons: list[str]
    state: str
    at: datetime
    by: str | None = None


class Matches:
    """The work list: what is proposed, and what was decided since. A `chassis.store.commit.Table`."""

    rank = 31
    _put = """
        INSERT INTO matches (match_id, one, other, ground, likely, reasons, state, version, proposed_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, 1, %s)
        ON CONFLICT (match_id) DO UPDATE SET ground = EXCLUDED.ground, likely = EXCLUDED.likely,
            reasons = EXCLUDED.reasons, version = matches.version + 1
    """
    _decide = """
        UPDATE matches SET state = %s, version = version + 1, decided_by = %s, decided_at = %s
        WHERE match_id = %s AND state <> %s
    """

    def write(self, cursor: Cursor[Any], rows: Sequence[MatchRow]) -> None:
        """Few rows at a time, in their order: a proposal, or a decision about one."""
        for row in rows:
            if row.by is None:
                cursor.execute(self._put, row[:8])
            else:
                cursor.execute(self._decide, (row.state, row.by, row.at, row.match_id, row.state))


MATCHES = Matches()


def propose(
    uow: UnitOfWork, ids_key: bytes, case: Case, ground: MatchGround, found: Iterable[Found], meta: Meta
) -> None:
    """Record who may be the client of a case, but for those of whom it was proposed or decided before.

    A pair that was like only is proposed again where the same number shows up; one that was told apart never.
    """
    client = keys.as_text(case.client_id)
    new = [one for one in found if _is_new(uow, client, keys.as_text(one.client), ground)]
    candidates = [candidate for one in new if (candidate := _candidate(uow, one)) is not None]
    if not candidates:
        return
    case.note(MatchesProposed(ground=ground, candidates=tuple(candidates)), meta)
    for one in candidates:
        _say(uow, client, keys.as_text(one.client), ground)
        match_id = match_of(ids_key, client, keys.as_text(one.client))
        row = MatchRow(
            *(match_id, case.client_id, one.client, str(ground), one.likely, list(one.reasons)),
            *("open", uow.now),
        )
        uow.commit.extra.append(TableWrite(MATCHES, row))


def match_of(ids_key: bytes, one: str, other: str) -> UUID:
    """The id of a pair's place on the work list."""
    return derive(ids_key, "match", keys.pair_key(one, other))


def decided(uow: UnitOfWork, ids_key: bytes, one: str, other: str, state: str, by: str) -> None:
    """Somebody decided about a pair; on the work list where it stands there."""
    if state == DISTINCT:
        _say(uow, one, other, DISTINCT)
    row = MatchRow(match_of(ids_key, one, other), UUID(one), UUID(other), "", 0, [], state, uow.now, by)
    uow.commit.extra.append(TableWrite(MATCHES, row))


def told_apart(uow: UnitOfWork, one: str, other: str) -> bool:
    """Whether somebody decided that two clients, or any two who are one person with them, are not one."""
    mine, theirs = people.person_of(uow, one).clients, people.person_of(uow, other).clients
    pairs = [(keys.PAIR, keys.pair_key(a, b)) for a in mine | {one} for b in theirs | {other}]
    uow.load_claims_of(pairs)
    return any(uow.holder(*pair) == DISTINCT for pair in pairs)


def _is_new(uow: UnitOfWork, one: str, other: str, ground: MatchGround) -> bool:
    if people.same_person(uow, one, other) or told_apart(uow, one, other):
        return False
    said = uow.holder(keys.PAIR, keys.pair_key(one, other))
    return said is None or (said != ground and ground is MatchGround.ID_NUMBER)


def _candidate(uow: UnitOfWork, one: Found) -> MatchCandidate | None:
    case = people.latest_case_id(uow, keys.as_text(one.client))
    if case is None:
        return None
    return MatchCandidate(client=one.client, case=case, likely=one.likely, reasons=one.reasons[:20])


def _say(uow: UnitOfWork, one: str, other: str, what: str) -> None:
    key = keys.pair_key(one, other)
    if uow.holder(keys.PAIR, key) is not None:
        uow.release(keys.PAIR, key)
    uow.claim(keys.PAIR, key, str(what))
