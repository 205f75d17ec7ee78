"""Loading the territory and decrees of later: recorded once with their times, known to every instance."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from chassis.refusal import Refusal
from contracts.events.territory import STREAM
from intake.application.loading import LOAD
from intake.service import reference
from reference.decrees import committed_events
from reftrack.intake.v1 import territory_pb2 as pb

from tests.integration.intake.desk import POLICE, REFERENCE, Desk, settings
from tests.integration.intake.posts import Post, contact
from tests.integration.intake.serving import Serving, bearer

SUPERVISOR = "pctnxh-ha-noi"
IN_2031 = datetime(2031, 5, 2, 3, tzinfo=UTC)

DECREE = {
    "effective": "2031-01-01",
    "source": "A decree of a test",
    "units": ["00118", "00145"],
    "into": {
        "code": "00119",
        "name": {"vi": "Phường Thử Nghiệm", "en": "Thu Nghiem ward"},
        "level": "commune",
        "kind": "ward",
        "parent": "01",
    },
}


def decree(**changed: Any) -> str:
    return json.dumps({"type": "org.reftrack.org-units-merged.v1", "data": {**DECREE, **changed}})


@pytest.fixture
def desk(tmp_path: Path, postgres_dsn: str) -> Iterator[Desk]:
    """With reference data of its own: what it learns, no other test shall know."""
    shutil.copytree(REFERENCE, tmp_path / "reference")
    desk = Desk(settings(tmp_path, postgres_dsn, reference_path=tmp_path / "reference"))
    yield desk
    desk.close()


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    shutil.copytree(REFERENCE, tmp_path / "served")
    async with Serving.begin(tmp_path, postgres_dsn, reference=tmp_path / "served") as serving:
        yield serving


def load(desk: Desk, *lines: str, dry_run: bool = False) -> pb.LoadTerritoryResponse:
    request = pb.LoadTerritoryRequest(events=lines, dry_run=dry_run)
    (result,) = desk.writer.run([desk.command(LOAD, request, SUPERVISOR, "gs-01")])
    if result.refusal is not None:
        raise result.refusal
    assert result.answer is not None
    return pb.LoadTerritoryResponse.FromString(result.answer)


def test_the_committed_list_is_recorded_once_however_often_it_is_loaded(desk: Desk) -> None:
    count = len(committed_events())
    began = time.process_time()
    first = load(desk)
    spent = time.process_time() - began
    again = load(desk)
    assert (first.recorded, first.known) == (count, 0)
    assert (again.recorded, again.known, again.last_event_id) == (0, count, "")
    assert desk.count("stored_events") == count + 1
    assert spent < 30, f"loading took {spent:.1f} s of CPU time"


def test_a_decree_is_recorded_with_its_day_its_source_and_who_loaded_it(desk: Desk) -> None:
    answer = load(desk, decree())
    opened, merged = desk.events()
    assert answer.last_event_id == merged["id"] == f"{STREAM}:2"
    assert opened["type"] == "org.reftrack.territory-opened.v1"
    assert (merged["meta"]["occurred_at"], merged["meta"]["precision"]) == ("2030-12-31T17:00:00Z", "day")
    assert (merged["meta"]["actor"], merged["meta"]["org"]) == ("gs-01", SUPERVISOR)
    assert merged["data"]["source"] == "A decree of a test"


def test_a_dry_run_tells_what_would_be_recorded_and_records_nothing(desk: Desk) -> None:
    assert load(desk, decree(), decree(), dry_run=True).recorded == 1
    assert desk.count("stored_events") == 0


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (decree(units=["00118", "99999"]), "territory_contradicts", "99999"),
        (decree(effective="2024-01-01", units=["00145"]), "territory_contradicts", "00145"),
        ("{}", "territory_not_readable", "1"),
        (
            '{"type": "org.reftrack.org-unit-abolished.v1", "data": {"code": 7}}',
            "territory_not_readable",
            "1",
        ),
        (decree(effective="0001-01-01"), "territory_not_readable", "effective"),
    ],
    ids=["none", "there already", "no type", "no code", "a day of no year of ours"],
)
def test_what_contradicts_the_territory_or_cannot_be_read_is_refused_whole(
    desk: Desk, line: str, code: str, told: str
) -> None:
    with pytest.raises(Refusal) as refused:
        load(desk, line, decree())
    assert refused.value.code == code
    assert told in str(refused.value.detail)
    assert desk.count("stored_events") == 0


def test_two_decrees_that_contradict_each_other_are_not_both_recorded(desk: Desk) -> None:
    load(desk, decree())
    with pytest.raises(Refusal) as refused:
        load(desk, decree(units=["00145", "00097"], source="Another decree of the same day"))
    assert refused.value.code == "territory_contradicts"


def contact_at(code: str, ref: str) -> Post:
    post = contact(POLICE, ref, at=IN_2031)
    return Post(post.agency, post.kind, post.about, {**post.data, "commune": code}, at=IN_2031)


def test_the_door_of_another_instance_reads_codes_by_a_decree_that_was_loaded(
    desk: Desk, tmp_path: Path
) -> None:
    desk.clock.move_to(IN_2031)
    (before,) = desk.post(contact_at("00118", "PX-1"))
    assert "units" not in before
    load(desk, decree())
    shutil.copytree(REFERENCE, tmp_path / "other")
    other = desk.started_again(reference_path=tmp_path / "other")
    try:
        other.clock.move_to(IN_2031)
        other.submit(contact_at("00118", "PX-2"))
        after = other.receipts()[-1]
    finally:
        other.close()
    assert after["units"][0]["unit"] == "00119"
    assert after["units"][0]["name"]["vi"] == "Phường Thử Nghiệm"


async def test_only_who_supervises_a_whole_province_loads(serving: Serving) -> None:
    request = pb.LoadTerritoryRequest(events=[decree()], dry_run=True)
    for org, role in [("ldtbxh-bo-de", "supervisor"), (SUPERVISOR, "operator"), ("nobody", "supervisor")]:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await serving.territory.LoadTerritory(request, metadata=bearer(serving, org, role))
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    answer = await serving.territory.LoadTerritory(
        request, metadata=bearer(serving, SUPERVISOR, "supervisor")
    )
    assert answer.recorded == 1


async def test_an_instance_that_runs_takes_in_what_was_recorded(serving: Serving) -> None:
    """It reads the gazette from the database, so it is the same whichever instance recorded it."""
    asked = pb.ShowUnitRequest(code="00145", on="2031-05-02")
    who = bearer(serving, POLICE)
    before = await serving.territory.ShowUnit(asked, metadata=who)
    assert before.outcome == "current"
    request = pb.LoadTerritoryRequest(events=[decree()])
    await serving.territory.LoadTerritory(request, metadata=bearer(serving, SUPERVISOR, "supervisor"))
    await serving.follow()
    after = await serving.territory.ShowUnit(asked, metadata=who)
    assert (after.outcome, after.unit.code) == ("carried_forward", "00119")


async def test_a_code_is_shown_with_all_its_lives_and_what_became_of_them(serving: Serving) -> None:
    answer = await serving.territory.ShowUnit(
        pb.ShowUnitRequest(code="00139", on="2026-11-20"), metadata=bearer(serving, POLICE)
    )
    assert answer.outcome == "divided"
    assert [unit.code for unit in answer.candidates] == ["00097", "00118", "00145"]
    (life,) = answer.lives
    assert (life.name_vi, life.since, life.until) == ("Phường Bồ Đề", "2003-11-06", "2025-06-30")
    assert [unit.code for unit in life.within] == ["004", "01"]
    assert (life.became.on, life.became.whole) == ("2025-07-01", False)


async def test_units_are_found_by_name_with_where_they_lie(serving: Serving) -> None:
    answer = await serving.territory.SearchUnits(
        pb.SearchUnitsRequest(text="ngoc lam, ha noi", on="2019-03-01"), metadata=bearer(serving, POLICE)
    )
    (unit,) = answer.units
    assert (unit.code, unit.name_vi) == ("00133", "Phường Ngọc Lâm")


@pytest.mark.parametrize(
    "asked",
    [
        pb.SearchUnitsRequest(text=" "),
        pb.SearchUnitsRequest(text="x" * 201),
        pb.SearchUnitsRequest(text="bo de", level="hamlet"),
        pb.SearchUnitsRequest(text="bo de", on="2019-02-30"),
    ],
)
async def test_a_question_that_is_none_is_answered_with_what_is_wrong(
    serving: Serving, asked: pb.SearchUnitsRequest
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await serving.territory.SearchUnits(asked, metadata=bearer(serving, POLICE))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_reference_data_of_other_tests_know_nothing_of_these_decrees() -> None:
    assert reference(REFERENCE).territory.resolve("00119", IN_2031.date()).outcome != "current"
