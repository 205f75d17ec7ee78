"""Reading an identity: who may, that it is recorded before anything is shown, and who sees who has read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from contracts.sealing import SealingKey, encoded
from intake.domain.identity_reading import MOST_A_DAY
from reftrack.admin.v1 import vault_pb2
from reftrack.admin.v1.vault_pb2_grpc import VaultServiceStub
from reftrack.intake.v1 import identity_pb2 as pb
from reftrack.intake.v1 import intake_pb2, matching_pb2
from reftrack.intake.v1.identity_pb2_grpc import IdentityServiceStub, SealingServiceStub
from reftrack.intake.v1.matching_pb2_grpc import MatchingServiceStub

from tests.integration.intake.case_posts import void
from tests.integration.intake.desk import POLICE, SOCIAL, as_item
from tests.integration.intake.people import DISTRICT, corrected, registered
from tests.integration.intake.posts import Post, contact, introduction, registration
from tests.integration.intake.sealed_posts import sealed
from tests.integration.intake.serving import Serving, bearer

NAME, REASON = "Nguyễn Kanarienvogel", "Gọi cho KanariReason"
SUPERVISOR, AUDITOR = "pctnxh-ha-noi", "thanh-tra-ha-noi"


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    async with Serving.begin(tmp_path, postgres_dsn) as serving:
        yield serving


@pytest.fixture
async def case(serving: Serving) -> str:
    """A case that the police of a ward opened and its social workers registered."""
    told = await post(serving, contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    number = told[1].numbers["introduction"]
    await post(serving, registration(SOCIAL, {"introduction": number, "agency_ref": "TV-1"}, name=NAME))
    ((case_id,),) = await serving.rows("SELECT DISTINCT subject::text FROM stored_events")
    return str(case_id)


async def post(serving: Serving, *posts: Any) -> list[Any]:
    events = [as_item(one, index) for index, one in enumerate(posts)]
    request = intake_pb2.SubmitEventsRequest(events=events)
    call = serving.intake.SubmitEvents(iter([request]), metadata=bearer(serving, posts[0].agency))
    return [status.receipt async for answer in call for status in answer.statuses]


async def read(serving: Serving, case: str, org: str, role: str = "operator", **more: Any) -> Any:
    request = pb.ReadIdentityRequest(case_id=case, **{"reason": REASON, **more})
    return await IdentityServiceStub(serving.channel).ReadIdentity(
        request, metadata=bearer(serving, org, role)
    )


async def recorded(serving: Serving, event: str = "identity-read") -> list[dict[str, Any]]:
    """The readings in intake's log, or those that were refused."""
    rows = await serving.rows(
        "SELECT state FROM stored_events WHERE topic LIKE %s ORDER BY notification_id", f"%{event}.v1%"
    )
    return [json.loads(state) for (state,) in rows]


