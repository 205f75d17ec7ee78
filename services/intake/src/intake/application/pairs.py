"""What was said of two clients: that they may be one person, that they are, that they are not.

A claim says it to whoever decides, and a row of the work list to whoever looks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from psycopg import Cursor

from intake.application import keys

OPEN, SAME, DISTINCT = "open", "same", "distinct"
"""Proposed and not decided; found to be one person; found not to be, and never proposed again."""


class Pair(NamedTuple):
    """`version` rises with whatever is said of the two. `match` is their place on the work list, `ground` why
    they came there."""

    match: UUID
    state: str
    version: int
    ground: str = "-"

    def to_text(self) -> str:
        """As it is kept."""
        return f"{self.match} {self.state} {self.version} {self.ground}"

    @classmethod
    def of_text(cls, text: str) -> Pair:
        """Read `to_text` again."""
        match, state, version, ground = text.split()
        return cls(keys.as_id(match), state, int(version), ground)


class MatchRow(NamedTuple):
    """A row of the work list (`0210_matches.sql`). `ground`, `likely` and `reasons` where it is proposed;
    `by`: the organisation that decided."""

    match_id: UUID
    one: UUID
    other: UUID
    state: str
    version: int
    at: datetime
    by: str | None = None
    ground: str | None = None
    likely: int = 0
    reasons: tuple[str, ...] = ()


class MatchesTable:
    """The work list. A `chassis.store.commit.Table`: few rows at a time, in the order of the decisions."""

    rank = 31

    def write(self, cursor: Cursor[Any], rows: Sequence[MatchRow]) -> None:
        """What is proposed is entered or entered anew; what is decided changes where it stands."""
        for row in rows:
            if row.ground is not None:
                proposed = (*row[:5], row.ground, row.likely, list(row.reasons), row.at)
                cursor.execute(_PROPOSED, proposed)
            else:
                cursor.execute(_DECIDED, (row.state, row.version, row.by, row.at, row.match_id))


MATCHES = MatchesTable()

_PROPOSED = """
    INSERT INTO matches (match_id, one, other, state, version, ground, likely, reasons, proposed_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (match_id) DO UPDATE SET (state, version, ground, likely, reasons, proposed_at)
        = (EXCLUDED.state, EXCLUDED.version, EXCLUDED.ground, EXCLUDED.likely, EXCLUDED.reasons,
           EXCLUDED.proposed_at)
"""
_DECIDED = """
    UPDATE matches SET (state, version, decided_by, decided_at) = (%s, %s, %s, %s) WHERE match_id = %s
"""


def pair_of(uow: UnitOfWork, one: str, other: str) -> Pair | None:
    """What was said of two clients last; None: nothing."""
    text = uow.holder(keys.PAIR, keys.pair_key(one, other))
    return Pair.of_text(text) if text else None


def say(uow: UnitOfWork, one: str, other: str, pair: Pair) -> None:
    """This is what is said of the two from now on."""
    key = keys.pair_key(one, other)
    if uow.holder(keys.PAIR, key) is not None:
        uow.release(keys.PAIR, key)
    else:
        uow.claim(keys.MATCH, str(pair.match), f"{one} {other}")
    uow.claim(keys.PAIR, key, pair.to_text())


def decide(uow: UnitOfWork, one: str, other: str, pair: Pair, state: str, by: str) -> None:
    """Somebody decided about a pair; on the work list where it stands there."""
    now = pair._replace(state=state, version=pair.version + 1)
    say(uow, one, other, now)
    row = MatchRow(now.match, keys.as_id(one), keys.as_id(other), state, now.version, uow.now, by)
    uow.commit.extra.append(TableWrite(MATCHES, row))


def between(
    uow: UnitOfWork, some: Collection[str], others: Collection[str]
) -> Iterator[tuple[str, str, Pair]]:
    """All pairs of one of these and one of those of which something was said."""
    uow.load_claims_of((keys.PAIR, keys.pair_key(a, b)) for a, b in product(some, others))
    for a, b in product(sorted(some), sorted(others)):
        pair = pair_of(uow, a, b)
        if pair is not None:
            yield a, b, pair
