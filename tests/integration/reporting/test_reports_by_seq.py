"""A report that is asked again by its place in the history: the same figures, whatever has come in since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from contracts.vocabulary import Service
from reftrack.reporting.v1 import report_pb2 as pb

from tests.integration.reporting.conftest import World
from tests.integration.reporting.test_reports import YEAR, figures_of, run, stamp
from tests.unit.reporting.pathway import (
    BO_DE,
    HIV_CLINIC,
    ME_TRI,
    SUPERVISOR,
    at,
    contacted,
    opened,
    reached,
    referred,
)
from tests.unit.reporting.story import Story

REFUSED = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def story() -> Story:
    """Two people who were reached and referred, and facts of one whose case nobody has told of yet."""
    told = Story()
    for name, commune in (("an", BO_DE), ("binh", ME_TRI)):
        reached(told, name, commune)
        referred(told, name, Service.HIV_TEST, HIV_CLINIC)
    referred(told, "chi", Service.HIV_TEST, HIV_CLINIC)
    return told


def go_on(told: Story) -> None:
    """The feed goes on: news, what another log had recorded before, and the case that was not told of."""
    before = told.recorded - timedelta(seconds=1)
    reached(told, "dung", BO_DE)
    told.intake("em", opened("em"), contacted(ME_TRI), at=at(20), recorded_at=before)
    told.intake("chi", opened("chi"), contacted(BO_DE), at=at(3), recorded_at=before)


async def test_the_same_seq_gives_the_same_figures_while_the_feed_goes_on(world: World, story: Story) -> None:
    await world.tell(story)
    first = await run(world, by=pb.AREA_COMMUNE)
    assert figures_of(first)["clients_reached", "", ""] == 2
    go_on(story)
    await world.tell(story)
    again = await run(world, by=pb.AREA_COMMUNE, seq=first.seq)
    assert again == first
    by_moment = await run(world, by=pb.AREA_COMMUNE, known_at=first.known_at)
    assert figures_of(by_moment)["clients_reached", "", ""] == 4
    latest = await run(world, by=pb.AREA_COMMUNE)
    assert figures_of(latest)["clients_reached", "", ""] == 5
    assert await run(world, by=pb.AREA_COMMUNE, seq=latest.seq) == latest


async def test_every_seq_of_the_past_gives_what_was_told_then(world: World, story: Story) -> None:
    go_on(story)
    told: list[pb.RunReportResponse] = []
    records, story.records = story.records, []
    for record in records:
        story.records.append(record)
        await world.tell(story)
        told.append(await run(world))
    assert [answer.seq for answer in told] == list(range(1, len(records) + 1))
    for answer in told:
        assert await run(world, seq=answer.seq) == answer


async def test_the_facts_behind_a_figure_are_those_of_that_seq(world: World, story: Story) -> None:
    await world.tell(story)
    first = await run(world)
    go_on(story)
    await world.tell(story)
    request = pb.ExplainFigureRequest(indicator_id="clients_reached", seq=first.seq, **YEAR)
    answer = await world.report.ExplainFigure(request, **world.by("supervisor", SUPERVISOR))
    assert len(answer.facts) == figures_of(first)["clients_reached", "", ""]


async def test_before_the_first_entry_nothing_was_known(world: World, story: Story) -> None:
    await world.tell(story)
    answer = await run(world, seq=0)
    assert (answer.seq, set(figures_of(answer).values()) <= {0}) == (0, True)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"seq": 3, "known_at": stamp(datetime(2019, 12, 10, tzinfo=UTC))}, "seq: seq_or_known_at"),
        ({"seq": 10_000}, "seq: seq_not_reached"),
        ({"seq": -1}, "seq: out_of_range"),
    ],
    ids=["both", "beyond", "negative"],
)
async def test_a_seq_that_cannot_be_asked_is_refused_with_the_reason(
    world: World, story: Story, asked: dict[str, Any], says: str
) -> None:
    await world.tell(story)
    for method, request in (
        (world.report.RunReport, pb.RunReportRequest(**YEAR, **asked)),
        (world.report.ExplainFigure, pb.ExplainFigureRequest(indicator_id="plans_agreed", **YEAR, **asked)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await method(request, **world.by("supervisor", SUPERVISOR))
        assert refused.value.code() is REFUSED
        assert says in str(refused.value.details())
