"""Views on the real database: rebuilt they equal the live ones; no interleaving of the logs changes them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from random import Random
from typing import Any

import grpc
import psycopg
import pytest
from chassis.projector import Projector
from chassis.store.migrations import migrate
from contracts.base import Payload
from contracts.events.followup import DetoxAdmitted, DetoxCompleted
from contracts.events.intake import ClientContacted
from contracts.events.referral import ReferralReceived, ReferralRequested
from psycopg.rows import tuple_row
from reftrack.reporting.v1 import views_pb2 as pb
from reporting.history import HISTORY, History, read
from reporting.pathway.entry import Entry
from reporting.views import VIEWS

from tests.conftest import PostgresDatabase
from tests.integration.reporting.conftest import DEADLINE, World
from tests.unit.reporting.corrected import merged, unmerged, voided
from tests.unit.reporting.pathway import POLICE, SUPERVISOR, contacted, whole_pathway
from tests.unit.reporting.story import Story, named

TABLES = {
    "cases": ("cases", "case_orgs", "case_references", "merges"),
    "referrals": ("referrals",),
    "facts": ("facts", "fact_cases", "fact_voids", "merges"),
}


def stories() -> Story:
    """Three people's pathways, told a piece at a time; some of it voided or corrected, two of them merged."""
    story = Story(partitions=2)
    for name in ("an", "binh", "chi"):
        whole_pathway(story, name)
        story.intake("an", contacted(), org=POLICE)
    for name, wrong in (("an", ClientContacted), ("binh", ReferralReceived), ("binh", DetoxAdmitted)):
        voided(story, name, first(story, name, wrong), first(story, name, wrong).data)
    voided(story, "chi", first(story, "chi", ReferralRequested))
    voided(story, "chi", first(story, "chi", DetoxCompleted))
    merged(story, "an", "binh")
    unmerged(story, "an", "binh")
    merged(story, "chi", "binh")
    return story


def first(story: Story, name: str, wanted: type[Payload]) -> Entry:
    """The first event of a type of a case."""
    entries = (entry for entry in story.entries() if entry.case_id == named("case", name))
    return next(entry for entry in entries if entry.type == wanted.TYPE)


def contents(dsn: str) -> dict[str, list[str]]:
    """Every row of every live view as text, in order."""
    with psycopg.connect(
        dsn, autocommit=True, row_factory=tuple_row, options="-c timezone=UTC"
    ) as connection:
        return {
            table: sorted(
                row[0] for row in connection.execute(f"SELECT r::text FROM {view}.{table} r").fetchall()
            )
            for view, tables in TABLES.items()
            for table in tables
        }


def projected(dsn: str, records: list[Any], page: int) -> dict[str, list[str]]:
    """The views after these records came in this order, folded in pages of this size."""
    migrate(dsn, "reporting")
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        HISTORY.write(cursor, [read(record) for record in records])
    projector = Projector(dsn, History(), VIEWS, page=page)
    projector.start()
    try:
        asyncio.run(_caught_up(projector, len(records)))
    finally:
        projector.stop()
    return contents(dsn)


async def _caught_up(projector: Projector, seq: int) -> None:
    async with asyncio.timeout(DEADLINE):
        for view in VIEWS:
            await projector.wait_for(view.name, seq)


def interleaved(story: Story, random: Random) -> list[Any]:
    """The records in another order that keeps the order within each partition."""
    queues: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for record in story.records:
        queues[record.topic, record.partition].append(record)
    merged = []
    while queues:
        place = random.choice(sorted(queues))
        merged.append(queues[place].pop(0))
        if not queues[place]:
            del queues[place]
    return merged


def test_every_interleaving_gives_the_same_rows(postgres_database: PostgresDatabase) -> None:
    story = stories()
    as_told = projected(postgres_database(), story.records, page=1_000)
    assert all(as_told.values())
    for seed in range(3):
        other = interleaved(story, Random(seed))
        assert [record.value for record in other] != [record.value for record in story.records]
        assert projected(postgres_database(), other, page=7 + seed) == as_told


async def test_a_view_rebuilt_equals_the_live_one_and_answers_in_its_place(world: World) -> None:
    story = stories()
    await world.tell(story)
    options = world.by("supervisor", SUPERVISOR)
    for view in VIEWS:
        answers = [a async for a in world.views.RebuildView(pb.RebuildViewRequest(name=view.name), **options)]
        last = answers[-1]
        assert last.phase == pb.REBUILD_PHASE_SWITCHED
        assert (last.equal, last.differing_rows, last.seq) == (True, 0, len(story.records))


async def test_a_view_that_somebody_wrote_to_is_found_different_and_mended(world: World) -> None:
    await world.tell(stories())
    dsn = world.made.parts.dsn
    before = contents(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE referrals.referrals SET state = 'closed' WHERE state = 'requested'")
    options = world.by("supervisor", SUPERVISOR)
    request = pb.RebuildViewRequest(name="referrals")
    answers = [answer async for answer in world.views.RebuildView(request, **options)]
    assert not answers[-1].equal
    assert answers[-1].differing_rows == 3
    assert contents(dsn) == before


@pytest.mark.parametrize("org", [POLICE, "csxh-long-bien", "nobody-knows"])
async def test_a_supervisors_token_of_an_office_that_is_none_rebuilds_nothing(world: World, org: str) -> None:
    options = world.by("supervisor", org)
    rebuild = world.views.RebuildView(pb.RebuildViewRequest(name="cases"), **options)
    for call in (world.views.ListViews(pb.ListViewsRequest(), **options), rebuild.read()):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_the_views_are_listed_with_how_far_they_have_come(world: World) -> None:
    story = stories()
    await world.tell(story)
    answer = await world.views.ListViews(pb.ListViewsRequest(), **world.by("supervisor", SUPERVISOR))
    assert [(view.name, view.seq, view.head) for view in answer.views] == [
        (name, len(story.records), len(story.records)) for name in ("cases", "facts", "referrals")
    ]
