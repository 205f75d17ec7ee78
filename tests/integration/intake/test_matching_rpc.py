"""Matches and merges over gRPC: who sees what of whom, and who may decide."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from contracts.envelope import is_handle
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from intake.application.likely import FOUND
from intake.service import looking
from reftrack.intake.v1 import intake_pb2
from reftrack.intake.v1 import matching_pb2 as pb
from reftrack.intake.v1.matching_pb2_grpc import MatchingServiceStub

from tests.integration.intake.desk import POLICE, as_item
from tests.integration.intake.people import BO_DE, DISTRICT, ELSEWHERE, NGOC_LAM, registered
from tests.integration.intake.posts import Post, contact, counselling, introduction
from tests.integration.intake.serving import Serving, bearer

SUPERVISOR, THERE = "pctnxh-ha-noi", "cap-cau-dien"


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    async with Serving.begin(tmp_path, postgres_dsn) as serving:
        yield serving


async def test_who_answers_for_both_sees_both_and_who_answers_for_one_only_that_there_may_be_a_match(
    serving: Serving,
) -> None:
    await twice(serving)
    for org in (DISTRICT, SUPERVISOR):
        (match,) = await listed(serving, org)
        assert match.decidable
        assert {match.one.orgs[0], match.other.orgs[0]} == {BO_DE, NGOC_LAM}
        assert match.likely >= 50
        assert {"vi", "en"} <= {
            name for reason in match.reasons for name in ("vi", "en") if getattr(reason, name)
        }
    for org in (BO_DE, NGOC_LAM):
        (match,) = await listed(serving, org)
        assert not match.decidable
        assert list(match.one.orgs) == [org]
        assert not match.HasField("other")
        assert match.ground == "", "that a number is known would tell of somebody elsewhere"
        assert (match.likely, list(match.reasons), match.decided_by) == (0, [], "")
    assert await listed(serving, ELSEWHERE) == []


async def test_no_answer_bears_a_name_or_a_number(serving: Serving) -> None:
    await twice(serving)
    (match,) = await listed(serving, DISTRICT)
    assert "KIEN" not in str(match).upper()
    assert "NGUY" not in str(match).upper()


async def test_systems_police_and_auditors_decide_nothing(serving: Serving) -> None:
    match = await twice(serving)
    for org, role in ((DISTRICT, "agency"), (POLICE, "operator"), ("thanh-tra-ha-noi", "auditor")):
        metadata = bearer(serving, org, role)
        for call in (
            stub(serving).ListMatches(pb.ListMatchesRequest(), metadata=metadata),
            stub(serving).DecideMatch(decision(match), metadata=metadata),
            stub(serving).MergeClients(
                pb.MergeClientsRequest(survivor_case_id=match, merged_case_id=match, ground="papers_seen"),
                metadata=metadata,
            ),
        ):
            assert await status(call) is grpc.StatusCode.PERMISSION_DENIED


async def test_a_match_is_decided_listed_as_such_and_undone(serving: Serving) -> None:
    match = await twice(serving)
    metadata = bearer(serving, DISTRICT, "operator")
    answer = await stub(serving).DecideMatch(decision(match, expected_version=1), metadata=metadata)
    assert answer.state == "same"
    assert answer.outcome.position > 0
    assert await listed(serving, DISTRICT) == []
    (same,) = await listed(serving, DISTRICT, "same")
    assert (same.decided_by, same.version) == (DISTRICT, 2)
    merges = await stub(serving).ListMerges(
        pb.ListMergesRequest(case_id=same.other.case_id), metadata=metadata
    )
    assert [one.merge_id for one in merges.merges] == [answer.merge_id]
    (of_bo_de,) = (one for one in (same.one, same.other) if BO_DE in one.orgs)
    hidden = await stub(serving).ListMerges(
        pb.ListMergesRequest(case_id=of_bo_de.case_id),
        metadata=bearer(serving, BO_DE, "operator"),
    )
    assert list(hidden.merges) == []
    undo = pb.UnmergeClientsRequest(merge_id=answer.merge_id, ground="client_confirmed")
    undone = await stub(serving).UnmergeClients(undo, metadata=metadata)
    assert undone.survivor_case_id != undone.merged_case_id
    assert await status(stub(serving).UnmergeClients(undo, metadata=metadata)) is (
        grpc.StatusCode.FAILED_PRECONDITION
    )


async def test_a_stale_decision_is_aborted_and_says_what_changed_in_both_languages(serving: Serving) -> None:
    match = await twice(serving)
    metadata = bearer(serving, DISTRICT, "operator")
    await stub(serving).DecideMatch(decision(match, "distinct"), metadata=metadata)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub(serving).DecideMatch(decision(match, expected_version=1), metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.ABORTED
    told = details_of(caught.value)
    assert told[error_details_pb2.ErrorInfo].metadata["changed"] == "distinct"
    late = await failed(stub(serving).DecideMatch(decision(match), metadata=metadata))
    assert late.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert "hai người khác nhau" in str(words(late))
    assert "two people" in str(words(late))


async def test_a_stale_merge_is_aborted_and_names_the_events_since(serving: Serving) -> None:
    await twice(serving)
    (match,) = await listed(serving, DISTRICT)
    await submit(serving, counselling(BO_DE, "A"), counselling(NGOC_LAM, "B"))
    request = pb.MergeClientsRequest(
        survivor_case_id=match.one.case_id,
        merged_case_id=match.other.case_id,
        ground="papers_seen",
        expected_survivor_version=match.one.version,
    )
    error = await failed(stub(serving).MergeClients(request, metadata=bearer(serving, DISTRICT, "operator")))
    assert error.code() is grpc.StatusCode.ABORTED
    assert details_of(error)[error_details_pb2.ErrorInfo].metadata["changed"] == "counselling-provided"


async def test_who_does_not_see_a_case_counts_its_own_events_alone_on_the_list_and_in_answers(
    serving: Serving,
) -> None:
    await submit(serving, contact(THERE, "PX", commune="00592"))
    (sent,) = await submit(serving, introduction(THERE, "PX", BO_DE))
    about = {"agency_ref": "A", "introduction": sent.numbers["introduction"]}
    await submit(
        serving,
        registered(BO_DE, "A", "Nguyễn Thế Kiên", id_number="001090123456", about=about),
        registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female", id_number="001090123456"),
    )
    metadata = bearer(serving, DISTRICT, "operator")
    for _ in range(2):
        (match,) = await listed(serving, DISTRICT)
        hidden, seen = sorted((match.one, match.other), key=lambda side: BO_DE not in side.orgs)
        assert hidden.version == 0
        assert seen.version > 1
        await submit(serving, counselling(BO_DE, "A"))
    request = pb.MergeClientsRequest(
        survivor_case_id=hidden.case_id,
        merged_case_id=seen.case_id,
        ground="papers_seen",
        expected_survivor_version=4,
        expected_merged_version=seen.version,
    )
    error = await failed(stub(serving).MergeClients(request, metadata=metadata))
    assert error.code() is grpc.StatusCode.ABORTED
    told = details_of(error)[error_details_pb2.ErrorInfo].metadata
    assert (told["version"], told["changed"]) == ("0", "–")
    request.expected_survivor_version = hidden.version
    answer = await stub(serving).MergeClients(request, metadata=metadata)
    assert (answer.outcome.version, answer.outcome.state) == (1, "")
    assert is_handle(answer.outcome.event_id)


async def test_what_is_wrong_in_a_request_is_named_field_by_field(serving: Serving) -> None:
    metadata = bearer(serving, DISTRICT, "operator")
    wrong = pb.DecideMatchRequest(match_id="x", decision="maybe", ground="", legal_basis="\x07")
    error = await failed(stub(serving).DecideMatch(wrong, metadata=metadata))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    fields = {one.field for one in details_of(error)[error_details_pb2.BadRequest].field_violations}
    assert fields == {"match_id", "decision", "ground", "legal_basis"}
    missing = pb.MergeClientsRequest(survivor_case_id=ZERO, merged_case_id=ZERO, ground="other")
    assert await status(stub(serving).MergeClients(missing, metadata=metadata)) is grpc.StatusCode.NOT_FOUND
    unknown = pb.UnmergeClientsRequest(merge_id=ZERO, ground="other")
    assert await status(stub(serving).UnmergeClients(unknown, metadata=metadata)) is grpc.StatusCode.NOT_FOUND
    nobody = pb.ListMergesRequest(case_id=ZERO)
    assert await status(stub(serving).ListMerges(nobody, metadata=metadata)) is grpc.StatusCode.NOT_FOUND


async def test_pages_of_matches_follow_one_another_newest_first(serving: Serving) -> None:
    names = ("Nguyễn Thế Kiên", "Vũ Quỳnh Hoa", "Đặng Bảo Khánh")
    posts = [registered(org, f"{org}-{n}", name) for n, name in enumerate(names) for org in (BO_DE, NGOC_LAM)]
    await submit(serving, *posts)
    await look(serving)
    metadata = bearer(serving, DISTRICT, "operator")
    seen, token = [], ""
    for _ in range(4):
        page = await stub(serving).ListMatches(
            pb.ListMatchesRequest(page_size=1, page_token=token), metadata=metadata
        )
        seen += [one.match_id for one in page.matches]
        token = page.next_page_token
        if not token:
            break
    assert len(seen) == len(set(seen)) == 3


ZERO = "00000000-0000-8000-8000-000000000000"


def stub(serving: Serving) -> Any:
    return MatchingServiceStub(serving.channel)


async def twice(serving: Serving) -> str:
    """Somebody registered in two communes; the match."""
    await submit(
        serving, registered(BO_DE, "A", "Nguyễn Thế Kiên"), registered(NGOC_LAM, "B", "NGUYEN THE KIEN")
    )
    await look(serving)
    (match,) = await listed(serving, DISTRICT)
    return str(match.match_id)


async def look(serving: Serving) -> None:
    """What the ticker does until nothing is due."""
    beside = looking(serving.parts)
    for one in beside.take():
        call: Any = SystemCall()
        await serving.parts.commands.run_for(call, FOUND, beside.look(one).message(), request_id="")


class SystemCall:
    """Who the ticker is."""

    caller, correlation_id, request_id = "system:intake/found_likely", "c", ""

    def time_left(self) -> None:
        return None


async def submit(serving: Serving, *posts: Post) -> list[intake_pb2.Receipt]:
    receipts = []
    for post in posts:

        async def messages(post: Post = post) -> AsyncIterator[intake_pb2.SubmitEventsRequest]:
            yield intake_pb2.SubmitEventsRequest(events=[as_item(post)])

        async for answer in serving.intake.SubmitEvents(messages(), metadata=bearer(serving, post.agency)):
            assert [one.receipt.verdict for one in answer.statuses] == ["accepted"]
            receipts += [one.receipt for one in answer.statuses]
    return receipts


async def listed(serving: Serving, org: str, state: str = "") -> list[pb.Match]:
    role = "supervisor" if org == SUPERVISOR else "operator"
    page = await stub(serving).ListMatches(
        pb.ListMatchesRequest(state=state), metadata=bearer(serving, org, role)
    )
    return list(page.matches)


def decision(match: str, what: str = "same", **more: Any) -> pb.DecideMatchRequest:
    return pb.DecideMatchRequest(match_id=match, decision=what, ground="papers_seen", **more)


async def failed(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


async def status(call: Any) -> grpc.StatusCode:
    return (await failed(call)).code()


def details_of(error: grpc.aio.AioRpcError) -> dict[type, Any]:
    found = {}
    for packed in rpc_status.from_call(error).details:  # type: ignore[arg-type]
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest):
            if packed.Is(kind.DESCRIPTOR):
                found[kind] = kind()
                packed.Unpack(found[kind])
    return found


def words(error: grpc.aio.AioRpcError) -> list[str]:
    told = []
    for packed in rpc_status.from_call(error).details:  # type: ignore[arg-type]
        message = error_details_pb2.LocalizedMessage()
        if packed.Is(message.DESCRIPTOR):
            packed.Unpack(message)
            told.append(message.message)
    return told
