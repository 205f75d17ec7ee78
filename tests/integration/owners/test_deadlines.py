"""What is due, on a real database: told by the clock when nothing came, listed to whom it concerns."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from answering.deadlines import follow
from answering.terms import Running, Terms
from contracts.events.common import DeadlinePassed
from contracts.events.followup import DetoxAdmittedPosted, HandoverNotified, HandoverReceived
from contracts.events.referral import ReferralReceived, ReferralRequested, ReferralRequestedPosted
from contracts.vocabulary import Deadline, DetoxKind, Service
from reference import Policy, Reference
from reference.days import start_of
from referral.service import SERVICE as REFERRAL

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import REFERENCE, World, eventually, kinds, running

SENDER, PROVIDER, SUPERVISOR = "ldtbxh-bo-de", "methadone-long-bien", "pctnxh-ha-noi"
FACILITY, COMMUNE = "cai-nghien-ha-noi", "ubnd-bo-de"
REQUEST = ReferralRequestedPosted(service=Service.METHADONE, provider=PROVIDER)
LAWS_CHANGE = date(2026, 7, 1)


def requested(world: World, at: datetime = BEGUN) -> UUID:
    case_id = uuid4()
    world.feed(
        world.intake.opened(case_id),
        world.intake.consented(case_id),
        world.intake.routed(case_id, REQUEST, SENDER, at=at),
    )
    return case_id


def number_of(world: World, case_id: UUID) -> str:
    data = world.log(case_id)[0].data
    assert isinstance(data, ReferralRequested)
    return data.number


async def due(world: World, org: str = PROVIDER, role: str = "operator", **asked: Any) -> list[Any]:
    answer = await world.call("ListDeadlines", org=org, role=role, **asked)
    return list(answer.deadlines)


async def test_a_request_that_nobody_acknowledged_is_told_when_two_working_days_have_passed(
    referral: World,
) -> None:
    """Saturday, 2 March 2019: Monday and Tuesday are the two days."""
    case_id = requested(referral)
    ends = start_of(date(2019, 3, 6))
    referral.clock_shows(ends - timedelta(seconds=1))
    assert kinds(referral.log(case_id)) == ["referral-requested"]
    referral.clock_shows(ends)
    await eventually(lambda: len(referral.log(case_id)) == 2, "the deadline")
    asked, passed = referral.log(case_id)
    assert passed.data == DeadlinePassed(which=Deadline.ACKNOWLEDGE, due_at=ends, about=asked.id)
    assert (passed.meta.org, passed.meta.causation_id) == ("system:referral", asked.id)


async def test_what_came_in_time_is_not_told_and_the_next_term_runs(referral: World) -> None:
    case_id = requested(referral)
    received = referral.intake.routed(
        case_id, ReferralReceived(), PROVIDER, number=number_of(referral, case_id)
    )
    referral.feed(received)
    referral.clock_shows(BEGUN + timedelta(days=30))
    await eventually(lambda: len(referral.log(case_id)) == 3, "the deadline of the answer")
    *_, passed = referral.log(case_id)
    assert isinstance(passed.data, DeadlinePassed)
    assert passed.data.which is Deadline.ANSWER
    with referral.parts.connect() as connection:
        assert connection.execute("SELECT count(*) AS n FROM deadlines WHERE rings").fetchone() == {"n": 0}


async def test_both_sides_and_who_supervises_see_what_is_due_and_nobody_else(referral: World) -> None:
    case_id = requested(referral)
    for org in (PROVIDER, SENDER):
        (one,) = await due(referral, org)
        assert (one.which, one.org, one.other) == ("acknowledge", PROVIDER, SENDER)
        assert (one.number, one.case_id) == (number_of(referral, case_id), str(case_id))
        assert not one.overdue
    assert len(await due(referral, SUPERVISOR, "supervisor")) == 1
    for org in ("ldtbxh-ngoc-lam", "opc-long-bien", "dpv-long-bien"):
        assert await due(referral, org) == []
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await due(referral, "nobody")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_what_is_overdue_stays_listed_until_somebody_acts(referral: World) -> None:
    case_id = requested(referral)
    assert await due(referral, overdue_only=True) == []
    referral.clock_shows(BEGUN + timedelta(days=10))
    await eventually(lambda: len(referral.log(case_id)) == 2, "the deadline")
    (one,) = await due(referral, overdue_only=True)
    assert one.overdue
    late = BEGUN + timedelta(days=10)
    number = number_of(referral, case_id)
    referral.feed(referral.intake.routed(case_id, ReferralReceived(), PROVIDER, number=number, at=late))
    (answer,) = await due(referral)
    assert (answer.which, answer.overdue) == ("answer", False)


async def test_the_list_goes_on_page_by_page_in_the_order_of_what_ends_first(referral: World) -> None:
    cases = [requested(referral, BEGUN + timedelta(days=2 * n)) for n in (2, 0, 1)]
    found, token = [], ""
    for _ in cases:
        answer = await referral.call("ListDeadlines", org=PROVIDER, page_size=1, page_token=token)
        found += [one.case_id for one in answer.deadlines]
        token = answer.next_page_token
    assert found == [str(cases[place]) for place in (1, 2, 0)]
    assert token == ""


def other_law(folder: Path) -> Path:
    """Reference data in which the law of July 2026 gives four working days instead of two."""
    shutil.copytree(REFERENCE, folder / "reference")
    file = folder / "reference" / "policy" / "vn-law-2025.yaml"
    text, version = file.read_text("utf-8"), Policy.load(file.parent).on(LAWS_CHANGE).version
    older = file.parent / "superseded" / f"{version}.yaml"
    older.parent.mkdir(exist_ok=True)
    older.write_text(text, "utf-8")
    text = text.replace(f"version: {version.partition('@')[2]}\n", "version: 99\n", 1)
    text = text.replace("acknowledge_working_days: {value: 2,", "acknowledge_working_days: {value: 4,")
    file.write_text(text, "utf-8")
    return folder / "reference"


@pytest.fixture
async def in_june(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    reference = other_law(tmp_path)
    begun = datetime(2026, 6, 30, 1, tzinfo=UTC)
    async with running(REFERRAL, postgres_dsn, tmp_path, begun, reference=reference) as world:
        yield world


async def test_a_law_that_changes_in_the_middle_of_a_case_changes_the_terms_that_begin_from_that_day(
    in_june: World,
) -> None:
    """Tuesday, 30 June 2026: two working days, to the end of 2 July. Wednesday, 1 July: four, to that of the
    7th. Each event keeps the version that it was judged by, and that version gives the value back.
    """
    old = requested(in_june, datetime(2026, 6, 30, 3, tzinfo=UTC))
    new = requested(in_june, datetime(2026, 7, 1, 3, tzinfo=UTC))
    in_june.clock_shows(datetime(2026, 7, 20, tzinfo=UTC))
    await eventually(lambda: len(in_june.log(old)) == len(in_june.log(new)) == 2, "both deadlines")
    (_, first), (_, second) = in_june.log(old), in_june.log(new)
    assert isinstance(first.data, DeadlinePassed)
    assert isinstance(second.data, DeadlinePassed)
    assert first.data.due_at == start_of(date(2026, 7, 3))
    assert second.data.due_at == start_of(date(2026, 7, 8))
    policy = Policy.load(in_june.parts.settings.reference_path / "policy")
    for passed, begun, days in [(first, "2026-06-30", 2), (second, "2026-07-01", 4)]:
        held = policy.judged_by(passed.meta.policy_version, datetime.fromisoformat(begun).date())
        assert held is not None
        assert held.terms.acknowledge_working_days == days


def handed_over(world: World) -> UUID:
    case_id = uuid4()
    admitted = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
    notice = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 4, 1))
    world.feed(
        world.intake.opened(case_id),
        world.intake.routed(case_id, admitted, FACILITY),
        world.intake.routed(case_id, notice, FACILITY, legal_basis="after_care_handover"),
    )
    return case_id


async def test_a_handover_that_nobody_confirmed_is_told_five_working_days_after_it(followup: World) -> None:
    """Monday, 1 April 2019: to the end of the 8th."""
    case_id = handed_over(followup)
    followup.clock_shows(start_of(date(2019, 4, 9)))
    await eventually(lambda: kinds(followup.log(case_id))[-1] == "deadline-passed", "the deadline")
    passed = followup.log(case_id)[-1]
    assert isinstance(passed.data, DeadlinePassed)
    assert passed.data.which is Deadline.HANDOVER_RECEIPT
    assert passed.data.due_at == start_of(date(2019, 4, 9))
    assert kinds(followup.log(case_id)).count("deadline-passed") == 1


async def test_a_handover_that_was_confirmed_is_due_no_more(followup: World) -> None:
    case_id = handed_over(followup)
    (one,) = await due(followup, COMMUNE)
    assert (one.which, one.org, one.other) == ("handover_receipt", COMMUNE, FACILITY)
    followup.feed(followup.intake.routed(case_id, HandoverReceived(), COMMUNE))
    assert await due(followup, COMMUNE) == []
    with followup.parts.connect() as connection:
        assert connection.execute("SELECT count(*) AS n FROM deadlines WHERE rings").fetchone() == {"n": 0}


async def test_a_term_that_began_before_it_was_its_own_timer_rings_once(referral: World) -> None:
    case_id = requested(referral)
    migration = files("referral") / "migrations" / "0910_terms_ring.sql"
    with referral.parts.connect() as connection:
        connection.execute("DROP INDEX deadlines_ring")
        connection.execute("ALTER TABLE deadlines DROP COLUMN rings")
        connection.execute("INSERT INTO timers SELECT 'deadline', stream, key, due_at FROM deadlines")
        connection.execute(migration.read_bytes())
        assert connection.execute("SELECT count(*) AS n FROM timers").fetchone() == {"n": 0}
        row = connection.execute("SELECT due_at, rings FROM deadlines").fetchone()
    assert row is not None
    assert row["rings"]
    referral.clock_shows(row["due_at"])
    await eventually(lambda: len(referral.log(case_id)) == 2, "the deadline")
    (one,) = await due(referral, PROVIDER)
    assert one.overdue
    with referral.parts.connect() as connection:
        assert connection.execute("SELECT rings FROM deadlines").fetchone() == {"rings": False}


async def test_a_term_that_ended_and_runs_again_within_one_commit_stands(referral: World) -> None:
    """As where a move comes and is voided in one batch: what was written down last of a term counts."""
    case_id = requested(referral)
    stream = UUID(referral.log(case_id)[0].id.rpartition(":")[0])
    since = date(2019, 3, 2)
    first = Running(
        Deadline.ACKNOWLEDGE, f"{stream}:1", since, PROVIDER, SENDER, number_of(referral, case_id)
    )
    second = first._replace(which=Deadline.ANSWER, about=f"{stream}:2")
    known = Reference.load(REFERENCE)
    terms = Terms(known.policy, known.organisations)
    uow = referral.parts.store.unit_of_work()
    follow(uow, stream, case_id, [first], [second], terms)
    follow(uow, stream, case_id, [second], [first], terms)
    with referral.parts.connect() as connection, connection.cursor() as cursor:
        for table in {write.table for write in uow.commit.extra}:
            table.write(cursor, [write.row for write in uow.commit.extra if write.table is table])
    with referral.parts.connect() as connection:
        rows = connection.execute("SELECT key, which, rings FROM deadlines").fetchall()
    assert [(row["key"], row["which"], row["rings"]) for row in rows] == [(first.key, "acknowledge", True)]
