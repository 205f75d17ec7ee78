"""Names are fed through every door; then everything that the system leaves behind is searched for them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc
from reftrack.referral.v1 import referral_pb2 as referral
from reftrack.referral.v1.referral_pb2_grpc import ReferralServiceStub
from reftrack.reporting.v1 import report_pb2 as report
from reftrack.reporting.v1 import status_pb2 as status
from reftrack.reporting.v1.report_pb2_grpc import ReportServiceStub
from reftrack.reporting.v1.status_pb2_grpc import StatusServiceStub
from reftrack_local.access import Speaker

from tests.faults import traces
from tests.faults.doors import AGENCY, NUMBERS, PHONE, Door, Doors
from tests.faults.system import SUPERVISOR, System

ASKED = "KanariAsked"
MISPLACED: list[tuple[str, Any, str, Any]] = [
    ("reporting", StatusServiceStub, "GetCase", status.GetCaseRequest(case_id=ASKED)),
    ("reporting", StatusServiceStub, "FindCase", status.FindCaseRequest(agency_ref=ASKED)),
    ("reporting", StatusServiceStub, "FindCase", status.FindCaseRequest(introduction=ASKED)),
    ("reporting", StatusServiceStub, "GetReferral", status.GetReferralRequest(number=ASKED)),
    ("reporting", StatusServiceStub, "ListReferrals", status.ListReferralsRequest(page_token=ASKED)),
    ("reporting", ReportServiceStub, "RunReport", report.RunReportRequest(period_from=ASKED)),
    ("referral", ReferralServiceStub, "AcceptReferral", referral.AcceptReferralRequest(referral=ASKED)),
    ("referral", ReferralServiceStub, "RequestReferral", referral.RequestReferralRequest(case_id=ASKED)),
]
"""Requests with a name where none belongs."""

REASONS = ("KanariReasonLook", "KanariReasonDiscard")
"""Names in what people give as their reasons."""


@pytest.mark.timeout(300)
def test_a_name_stands_sealed_in_the_vault_and_in_nothing_else_that_anybody_reads(system: System) -> None:
    kafka, wire = Doors("Kafka", NUMBERS[0]).all(), Doors("Grpc", NUMBERS[1]).all()
    over_kafka(system, kafka)
    told = [*over_grpc(system, wire), looked_at(system), *refusals(system)]
    system.check()
    told.append(given_up(system))
    canaries = [*(door.canary for door in [*kafka, *wire]), *REASONS, ASKED, PHONE, *NUMBERS]
    left = [*told, *everything(system)]
    assert traces.found(canaries, left) == []
    assert len(left) > 100, "hardly anything was searched"


@pytest.mark.timeout(60)
def test_the_search_finds_a_text_wherever_it_stands_and_in_whatever_form(system: System) -> None:
    runtime = system.runtime
    agencies = traces.on_kafka(runtime.kafka.bootstrap, agencies=True)
    assert traces.found(["KanariKafkaRegistered"], agencies)
    assert traces.found(["KN-Kafka"], traces.on_kafka(runtime.kafka.bootstrap, agencies=False))
    assert traces.found(["KN-Kafka"], traces.in_tables(runtime.dsn("intake")))
    assert traces.found(["partitions_assigned"], traces.in_files(runtime.folder.logs))
    assert traces.found(["reftrack_relay_position"], traces.in_metrics(runtime))
    for before in ("", "a", "ab", "abc"):
        text = f"{before}Kanari, and more".encode()
        shapes = [("as base64", base64.b64encode(text)), ("in hex", text.hex().encode())]
        assert len(traces.found(["Kanari"], shapes)) == 2


def over_kafka(system: System, doors: list[Door]) -> None:
    topic = doors[0].sent.topic
    first = len(system.office.journal.topics[topic])
    for door in doors:
        system.office.send(door.sent)
    system.office.settle()
    told = {door.canary: system.office.verdicts[topic, first + n][-1] for n, door in enumerate(doors)}
    assert told == {door.canary: door.verdict for door in doors}


def over_grpc(system: System, doors: list[Door]) -> Iterator[traces.Trace]:
    """The statuses that come back."""
    events = [intake_pb2.SubmittedEvent(index=n, attributed=d.attributed()) for n, d in enumerate(doors)]
    system.office.journal.submitted |= {door.sent.event for door in doors}
    with system.channel("intake", Speaker(role="agency", org=AGENCY)) as channel:
        stub = intake_pb2_grpc.IntakeServiceStub(channel)
        answers = stub.SubmitEvents(iter([intake_pb2.SubmitEventsRequest(events=events)]), timeout=60)
        statuses = [each for answer in answers for each in answer.statuses]
    told = {door.canary: each.receipt.verdict for door, each in zip(doors, statuses, strict=True)}
    assert told == {door.canary: door.verdict for door in doors}
    yield from (("a status", each.SerializeToString()) for each in statuses)


def looked_at(system: System) -> traces.Trace:
    """Somebody looks into the quarantine: the name is shown there, and is not in the list."""
    with system.channel("intake", SUPERVISOR) as channel:
        stub = intake_pb2_grpc.QuarantineServiceStub(channel)
        listed = _listed(stub)
        number = _bad_json(listed).quarantine_id
        asked = intake_pb2.ShowQuarantinedRequest(quarantine_id=number, reason=f"{REASONS[0]} asked")
        assert b"KanariKafkaBadJson" in stub.ShowQuarantined(asked, timeout=20).value
    return "the list of the quarantine", listed.SerializeToString()


def given_up(system: System) -> traces.Trace:
    """Somebody gives up what lies in quarantine, with a name in the reason."""
    with system.channel("intake", SUPERVISOR) as channel:
        stub = intake_pb2_grpc.QuarantineServiceStub(channel)
        number = _bad_json(_listed(stub)).quarantine_id
        asked = intake_pb2.DiscardQuarantinedRequest(quarantine_id=number, reason=f"{REASONS[1]} called")
        answer = stub.DiscardQuarantined(asked, timeout=20)
    assert answer.receipt.verdict == "discarded"
    return "the answer to a discard", answer.SerializeToString()


def _listed(stub: intake_pb2_grpc.QuarantineServiceStub) -> intake_pb2.ListQuarantinedResponse:
    return stub.ListQuarantined(intake_pb2.ListQuarantinedRequest(org=AGENCY, page_size=200), timeout=20)


def _bad_json(listed: intake_pb2.ListQuarantinedResponse) -> intake_pb2.Quarantined:
    return next(each for each in listed.deliveries if each.id == "Kafka-BadJson")


def refusals(system: System) -> Iterator[traces.Trace]:
    """What is said to requests with a name where none belongs."""
    speaker = Speaker(role="supervisor", org="pctnxh-ha-noi", subject="nv-01")
    for service, stub, method, request in MISPLACED:
        with system.channel(service, speaker) as channel, pytest.raises(grpc.RpcError) as refused:
            getattr(stub(channel), method)(request, timeout=20)
        error: Any = refused.value
        assert error.code() not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN), (method, error)
        yield f"{method}'s refusal", f"{error.details()} {error.trailing_metadata()}".encode()


def everything(system: System) -> Iterator[traces.Trace]:
    """All that outlives the requests: our topics, all tables (the vault's as well), logs, metrics."""
    runtime = system.runtime
    yield from traces.on_kafka(runtime.kafka.bootstrap, agencies=False)
    for service in runtime.services:
        yield from traces.in_tables(runtime.dsn(service))
    yield from traces.in_files(runtime.folder.logs)
    yield from traces.in_metrics(runtime)
