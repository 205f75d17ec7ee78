"""Two instances of a service on one database, and one that begins where another ended."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
from contracts.events.referral import ReferralRequested
from referral.service import SERVICE

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.test_referral import ACCEPTED, PROVIDER, RECEIVED, REQUEST, SENDER, STARTED
from tests.integration.owners.world import World, kinds, running

NOW = BEGUN + timedelta(days=1)


def number_of(world: World) -> str:
    data = world.log()[0].data
    assert isinstance(data, ReferralRequested)
    return data.number


async def test_of_two_instances_one_accepts_and_the_other_is_told_the_state(
    postgres_dsn: str, tmp_path: Path
) -> None:
    case_id = uuid4()
    async with (
        running(SERVICE, postgres_dsn, tmp_path, NOW) as one,
        running(SERVICE, postgres_dsn, tmp_path, NOW) as other,
    ):
        intake = one.intake
        one.feed(intake.opened(case_id), intake.consented(case_id), intake.routed(case_id, REQUEST, SENDER))
        number = number_of(one)
        calls = [
            w.call("ReceiveReferral", org=PROVIDER, referral=number) for _ in range(5) for w in (one, other)
        ]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [a.code() for a in answers if isinstance(a, grpc.aio.AioRpcError)]
        assert refused == [grpc.StatusCode.FAILED_PRECONDITION] * 9
        assert kinds(one.log()) == ["referral-requested", "referral-received"]


async def test_of_two_instances_both_carry_out_what_one_request_id_asks_only_once(
    postgres_dsn: str, tmp_path: Path
) -> None:
    case_id = uuid4()
    async with (
        running(SERVICE, postgres_dsn, tmp_path, NOW) as one,
        running(SERVICE, postgres_dsn, tmp_path, NOW) as other,
    ):
        one.feed(one.intake.opened(case_id), one.intake.consented(case_id))
        fields = {"case_id": str(case_id), "service": "methadone", "provider": PROVIDER}
        calls = [
            w.call("RequestReferral", org=SENDER, request_id="r-1", **fields)
            for _ in range(5)
            for w in (one, other)
        ]
        answers = await asyncio.gather(*calls)
        assert len({answer.outcome.event_id for answer in answers}) == 1
        assert kinds(one.log()) == ["referral-requested"]


async def test_what_one_process_kept_another_releases(postgres_dsn: str, tmp_path: Path) -> None:
    case_id = uuid4()
    async with running(SERVICE, postgres_dsn, tmp_path, NOW) as before:
        intake = before.intake
        before.feed(
            intake.opened(case_id), intake.consented(case_id), intake.routed(case_id, REQUEST, SENDER)
        )
        number = number_of(before)
        before.feed(intake.routed(case_id, STARTED, PROVIDER, number=number))
    async with running(SERVICE, postgres_dsn, tmp_path, NOW) as after:
        after.intake = intake
        after.feed(*(intake.routed(case_id, move, PROVIDER, number=number) for move in (RECEIVED, ACCEPTED)))
        assert kinds(after.log())[-3:] == ["referral-received", "referral-accepted", "service-started"]


async def test_what_was_taken_in_is_not_taken_in_again(postgres_dsn: str, tmp_path: Path) -> None:
    case_id = uuid4()
    async with running(SERVICE, postgres_dsn, tmp_path, NOW) as before:
        intake = before.intake
        records = intake.records(
            intake.opened(case_id), intake.consented(case_id), intake.routed(case_id, REQUEST, SENDER)
        )
        before.parts.writer.run(records)
    async with running(SERVICE, postgres_dsn, tmp_path, NOW) as after:
        results = after.parts.writer.run(records)
        assert all(result.dropped for result in results)
        assert kinds(after.log()) == ["referral-requested"]
