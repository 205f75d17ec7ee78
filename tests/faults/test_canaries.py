"""Names are fed through every door; then everything that the system leaves behind is searched for them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from contracts.sealing import SealingKey, encoded
from reftrack.intake.v1 import identity_pb2, intake_pb2, intake_pb2_grpc
from reftrack.intake.v1.identity_pb2_grpc import IdentityServiceStub, SealingServiceStub
from reftrack.reporting.v1 import status_pb2 as status
from reftrack.reporting.v1.status_pb2_grpc import StatusServiceStub
from reftrack_local.access import Speaker

from tests.faults import traces
from tests.faults.doors import AGENCY, BIRD, NUMBERS, STEMS, Door, Doors
from tests.faults.misplaced import MISPLACED
from tests.faults.system import SUPERVISOR, System

REASON = f"{BIRD}Reason called"
"""A name in what people give as their reasons."""


@pytest.mark.timeout(400)
def test_a_name_stands_sealed_in_the_vault_and_in_nothing_else_that_anybody_reads(
    system: System, tmp_path: Path
) -> None:
    key = key_of(system)
    kafka, wire = Doors("Kafka", NUMBERS[0], key), Doors("Grpc", NUMBERS[1], key).all()
    over_kafka(system, [*kafka.all(), *kafka.on_kafka_alone()])
    told = [*over_grpc(system, wire), *by_files(system, tmp_path, key), looked_at(system)]
    told += [*who_it_is(system), *refusals(system)]
    system.check()
    told += [given_up(system), *a_torn_file(system, tmp_path)]
    left = [*told, *everything(system)]
    assert traces.found(STEMS, left) == []
    assert len(left) > 100, "hardly anything was searched"
    proposed = traces.on_kafka(system.runtime.kafka.bootstrap, agencies=False)
    assert traces.found(["matches-proposed"], proposed), "nobody was found who looks like another"


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_name_stands_in_no_backup_and_in_no_file_of_the_databases(system: System) -> None:
    over_kafka(system, Doors("Backup", NUMBERS[0], key_of(system)).all())
    system.quiet()
    runtime = system.runtime
    for service in runtime.services:
        assert traces.found(STEMS, traces.in_dump(runtime.dsn(service))) == []
    assert traces.found(["KN-Backup"], traces.in_dump(runtime.dsn("intake"))), "a dump that holds nothing"
    with psycopg.connect(runtime.dsn("intake"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    assert traces.found(STEMS, traces.in_files(runtime.folder.path / "postgres")) == []


@pytest.mark.timeout(60)
def test_the_search_finds_a_text_wherever_it_stands_and_in_whatever_form(system: System) -> None:
    runtime = system.runtime
    agencies = traces.on_kafka(runtime.kafka.bootstrap, agencies=True)
    assert traces.found([f"{BIRD}KafkaRegistered"], agencies)
    assert traces.found(["KN-Kafka"], traces.on_kafka(runtime.kafka.bootstrap, agencies=False))
    assert traces.found(["KN-Kafka"], traces.in_tables(runtime.dsn("intake")))
    assert traces.found(["partitions_assigned"], traces.in_files(runtime.folder.logs))
    assert traces.found(["reftrack_relay_position"], traces.in_metrics(runtime))
    for before in ("", "a", "ab", "abc"):
        text = f"{before}{BIRD}, and more".encode()
        shapes = [
            ("as base64", base64.b64encode(text)),
            ("as base64url", base64.urlsafe_b64encode(text)),
            ("in hex", text.hex().encode()),
            ("in HEX", text.hex().upper().encode()),
            ("escaped", json.dumps(text.decode()).encode()),
            ("escaped, in hex", json.dumps(text.decode()).encode().hex().encode()),
            ("escaped, as base64", base64.b64encode(json.dumps(text.decode()).encode())),
            ("without diacritics", f"{before}KANARI".encode()),
            ("decomposed", f"{before}Kanari\u0301".encode()),
        ]
        assert len(traces.found([BIRD], shapes)) == len(shapes)
    assert traces.found([BIRD], [("something else", b"Kana Rita 0000777 canary")]) == []


def key_of(system: System) -> SealingKey:
    """The public key that the running intake names first."""
    with system.channel("intake", Speaker(role="agency", org=AGENCY)) as channel:
        told = SealingServiceStub(channel).ListSealingKeys(identity_pb2.ListSealingKeysRequest(), timeout=20)
    first = told.keys[0]
    return SealingKey.of_jwk(
        {"kty": "OKP", "crv": "X25519", "kid": first.key_id, "x": encoded(first.public_key)}
    )


def over_kafka(system: System, doors: list[Door]) -> None:
    topic = doors[0].sent.topic
    first = len(system.office.journal.topics[topic])
    for door in doors:
        system.office.send(door.sent)
    system.office.settle()
    told = [(door.canary, system.office.verdicts[topic, first + n][-1]) for n, door in enumerate(doors)]
    assert told == [(door.canary, door.verdict) for door in doors]


def over_grpc(system: System, doors: list[Door]) -> Iterator[traces.Trace]:
    """The statuses that come back."""
    events = [intake_pb2.SubmittedEvent(index=n, attributed=d.attributed()) for n, d in enumerate(doors)]
    system.office.journal.submitted |= {door.sent.event for door in doors}
    with system.channel("intake", Speaker(role="agency", org=AGENCY)) as channel:
        stub = intake_pb2_grpc.IntakeServiceStub(channel)
        answers = stub.SubmitEvents(iter([intake_pb2.SubmitEventsRequest(events=events)]), timeout=60)
        statuses = [each for answer in answers for each in answer.statuses]
    told = [(door.canary, each.receipt.verdict) for door, each in zip(doors, statuses, strict=True)]
    assert told == [(door.canary, door.verdict) for door in doors]
    yield from (("a status", each.SerializeToString()) for each in statuses)


def by_files(system: System, folder: Path, key: SealingKey) -> Iterator[traces.Trace]:
    """What `reftrack events post` and `files send` print and write, and what a file of mistakes leads to."""
    posted, sent = (Doors(way, NUMBERS[2], key) for way in ("File", "Sheet"))
    lines = [*posted.in_clear(), *posted.of_the_same_person()]
    rows = [*sent.in_clear()[:1], *sent.of_the_same_person()]
    system.office.journal.submitted |= {door.sent.event for door in (*lines, *rows)}
    events, table, wrong = (folder / name for name in ("events.jsonl", "table.jsonl", "wrong.csv"))
    for file, doors in ((events, lines), (table, rows)):
        file.write_text(
            "\n".join(json.dumps(each.structured(), ensure_ascii=False) for each in doors), "utf-8"
        )
    wrong.write_text(f"{BIRD}Heading,{BIRD}\n{BIRD}Cell,{NUMBERS[0]}\n", "utf-8")
    for words, code in (
        (("events", "post", str(events)), 1),
        (("events", "post", str(events), "--json"), 1),
        (("files", "send", str(table), "--wait", "0"), 0),
        (("files", "send", str(table), "--wait", "0", "--json"), 0),
        (("files", "send", str(wrong), "--event", "client-registered"), 1),
    ):
        done = run(system, *words, "--org", AGENCY)
        assert done.returncode == code, done
        yield " ".join(words[:2]), done.stdout + done.stderr
    own = {str(events), str(table), str(wrong)}
    left = {where: content for where, content in traces.in_files(folder) if where not in own}
    assert any(".result" in where for where in left), "what became of each row was not written"
    yield from left.items()


def a_torn_file(system: System, folder: Path) -> Iterator[traces.Trace]:
    """Lines that are no events: they have no id."""
    file = folder / "torn.jsonl"
    file.write_text(f'{{"id": "{BIRD}Torn"\n["{BIRD}Torn"]\n"{BIRD}Torn"\n', "utf-8")
    done = run(system, "events", "post", str(file), "--org", AGENCY, "--json")
    assert done.stdout.count(b"quarantined") >= 3, done
    system.office.journal.submitted |= known_by_content(system)
    yield "what is said to a torn file", done.stdout + done.stderr


def known_by_content(system: System) -> set[tuple[str, str]]:
    """What intake had to name itself, so that the checks of later tests know that it was sent."""
    with psycopg.connect(system.runtime.dsn("intake")) as connection:
        query = "SELECT source, event_id FROM inbox WHERE event_id LIKE '~%'"
        return {(source, event_id) for source, event_id in connection.execute(query)}


def run(system: System, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """The command line, against the running system."""
    command = [sys.executable, "-m", "reftrack_cli", *arguments, "--state", str(system.runtime.folder.path)]
    return subprocess.run(command, capture_output=True, timeout=90, env=dict(os.environ), check=False)


def who_it_is(system: System) -> Iterator[traces.Trace]:
    """Somebody reads an identity, with a name in the reason: it is shown there, and only there."""
    with system.channel("reporting", SUPERVISOR) as channel:
        asked = status.FindCaseRequest(agency_ref="KN-Kafka")
        speaker = Speaker(role="operator", org=AGENCY, subject="nv-07")
        with system.channel("reporting", speaker) as own:
            case_id = StatusServiceStub(own).FindCase(asked, timeout=20).case.case_id
        yield (
            "a case",
            StatusServiceStub(channel)
            .GetCase(status.GetCaseRequest(case_id=case_id), timeout=20)
            .SerializeToString(),
        )
    with system.channel("intake", speaker) as channel:
        request = identity_pb2.ReadIdentityRequest(case_id=case_id, reason=REASON)
        answer = IdentityServiceStub(channel).ReadIdentity(request, timeout=20)
    shown = {value.value for value in answer.values}
    assert {f"Nguyễn {BIRD}KafkaRegistered Thử", f"Nguyễn {BIRD}KafkaCorrected", NUMBERS[0]} <= shown
    assert f"Trần {BIRD}KafkaGuardian" in shown
    yield "the event of a reading", answer.read_event_id.encode()


def looked_at(system: System) -> traces.Trace:
    """Somebody looks into the quarantine: the name is shown there, and is not in the list."""
    with system.channel("intake", SUPERVISOR) as channel:
        stub = intake_pb2_grpc.QuarantineServiceStub(channel)
        listed = _listed(stub)
        number = _bad_json(listed).quarantine_id
        asked = intake_pb2.ShowQuarantinedRequest(quarantine_id=number, reason=REASON)
        assert f"{BIRD}KafkaBadJson".encode() in stub.ShowQuarantined(asked, timeout=20).value
    return "the list of the quarantine", listed.SerializeToString()


def given_up(system: System) -> traces.Trace:
    """Somebody gives up what lies in quarantine, with a name in the reason."""
    with system.channel("intake", SUPERVISOR) as channel:
        stub = intake_pb2_grpc.QuarantineServiceStub(channel)
        number = _bad_json(_listed(stub)).quarantine_id
        asked = intake_pb2.DiscardQuarantinedRequest(quarantine_id=number, reason=REASON)
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
    with ExitStack() as stack:
        channels = {one: stack.enter_context(system.channel(one, speaker)) for one in system.runtime.services}
        for service, stub, method, request in MISPLACED:
            yield f"what {method} says", _said(getattr(stub(channels[service]), method), request)


def _said(call: Any, request: Any) -> bytes:
    """The answer, or what a refusal tells; nothing breaks down over it."""
    try:
        answer: bytes = call(request, timeout=20).SerializeToString()
    except grpc.RpcError as refused:
        error: Any = refused
        assert error.code() not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN), error
        return f"{error.details()} {error.trailing_metadata()}".encode()
    return answer


def everything(system: System) -> Iterator[traces.Trace]:
    """All that outlives the requests: our topics, all tables (the vault's as well), logs, metrics."""
    runtime = system.runtime
    yield from traces.on_kafka(runtime.kafka.bootstrap, agencies=False)
    for service in runtime.services:
        yield from traces.in_tables(runtime.dsn(service))
    yield from traces.in_files(runtime.folder.logs)
    yield from traces.in_metrics(runtime)
