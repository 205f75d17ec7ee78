"""Who is one person: what a batch has learned by itself is what the next one reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from answering.consents import ConsentBook
from answering.people import People
from answering.whom import Whom
from chassis.store.migrations import migrate
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.vocabulary import MergeGround
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.owners.intake_log import IntakeLog

CLIENTS = 4
GROUND = MergeGround.PAPERS_SEEN


class Somebody(NamedTuple):
    client: UUID
    case: UUID


Told = ClientsMerged | ClientsUnmerged


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[tuple[int, int, bool]], list[bool], list[bool]]:
    """Who is merged with whom and whether that is undone; which of two cases is read first; where batches
    end."""
    who = st.integers(0, CLIENTS - 1)
    merges = draw(
        st.lists(st.tuples(who, who, st.booleans()).filter(lambda one: one[0] != one[1]), max_size=5)
    )
    events = sum(4 if undone else 2 for _, _, undone in merges)
    coins = st.lists(st.booleans(), min_size=events, max_size=events)
    return merges, draw(coins), draw(coins)


def told_in_their_cases(
    people: list[Somebody], merges: Iterable[tuple[int, int, bool]]
) -> dict[UUID, list[Told]]:
    """Each case tells in its own order: of a merging before its undoing."""
    logs: dict[UUID, list[Told]] = defaultdict(list)
    for one, other, undone in merges:
        merge, (survivor, merged) = uuid4(), (people[one], people[other])
        ends: dict[str, Any] = {"survivor": survivor.client, "merged": merged.client, "ground": GROUND}
        told: list[Told] = [
            ClientsMerged(merge=merge, survivor_case=survivor.case, merged_case=merged.case, **ends)
        ]
        told += [ClientsUnmerged(merge=merge, **ends)] if undone else []
        for end in (survivor, merged):
            logs[end.case] += told
    return logs


def read_side_by_side(logs: dict[UUID, list[Told]], coins: list[bool]) -> list[tuple[UUID, Told]]:
    """The logs of the cases, mixed: each in its order."""
    left, mixed = {case: list(told) for case, told in logs.items()}, []
    for coin in coins:
        case = (min if coin else max)(case for case, told in left.items() if told)
        mixed.append((case, left[case].pop(0)))
    return mixed


def seen(people: People, everybody: list[Somebody], pairs: Iterable[tuple[UUID, UUID]]) -> dict[Any, Any]:
    """Who is one person with whom, and by whose cases to ask for what is told of each in the case of another
    with whom that one was merged, once."""
    seen: dict[Any, Any] = {one.case: people.person(one.case) for one in everybody}
    cases = {one.client: one.case for one in everybody}
    for at, of in ((cases[i], j) for pair in pairs for i, j in (pair, pair[::-1])):
        asked = people.case_of(Whom(at, of))
        is_around = cases[of] in people.around(at)
        seen[at, of] = people.person(asked), people.tells_of(asked, Whom(at, of)), is_around
    return seen


@pytest.fixture
def tables(postgres_dsn: str) -> str:
    migrate(postgres_dsn, "referral")
    return postgres_dsn


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories())
def test_whatever_a_batch_learns_the_next_one_reads(tables: str, story: Any) -> None:
    merges, order, cuts = story
    log, everybody = IntakeLog(), [Somebody(uuid4(), uuid4()) for _ in range(CLIENTS)]
    with psycopg.connect(tables, autocommit=True) as connection:
        connect: Any = partial(nullcontext, connection)
        rows = [(one.case, one.client) for one in everybody]
        connection.cursor().executemany("INSERT INTO case_clients VALUES (%s, %s)", rows)
        batch, extra = loaded(connect, everybody), list[Any]()
        uow: Any = SimpleNamespace(commit=SimpleNamespace(extra=extra))
        told = read_side_by_side(told_in_their_cases(everybody, merges), order)
        pairs = set()
        for (case, event), ends in zip(told, cuts, strict=True):
            pairs.add((event.survivor, event.merged))
            batch.learn(uow, log.event(case, event))
            if ends:
                write(connection, extra)
                after = loaded(connect, everybody)
                assert seen(batch.people, everybody, pairs) == seen(after.people, everybody, pairs)
                batch = after


def loaded(connect: Any, everybody: list[Somebody]) -> ConsentBook:
    """What a batch reads that is about everybody's cases."""
    book = ConsentBook(connect)
    book.load(one.case for one in everybody)
    return book


def write(connection: Any, extra: list[Any]) -> None:
    """What a commit writes."""
    by_table: dict[Any, list[Any]] = defaultdict(list)
    for table, row in extra:
        by_table[table].append(row)
    for table in sorted(by_table, key=lambda table: table.rank):
        table.write(connection.cursor(), by_table[table])
    extra.clear()