async def refused(serving: Serving, *given: Any, **more: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await read(serving, *given, **more)
    assert "Kanari" not in f"{error.value.details()} {error.value.trailing_metadata()}"
    return str(error.value.code().name)


async def test_whoever_serves_the_client_is_shown_who_it_is_and_that_is_an_event(
    serving: Serving, case: str
) -> None:
    answer = await read(serving, case, SOCIAL)
    shown = {value.field: value.value for value in answer.values}
    assert shown == {"full_name": NAME, "address": "12 ngõ Thử"}
    assert {value.org for value in answer.values} == {SOCIAL}
    (event,) = await recorded(serving)
    assert event["id"] == answer.read_event_id
    assert event["data"] == {"purpose": "coordination", "fields": []}
    meta = event["meta"]
    assert (meta["subject"], meta["org"], meta["actor"], meta["entered_by"]) == (
        *(case, SOCIAL),
        *("tester", "tester"),
    )


async def test_what_is_told_of_a_merged_client_is_shown_in_the_case_and_afterwards_with_that_client(
    serving: Serving, case: str
) -> None:
    district, other = bearer(serving, DISTRICT, "operator"), "ldtbxh-ngoc-lam"
    await post(serving, registered(other, "B", "Trần Thị Mai", sex="female"))
    ((theirs,),) = await serving.rows(
        "SELECT subject::text FROM stored_events WHERE topic LIKE '%%case-opened%%' AND subject <> %s", case
    )
    stub = MatchingServiceStub(serving.channel)
    merge = matching_pb2.MergeClientsRequest(
        survivor_case_id=case, merged_case_id=theirs, ground="papers_seen"
    )
    done = await stub.MergeClients(merge, metadata=(*district, ("x-request-id", "merge")))
    await post(serving, corrected(other, "B", full_name="Trần Thị Mai Hương"))

    async def names(of: str) -> set[str]:
        return {one.value for one in (await read(serving, of, DISTRICT, fields=["full_name"])).values}

    assert await names(case) == {NAME, "Trần Thị Mai Hương"}
    assert await names(theirs) == {"Trần Thị Mai", "Trần Thị Mai Hương"}
    undo = matching_pb2.UnmergeClientsRequest(merge_id=done.merge_id, ground="client_confirmed")
    await stub.UnmergeClients(undo, metadata=(*district, ("x-request-id", "unmerge")))
    assert await names(case) == {NAME}
    assert await names(theirs) == {"Trần Thị Mai", "Trần Thị Mai Hương"}


async def test_a_value_that_was_taken_away_as_wrong_is_shown_as_such(serving: Serving, case: str) -> None:
    slip = corrected(SOCIAL, "TV-1", cleared=["full_name"])
    await post(serving, slip)

    async def names() -> list[tuple[str, bool]]:
        shown = await read(serving, case, SOCIAL, fields=["full_name"])
        return [(one.value, one.cleared) for one in shown.values]

    assert await names() == [(NAME, True)]
    await post(serving, corrected(SOCIAL, "TV-1", full_name="Trần Thị Mai Hương"))
    assert await names() == [(NAME, True), ("Trần Thị Mai Hương", False)]


WHO = {
    "full_name": "Trần Thị Kanari",
    "birth_date": "1990-02-03",
    "id_number": "001090123456",
    "phone": "0912345678",
    "address": "7 ngõ Kanari",
    "aliases": ["Kanari Còi", "Kanari Nhỏ"],
}


async def test_everything_that_was_told_of_a_client_and_a_guardian_is_kept_and_shown(
    serving: Serving,
) -> None:
    beside = {"guardian_name": "Lê Kanari Mẹ", "guardian_phone": "0987654321"}
    social = {"client_group": "drug_user", "residence_commune": "00139"}
    guardian = {"purposes": ["treatment"], "recipients": ["provider"], "guardian": "parent"}
    child = Post(
        SOCIAL, "client-registered", {"agency_ref": "C-1"}, {**social, "identity": {**WHO, **beside}}
    )
    agreed = Post(
        SOCIAL,
        "consent-given",
        {"agency_ref": "C-1"},
        {**guardian, "guardian_identity": {**WHO, "phone": None}},
    )
    assert [one.verdict for one in await post(serving, child, agreed)] == ["accepted", "accepted"]
    ((case,),) = await serving.rows("SELECT DISTINCT subject::text FROM stored_events")
    values = [(one.field, one.value) for one in (await read(serving, str(case), SOCIAL)).values]
    told = {(name, value) for name, value in {**WHO, **beside}.items() if name != "aliases"}
    told |= {(f"guardian_{name.removeprefix('full_')}", str(WHO[name])) for name in WHO} - {
        *(("guardian_phone", WHO["phone"]), ("guardian_aliases", str(WHO["aliases"])))
    }
    told |= {(name, alias) for name in ("aliases", "guardian_aliases") for alias in WHO["aliases"]}
    assert set(values) == told
    assert len(values) == len(told)


async def test_what_a_voided_event_told_is_shown_as_such(serving: Serving, case: str) -> None:
    slip = corrected(SOCIAL, "TV-1", full_name="Phạm Kanari Nhầm")
    await post(serving, slip)
    await post(serving, void(SOCIAL, "TV-1", slip.id))
    shown = (await read(serving, case, SOCIAL, fields=["full_name"])).values
    assert [(one.value, one.voided) for one in shown] == [(NAME, False), ("Phạm Kanari Nhầm", True)]


async def test_why_stands_in_no_event_and_in_no_table_in_clear(serving: Serving, case: str) -> None:
    await read(serving, case, SOCIAL)
    for (table,) in await serving.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        assert "KanariReason" not in repr(await serving.rows(f'SELECT * FROM "{table}"')), table


async def test_only_the_fields_asked_for_are_shown_and_recorded(serving: Serving, case: str) -> None:
    answer = await read(serving, case, SOCIAL, fields=["full_name"] * 12, purpose="client_request")
    assert [value.field for value in answer.values] == ["full_name"]
    (event,) = await recorded(serving)
    assert event["data"] == {"purpose": "client_request", "fields": ["full_name"]}


async def test_each_look_is_recorded_though_it_bears_the_same_request_id(serving: Serving, case: str) -> None:
    stub, request = IdentityServiceStub(serving.channel), pb.ReadIdentityRequest(case_id=case, reason=REASON)
    for _ in range(2):
        metadata = (*bearer(serving, SOCIAL, "operator"), ("x-request-id", "the-same"))
        await stub.ReadIdentity(request, metadata=metadata)
    assert len(await recorded(serving)) == 2


async def test_what_cannot_be_recorded_is_not_shown(serving: Serving, case: str) -> None:
    await serving.rows_changed("ALTER TABLE identity_reads ADD CONSTRAINT broken CHECK (org = '') NOT VALID")
    assert await refused(serving, case, SOCIAL) == "INTERNAL"
    assert await recorded(serving) == []
    await serving.rows_changed("ALTER TABLE identity_reads DROP CONSTRAINT broken")
    assert (await read(serving, case, SOCIAL)).values


@pytest.mark.parametrize(
    ("org", "role", "status"),
    [
        (POLICE, "operator", "PERMISSION_DENIED"),
        (SOCIAL, "agency", "PERMISSION_DENIED"),
        (SOCIAL, "supervisor", "PERMISSION_DENIED"),
        (SUPERVISOR, "administrator", "PERMISSION_DENIED"),
        (SOCIAL, "auditor", "PERMISSION_DENIED"),
        ("ldtbxh-cau-dien", "operator", "NOT_FOUND"),
        ("methadone-long-bien", "operator", "NOT_FOUND"),
        ("dpv-nam-tu-liem", "operator", "NOT_FOUND"),
        ("nobody", "operator", "PERMISSION_DENIED"),
    ],
)
async def test_whoever_may_not_is_shown_nothing_and_cannot_tell_whether_there_is_such_a_case(
    serving: Serving, case: str, org: str, role: str, status: str
) -> None:
    assert await refused(serving, case, org, role) == status
    assert await refused(serving, "00000000-0000-4000-8000-000000000000", org, role) == status
    assert await recorded(serving) == []


@pytest.mark.parametrize(
    ("org", "role", "purpose"),
    [
        ("dpv-long-bien", "operator", "coordination"),
        (SUPERVISOR, "supervisor", "supervision"),
        (AUDITOR, "auditor", "audit"),
        ("ubnd-bo-de", "operator", "coordination"),
    ],
)
async def test_who_answers_for_the_area_is_shown_it_for_the_purpose_of_its_kind(
    serving: Serving, case: str, org: str, role: str, purpose: str
) -> None:
    assert (await read(serving, case, org, role)).values
    assert [event["data"]["purpose"] for event in await recorded(serving)] == [purpose]


async def test_a_look_without_a_reason_or_for_another_kinds_purpose_is_refused(
    serving: Serving, case: str
) -> None:
    assert await refused(serving, case, SOCIAL, reason="  ") == "INVALID_ARGUMENT"
    assert await refused(serving, case, SOCIAL, reason="x" * 501) == "INVALID_ARGUMENT"
    assert await refused(serving, case, SOCIAL, purpose="audit") == "INVALID_ARGUMENT"
    assert await refused(serving, case, SOCIAL, fields=["likeness"]) == "INVALID_ARGUMENT"
    assert await refused(serving, "no id", SOCIAL) == "NOT_FOUND"
    assert await recorded(serving) == []


async def test_auditors_and_supervisors_see_who_has_read_and_why_and_nobody_else_does(
    serving: Serving, case: str
) -> None:
    for org, role in ((SOCIAL, "operator"), (AUDITOR, "auditor")):
        await read(serving, case, org, role)
    stub, first = IdentityServiceStub(serving.channel), pb.ListIdentityReadsRequest(case_id=case, page_size=1)
    page = await stub.ListIdentityReads(first, metadata=bearer(serving, AUDITOR, "auditor"))
    assert [(one.org, one.by, one.purpose, one.reason) for one in page.reads] == [
        (AUDITOR, "tester", "audit", REASON)
    ]
    first.page_token = page.next_page_token
    last = await stub.ListIdentityReads(first, metadata=bearer(serving, AUDITOR, "auditor"))
    assert [one.org for one in last.reads] == [SOCIAL]
    assert not last.next_page_token
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.ListIdentityReads(first, metadata=bearer(serving, SOCIAL, "operator"))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


REFUSED = "identity-read-refused"
NO_CASE = "00000000-0000-4000-8000-000000000000"
CLINIC = "methadone-long-bien"


async def refusals(serving: Serving, org: str = AUDITOR, role: str = "auditor", **asked: Any) -> Any:
    request = pb.ListIdentityReadsRequest(refused=True, **asked)
    stub = IdentityServiceStub(serving.channel)
    return await stub.ListIdentityReads(request, metadata=bearer(serving, org, role))


async def test_a_refused_look_is_recorded_with_the_office_whether_or_not_there_is_such_a_case(
    serving: Serving, case: str
) -> None:
    for asked in (case, NO_CASE, "no id"):
        assert await refused(serving, asked, CLINIC, fields=["phone"]) == "NOT_FOUND"
    await refused(serving, case, POLICE)
    await refused(serving, case, SOCIAL, purpose="audit")
    told = [
        (e["meta"]["org"], e["data"]["code"], e["data"]["case"]) for e in await recorded(serving, REFUSED)
    ]
    assert told == [
        (CLINIC, "case_unknown", case),
        (CLINIC, "case_unknown", NO_CASE),
        (CLINIC, "case_unknown", None),
        (POLICE, "identity_not_for_you", case),
        (SOCIAL, "purpose_not_yours", case),
    ]
    events = await recorded(serving, REFUSED)
    assert events[0]["data"] | {"code": ""} == events[1]["data"] | {"code": "", "case": case}
    assert (events[0]["data"]["fields"], events[4]["data"]["purpose"]) == (["phone"], "audit")
    subjects = {event["meta"]["org"]: event["meta"]["subject"] for event in events}
    assert len({*subjects.values()}) == 3
    assert case not in subjects.values()
    assert {event["meta"]["entered_by"] for event in events} == {"tester"}
    for (table,) in await serving.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        assert "KanariReason" not in repr(await serving.rows(f'SELECT * FROM "{table}"')), table


async def test_the_same_refused_look_is_recorded_once_a_day_and_of_an_office_a_hundred(
    serving: Serving, case: str
) -> None:
    for _ in range(3):
        assert await refused(serving, case, CLINIC) == "NOT_FOUND"
    assert len(await recorded(serving, REFUSED)) == 1
    asked = [f"00000000-0000-4000-8000-{number:012}" for number in range(MOST_A_DAY + 5)]
    codes = await asyncio.gather(*(refused(serving, each, CLINIC) for each in (*asked, *asked)))
    assert set(codes) == {"NOT_FOUND"}
    events = await recorded(serving, REFUSED)
    assert [event["data"]["last"] for event in events] == [False] * (MOST_A_DAY - 1) + [True]
    await refused(serving, case, POLICE)
    assert len(await recorded(serving, REFUSED)) == MOST_A_DAY + 1, "another office has its own hundred"
    ((outcomes,),) = await serving.rows("SELECT count(*) FROM outcomes WHERE caller LIKE %s", f"{CLINIC}/%")
    assert outcomes == 0


async def test_auditors_and_supervisors_list_the_refused_looks_of_the_offices_in_their_area(
    serving: Serving, case: str
) -> None:
    await refused(serving, NO_CASE, CLINIC, fields=["phone"], purpose="treatment")
    await refused(serving, case, POLICE)
    for org, role in ((AUDITOR, "auditor"), (SUPERVISOR, "supervisor")):
        first = await refusals(serving, org, role, page_size=1)
        (last,) = (await refusals(serving, org, role, page_token=first.next_page_token)).reads
        assert [(one.org, one.refused, one.case_id) for one in (*first.reads, last)] == [
            (POLICE, "identity_not_for_you", case),
            (CLINIC, "case_unknown", NO_CASE),
        ]
        assert (last.by, last.purpose, list(last.fields), last.reason) == (
            "tester",
            "treatment",
            ["phone"],
            "",
        )
        assert [one.org for one in (await refusals(serving, org, role, case_id=NO_CASE)).reads] == [CLINIC]
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await refusals(serving, SOCIAL, "operator")
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_refusal_that_cannot_be_recorded_is_not_answered_as_one(serving: Serving, case: str) -> None:
    await serving.rows_changed(
        "ALTER TABLE identity_refusals ADD CONSTRAINT broken CHECK (org = '') NOT VALID"
    )
    assert await refused(serving, case, CLINIC) == "INTERNAL"
    assert await recorded(serving, REFUSED) == []


async def test_a_key_that_is_served_seals_and_a_new_one_comes_first(serving: Serving) -> None:
    stub = SealingServiceStub(serving.channel)
    keys = await stub.ListSealingKeys(pb.ListSealingKeysRequest(), metadata=bearer(serving, SOCIAL))
    (old,) = keys.keys
    jwk = {"kty": "OKP", "crv": "X25519", "kid": old.key_id, "x": encoded(old.public_key)}
    (told,) = await post(
        serving, sealed(registration(SOCIAL, {"agency_ref": "TV-9"}, name=NAME), SealingKey.of_jwk(jwk))
    )
    assert told.verdict == "accepted"
    administrator = bearer(serving, SUPERVISOR, "administrator")
    made = await stub.RotateSealingKey(pb.RotateSealingKeyRequest(overlap_days=7), metadata=administrator)
    keys = await stub.ListSealingKeys(pb.ListSealingKeysRequest(), metadata=bearer(serving, SOCIAL))
    assert [key.key_id for key in keys.keys] == [made.key.key_id, old.key_id]
    assert keys.keys[1].valid_until.seconds - made.key.valid_from.seconds == 7 * 86_400
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.RotateSealingKey(pb.RotateSealingKeyRequest(), metadata=bearer(serving, SOCIAL))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_master_key_that_no_instance_holds_does_not_become_the_one_that_wraps(
    serving: Serving,
) -> None:
    stub, administrator = VaultServiceStub(serving.channel), bearer(serving, SUPERVISOR, "administrator")
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await stub.RotateMasterKey(
            vault_pb2.RotateMasterKeyRequest(key_id="0123456789abcdef"), metadata=administrator
        )
    assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    status = await stub.GetVaultStatus(vault_pb2.GetVaultStatusRequest(), metadata=administrator)
    assert not status.HasField("rotation")
