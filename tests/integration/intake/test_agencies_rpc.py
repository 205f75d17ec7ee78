"""`AgencyService` as callers meet it: roles, reach, pages, repetitions, and Kafka that is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from reftrack.intake.v1 import agencies_pb2 as pb

from tests.integration.intake.serving import Serving, bearer

PROVINCE = "pctnxh-ha-noi"
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    async with Serving.begin(tmp_path, postgres_dsn, kafka="127.0.0.1:9") as serving:
        yield serving


def registration(org: str = "cap-sai-dong") -> pb.RegisterAgencyRequest:
    return pb.RegisterAgencyRequest(
        org=org, kind="ward_police", name_vi="Công an Sài Đồng", name_en="Police of Sai Dong", commune="00142"
    )


async def reason(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    status, info = rpc_status.from_call(refused.value), error_details_pb2.ErrorInfo()  # type: ignore[arg-type]
    assert status is not None
    assert status.details[0].Unpack(info)
    return refused.value.code(), info.reason


@pytest.mark.parametrize("role", ["agency", "operator", "auditor"])
async def test_nobody_but_a_supervisor_may_even_ask(serving: Serving, role: str) -> None:
    me = bearer(serving, "ldtbxh-bo-de", role)
    for call in (
        serving.agencies.ListAgencies(pb.ListAgenciesRequest(), metadata=me),
        serving.agencies.RegisterAgency(registration(), metadata=me),
        serving.agencies.RenewCredentials(pb.RenewCredentialsRequest(org="cap-bo-de"), metadata=me),
    ):
        assert (await reason(call))[0] is grpc.StatusCode.PERMISSION_DENIED


async def test_a_supervisors_token_of_another_kind_of_office_lists_nothing(serving: Serving) -> None:
    me = bearer(serving, "cap-bo-de", "supervisor")
    call = serving.agencies.ListAgencies(pb.ListAgenciesRequest(), metadata=me)
    assert await reason(call) == (grpc.StatusCode.PERMISSION_DENIED, "SUPERVISING_OFFICE_ONLY")


async def test_the_offices_come_in_pages_in_order_of_their_ids_each_once(serving: Serving) -> None:
    me, found, request = bearer(serving, PROVINCE, "supervisor"), [], pb.ListAgenciesRequest(page_size=7)
    while True:
        page = await serving.agencies.ListAgencies(request, metadata=me)
        assert len(page.agencies) <= 7
        found += [one.org for one in page.agencies]
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert found == sorted(set(found))
    assert {"cap-bo-de", "methadone-long-bien", PROVINCE} <= set(found)


async def test_while_kafka_is_away_an_office_is_registered_and_told_so_without_a_password(
    serving: Serving,
) -> None:
    me = bearer(serving, PROVINCE, "supervisor")
    once = (*me, ("x-request-id", "r-1"))
    answer = await serving.agencies.RegisterAgency(registration(), metadata=once)
    again = await serving.agencies.RegisterAgency(registration(), metadata=once)
    assert again.event_id == answer.event_id
    assert (answer.agency.provisioned, answer.agency.provisioning_problem) == (False, "kafka_away")
    assert not answer.HasField("credentials")
    assert await serving.rows("SELECT org, version, problem FROM agency_access") == [
        ("cap-sai-dong", 0, "kafka_away")
    ]
    other = await reason(serving.agencies.RegisterAgency(registration(), metadata=me))
    assert other == (grpc.StatusCode.INVALID_ARGUMENT, "AGENCY_EXISTS")


async def test_credentials_cannot_be_renewed_while_kafka_is_away(serving: Serving) -> None:
    me = bearer(serving, PROVINCE, "supervisor")
    call = serving.agencies.RenewCredentials(pb.RenewCredentialsRequest(org="cap-bo-de"), metadata=me)
    code, told = await reason(call)
    assert (code, told) == (grpc.StatusCode.UNAVAILABLE, "KAFKA_AWAY")


async def test_an_office_that_nobody_knows_is_not_found(serving: Serving) -> None:
    me = bearer(serving, PROVINCE, "supervisor")
    for call in (
        serving.agencies.GetAgency(pb.GetAgencyRequest(org="nobody"), metadata=me),
        serving.agencies.SuspendAgency(pb.SuspendAgencyRequest(org="nobody", reason="misuse"), metadata=me),
    ):
        assert await reason(call) == (grpc.StatusCode.NOT_FOUND, "AGENCY_NOT_FOUND")
    seed = await serving.agencies.GetAgency(pb.GetAgencyRequest(org="cap-bo-de"), metadata=me)
    assert (seed.agency.commune, seed.agency.version, seed.agency.state) == ("00139", 0, "active")


async def test_an_office_is_shown_with_its_territory_by_name(serving: Serving) -> None:
    me = bearer(serving, PROVINCE, "supervisor")
    seed = await serving.agencies.GetAgency(pb.GetAgencyRequest(org="cap-bo-de"), metadata=me)
    assert (seed.agency.territory_vi, seed.agency.territory_en) == ("Phường Bồ Đề", "Bo De ward")
    fresh = await serving.agencies.RegisterAgency(registration(), metadata=me)
    assert fresh.agency.territory_vi == "Phường Sài Đồng"


@pytest.mark.parametrize(
    ("since", "until", "life"),
    [
        ("", "2019-03-19", "ended"),
        ("", "2019-03-20", ""),
        ("2019-03-20", "", ""),
        ("2019-03-21", "", "not_begun"),
    ],
)
async def test_it_is_said_of_an_office_whether_it_is_in_force_today(
    serving: Serving, since: str, until: str, life: str
) -> None:
    me, asked = bearer(serving, PROVINCE, "supervisor"), registration()
    asked.since, asked.until = since, until
    fresh = await serving.agencies.RegisterAgency(asked, metadata=me)
    assert (fresh.agency.state, fresh.agency.life) == ("active", life)


async def test_of_an_office_of_the_seed_it_is_said_whether_kafka_was_ever_asked_and_what_it_said(
    serving: Serving,
) -> None:
    me = bearer(serving, PROVINCE, "supervisor")

    async def known() -> tuple[bool, str]:
        one = await serving.agencies.GetAgency(pb.GetAgencyRequest(org="cap-bo-de"), metadata=me)
        return one.agency.provisioned, one.agency.provisioning_problem

    assert await known() == (False, "seed_not_asked")
    for problem in ("kafka_away", "seed_not_let_in", ""):
        await serving.rows(
            "INSERT INTO seed_looked_after VALUES ('cap-bo-de', nullif(%s, '')) ON CONFLICT (org)"
            " DO UPDATE SET problem = excluded.problem RETURNING org",
            problem,
        )
        assert await known() == (not problem, problem), "as it was found when intake looked last"
    renewed = serving.agencies.RenewCredentials(pb.RenewCredentialsRequest(org="cap-bo-de"), metadata=me)
    assert (await reason(renewed))[1] == "KAFKA_AWAY"
    assert await known() == (False, "kafka_away")
    await serving.rows("UPDATE agency_access SET problem = NULL RETURNING org")
    assert await known() == (True, "")
