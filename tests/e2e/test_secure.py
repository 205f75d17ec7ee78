"""A system under `--secure`: every office has its own on Kafka and nothing else, and so has every service."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from confluent_kafka import Producer
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc
from reftrack.referral.v1 import referral_pb2, referral_pb2_grpc
from reftrack.reporting.v1 import status_pb2, status_pb2_grpc
from reftrack_local import LocalRuntime, Wanted
from reftrack_local.kafka import KafkaServer
from reftrack_local.trouble import Trouble

from tests.e2e.secure import NOW, Contact, OnKafka, SecureTown, eventually, written
from tests.faults.conftest import folder_for_a_system

pytestmark = pytest.mark.timeout(180)
REFUSED = "TOPIC_AUTHORIZATION_FAILED"
ONE, OTHER = "cap-sai-dong", "cap-sai-dong-2"


@pytest.fixture(scope="module")
def town() -> Iterator[SecureTown]:
    wanted = Wanted(instances={"intake": 2}, clock=NOW, secure=True)
    with folder_for_a_system("secure") as folder, LocalRuntime(folder, wanted) as runtime:
        yield SecureTown(runtime)


@pytest.fixture(scope="module")
def one(town: SecureTown) -> OnKafka:
    return town.office(town.add(ONE))


@pytest.fixture(scope="module")
def other(town: SecureTown) -> OnKafka:
    return town.office(town.add(OTHER))


def events(org: str) -> str:
    return f"agency.{org}.events.v1"


def receipts(org: str) -> str:
    return f"agency.{org}.receipts.v1"


def test_a_registered_office_posts_with_its_credentials_and_reads_its_receipt(one: OnKafka) -> None:
    contact = Contact.of(ONE)
    assert one.write(events(ONE), contact.value, contact.headers) is None
    found, error = one.read(receipts(ONE), f"agency.{ONE}.reader", lambda all_: bool(contact.told(all_)))
    assert error is None
    told = contact.told(found)
    assert told is not None
    assert told["verdict"] == "accepted"


def test_no_office_writes_anothers_topic(one: OnKafka, other: OnKafka) -> None:
    assert other.write(events(OTHER)) is None
    for topic in (events(OTHER), receipts(OTHER), receipts(ONE), events("cap-bo-de"), "intake.events.v1"):
        assert one.write(topic) == REFUSED, topic


def test_no_office_reads_anothers_receipts_or_events(one: OnKafka, other: OnKafka) -> None:
    assert other.fetch(receipts(OTHER)) is None
    for topic in (receipts(OTHER), events(OTHER), events(ONE), "intake.events.v1", "intake.relay.v1"):
        assert one.fetch(topic) == REFUSED, topic


def test_no_office_uses_a_consumer_group_that_does_not_begin_with_its_name(
    one: OnKafka, other: OnKafka
) -> None:
    for group in (f"agency.{OTHER}.reader", "intake", "reader", f"agency.{ONE}"):
        assert one.read(receipts(ONE), group)[1] == "GROUP_AUTHORIZATION_FAILED", group
    _, error = other.read(receipts(OTHER), f"agency.{OTHER}.x", lambda found: len(found) >= 1)
    assert error is None


def test_an_office_may_write_idempotently_and_in_transactions_of_its_own_name(one: OnKafka) -> None:
    assert one.write(events(ONE), enable_idempotence=True) is None
    assert one.write_in_a_transaction(events(ONE), f"agency.{ONE}.1") is None
    for name in ("intake.relay", f"agency.{OTHER}.1", f"agency.{ONE}"):
        told = one.write_in_a_transaction(events(ONE), name)
        assert told == "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", name


def test_nobody_is_let_in_without_credentials_or_with_wrong_ones(town: SecureTown, one: OnKafka) -> None:
    assert one.is_let_in()
    assert not OnKafka(one.bootstrap, one.username, "not the password").is_let_in()
    assert not OnKafka(one.bootstrap, "agency.nobody", one.password).is_let_in()
    plain = Producer({"bootstrap.servers": one.bootstrap, "message.timeout.ms": 3000, "log_level": 0})
    assert written(plain, events(ONE)) == "_MSG_TIMED_OUT"


@pytest.mark.parametrize(
    ("user", "may", "may_not"),
    [
        ("service.intake", ["intake.events.v1"], ["referral.events.v1", events("cap-bo-de")]),
        ("service.referral", ["referral.events.v1"], ["intake.events.v1", events("cap-bo-de")]),
        ("service.reporting", [], ["intake.events.v1", "followup.events.v1", receipts("cap-bo-de")]),
        ("service.intake-admin", [], ["intake.events.v1", events("cap-bo-de")]),
    ],
)
def test_no_service_writes_what_is_not_its_own(
    town: SecureTown, user: str, may: list[str], may_not: list[str]
) -> None:
    client = town.service(user)
    for topic in may_not:
        assert client.write(topic) == REFUSED, topic
    for topic in may:
        assert client.fetch(topic) == REFUSED, "not even read: a service reads its own log in its database"


def test_no_service_but_intake_reads_what_offices_send(town: SecureTown) -> None:
    bo_de = town.office(town.json("agencies", "credentials", "cap-bo-de"))
    assert bo_de.write(events("cap-bo-de")) is None
    assert town.service("service.intake").fetch(events("cap-bo-de")) is None
    for user in ("service.referral", "service.followup", "service.reporting"):
        assert town.service(user).fetch(events("cap-bo-de")) == REFUSED, user


def test_a_new_password_ends_the_one_before(town: SecureTown) -> None:
    first = town.office(town.json("agencies", "credentials", "cap-me-tri"))
    eventually("the first password lets in", first.is_let_in)
    second = town.office(town.json("agencies", "credentials", "cap-me-tri"))
    eventually("the second password lets in", second.is_let_in)
    assert not first.is_let_in()
    assert second.write(events("cap-me-tri")) is None


def test_no_password_is_kept_anywhere_that_is_ours(town: SecureTown) -> None:
    told = town.add("cap-mat-khau")["credentials"]["password"]
    folder = town.runtime.folder.path
    in_files = subprocess.run(
        ["grep", "-rlF", told, str(folder / "logs"), str(folder / "keys"), str(folder / "kafka")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert in_files.stdout == ""
    dump = ["grep", "-rlF", told, str(folder / "postgres")]
    assert subprocess.run(dump, capture_output=True, text=True, check=False).stdout == ""


def test_a_suspension_counts_at_once_in_kafka_and_within_seconds_in_every_instance(
    town: SecureTown,
) -> None:
    org = "cap-dinh-chi"
    office = town.office(town.add(org))
    eventually("it is let in", office.is_let_in)
    session = Producer(office.settings(message_timeout_ms=8000))
    before = Contact.of(org)
    assert written(session, events(org), before.value, before.headers) is None
    told = town.json("agencies", "suspend", org, "--reason", "misuse")
    assert told["agency"]["provisioned"] is True
    assert written(session, events(org)) == "TOPIC_AUTHORIZATION_FAILED", "also over what is open"
    eventually("its credentials are gone", lambda: not office.is_let_in())
    for instance in town.runtime.services["intake"]:
        eventually(f"{instance.name} knows", partial(_is_suspended, town, instance.grpc, org))
    eventually("referral knows", lambda: _commands_in_referral(town, org) == "agency_suspended")
    eventually("reporting knows", lambda: _reads_in_reporting(town, org) == "agency_suspended")
    eventually("intake knows", lambda: _reads_in_intake(town, org) == "agency_suspended")
    receipts = town.run("receipts", "--org", org, "--as", f"agency:{org}", "--json")
    assert '"agency_suspended"' in receipts, "its own receipts it can read"
    again = town.office(town.json("agencies", "reinstate", org))
    eventually("it is let in again", again.is_let_in)
    assert again.write(events(org)) is None


def test_what_an_office_posted_before_it_was_registered_goes_on_and_is_told_on_its_new_topic(
    town: SecureTown,
) -> None:
    contact = Contact.of("cap-den-sau")
    (instance, *_) = town.runtime.services["intake"]
    assert _posted(town, instance.grpc, contact.org, contact) == "agency_unknown"
    office = town.office(town.add(contact.org))
    eventually("it is let in", office.is_let_in)
    group = f"agency.{contact.org}.reader"
    found, error = office.read(
        receipts(contact.org), group, lambda all_: (contact.told(all_) or {}).get("verdict") == "accepted"
    )
    told = contact.told(found)
    assert (error, told and told["verdict"]) == (None, "accepted")


def test_what_is_lost_on_kafka_is_given_again_to_offices_registered_and_of_the_reference_data(
    town: SecureTown,
) -> None:
    org, seed = "cap-mat-quyen", "ubnd-bo-de"
    office = town.office(town.add(org))
    eventually("it writes", lambda: office.write(events(org)) is None)
    access = town.access()
    wanted = {
        org: access.wanted(org, known=True, suspended=False),
        seed: access.wanted(seed, known=False, suspended=False),
    }
    assert access.lacking(wanted) == [], "an office of the reference data has had its topics since the start"
    town.take_rights(f"agency.{org}")
    town.delete_topic(receipts(seed))
    eventually("both are missed", lambda: set(access.lacking(wanted)) == {org, seed})
    assert office.write(events(org)) == REFUSED
    with town.provisioning(access, seed):
        eventually("all is there again", lambda: access.lacking(wanted) == [])
    assert office.write(events(org)) is None


@pytest.mark.long
def test_while_kafka_is_away_the_registry_goes_on_and_kafka_follows_when_it_is_back(
    town: SecureTown,
) -> None:
    town.runtime.kafka.stop()
    try:
        told = town.add("cap-mat-dien")
        assert told["agency"]["provisioned"] is False
        assert told["agency"]["provisioning_problem"] == "kafka_away"
        assert "credentials" not in told
    finally:
        town.runtime.kafka.start()
    eventually("it is provisioned", lambda: town.json("agencies", "show", "cap-mat-dien")["provisioned"], 60)
    office = town.office(town.json("agencies", "credentials", "cap-mat-dien"))
    eventually("it is let in", office.is_let_in)
    assert office.write(events("cap-mat-dien")) is None


def test_a_folder_of_one_profile_is_not_started_with_the_other(town: SecureTown, tmp_path: Path) -> None:
    made = town.runtime.folder.kafka
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text((made / "data" / "meta.properties").read_text())
    (tmp_path / "profile").write_text((made / "profile").read_text())
    with pytest.raises(Trouble, match="--secure"):
        KafkaServer(tmp_path).prepare()


def _posted(town: SecureTown, address: str, org: str, contact: Contact | None = None) -> str:
    """The code of the receipt for a contact that is posted over gRPC to one instance."""
    contact = contact or Contact.of(org)
    told = {name[3:]: value.decode() for name, value in contact.headers}
    told.pop("specversion")
    event = intake_pb2.SubmittedEvent(attributed=intake_pb2.Attributed(**told, data=contact.value))
    with grpc.insecure_channel(address) as channel:
        stub = intake_pb2_grpc.IntakeServiceStub(channel)
        requests = iter([intake_pb2.SubmitEventsRequest(events=[event])])
        (answer,) = stub.SubmitEvents(requests, metadata=_as("agency", town, org))
    return str(answer.statuses[0].receipt.code)


def _is_suspended(town: SecureTown, address: str, org: str) -> bool:
    return _posted(town, address, org) == "agency_suspended"


def _commands_in_referral(town: SecureTown, org: str) -> str:
    metadata = _as("operator", town, org)
    with grpc.insecure_channel(town.runtime.endpoint("referral")) as channel:
        stub = referral_pb2_grpc.ReferralServiceStub(channel)
        request = referral_pb2.RequestReferralRequest(
            case_id="0b6f3c1e-5f0a-8c7e-9b1d-3a4e5f60718a",
            service="methadone",
            provider="methadone-long-bien",
        )
        return _code(lambda: stub.RequestReferral(request, metadata=metadata))


def _reads_in_intake(town: SecureTown, org: str) -> str:
    metadata = _as("operator", town, org)
    with grpc.insecure_channel(town.runtime.endpoint("intake")) as channel:
        stub = intake_pb2_grpc.IntakeServiceStub(channel)
        return _code(lambda: stub.ListWaiting(intake_pb2.ListWaitingRequest(), metadata=metadata))


def _reads_in_reporting(town: SecureTown, org: str) -> str:
    metadata = _as("operator", town, org)
    with grpc.insecure_channel(town.runtime.endpoint("reporting")) as channel:
        stub = status_pb2_grpc.StatusServiceStub(channel)
        return _code(lambda: stub.ListReferrals(status_pb2.ListReferralsRequest(), metadata=metadata))


def _as(role: str, town: SecureTown, org: str) -> tuple[tuple[str, str], ...]:
    token = town.runtime.token(role=role, org=org, subject="tester")
    return (("authorization", f"Bearer {token}"),)


def _code(call: Any) -> str:
    """The code that a call is refused with; empty if it is not."""
    try:
        call()
    except grpc.RpcError as error:
        status, info = rpc_status.from_call(cast(grpc.Call, error)), error_details_pb2.ErrorInfo()
        return str(info.reason.lower()) if status and status.details[0].Unpack(info) else str(error)
    return ""
