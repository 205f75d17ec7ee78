"""What intake looks after on Kafka: the topics of every office, registered or of the reference data."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress

import psycopg
import pytest
from chassis.clock import RealClock
from chassis.kafka import KafkaSettings
from chassis.store.migrations import migrate
from directory.on_kafka import Right, topics
from intake.agencies.kafka_access import KafkaAccess, KafkaRefused
from intake.agencies.provisioning import Provisioner
from kafka.admin import KafkaAdminClient
from kafka.errors import UnknownTopicOrPartitionError

from tests.e2e.secure import eventually

UP_TO_DATE = (
    "INSERT INTO agencies (org, seq, version, said, changed_at) VALUES (%s, 1, 1, '{}', now())",
    "INSERT INTO agency_access (org, version, tried_at) VALUES (%s, 1, now())",
)


@pytest.fixture
def dsn(postgres_dsn: str) -> str:
    migrate(postgres_dsn, "intake")
    return postgres_dsn


@pytest.fixture
def admin(kafka_bootstrap: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    yield client
    client.close()


@pytest.fixture
def org(admin: KafkaAdminClient) -> Iterator[str]:
    """An office of its own on the shared broker; its topics go with the test."""
    name = f"cap-{uuid.uuid4().hex[:12]}"
    yield name
    delete(admin, name)


def delete(admin: KafkaAdminClient, org: str) -> None:
    for topic in topics(org):
        with suppress(UnknownTopicOrPartitionError):
            admin.delete_topics([topic.name])


def there(admin: KafkaAdminClient, org: str) -> bool:
    found = admin.describe_topics([topic.name for topic in topics(org)])
    return all(not topic["error_code"] for topic in found)


@contextmanager
def provisioning(dsn: str, bootstrap: str, *seed: str) -> Iterator[Provisioner]:
    access = KafkaAccess.of(KafkaSettings(bootstrap), None, None)
    made = Provisioner(dsn, access, RealClock(), seed=lambda: seed, look_after_every=0.1)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def test_an_office_of_the_reference_data_gets_its_topics_and_gets_them_again_when_they_are_lost(
    dsn: str, kafka_bootstrap: str, admin: KafkaAdminClient, org: str
) -> None:
    with provisioning(dsn, kafka_bootstrap, org) as made:
        eventually("its topics are made", lambda: there(admin, org))
        delete(admin, org)
        eventually("they are made again", lambda: there(admin, org))
        assert made.check().degraded() is None


def found(dsn: str) -> list[tuple[str, str | None]]:
    """What is known of offices that were never let in."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT org, problem FROM seed_looked_after WHERE org NOT IN (SELECT org FROM agency_access)"
        )
        return rows.fetchall()


def test_an_office_of_the_reference_data_whose_topics_are_there_is_known_to_have_them(
    dsn: str, kafka_bootstrap: str, admin: KafkaAdminClient, org: str
) -> None:
    KafkaAccess.of(KafkaSettings(kafka_bootstrap), None, None).let_in(org)
    eventually("there are topics", lambda: there(admin, org))
    with provisioning(dsn, kafka_bootstrap, org):
        eventually("it is known", lambda: found(dsn) == [(org, None)])
    with socket.socket() as closed, provisioning(dsn, _address(closed), org):
        eventually("it is not known any more", lambda: found(dsn) == [(org, "kafka_away")])


def test_an_office_of_the_reference_data_that_has_no_password_is_told_so_where_one_is_wanted(
    dsn: str,
) -> None:
    class HasTopics(KafkaAccess):
        def lacking(self, wanted: Mapping[str, Collection[Right]]) -> list[str]:
            return []

    made = Provisioner(dsn, HasTopics(KafkaSettings("-"), "intake"), RealClock(), seed=lambda: ["cap-bo-de"])
    made.start()
    try:
        eventually("it is known", lambda: found(dsn) == [("cap-bo-de", "seed_not_let_in")])
    finally:
        made.stop()


def test_a_registered_office_whose_topic_is_lost_gets_it_again(
    dsn: str, kafka_bootstrap: str, admin: KafkaAdminClient, org: str
) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in UP_TO_DATE:
            connection.execute(statement, (org,))
    with provisioning(dsn, kafka_bootstrap):
        eventually("its topics are made", lambda: there(admin, org))


def test_what_cannot_be_looked_after_is_told(dsn: str) -> None:
    with socket.socket() as closed, provisioning(dsn, _address(closed), "cap-bo-de") as made:
        eventually("it is told", lambda: made.check().degraded() == "not as the registry wants: kafka_away")


class SaysNo(KafkaAccess):
    """Kafka has nothing of any office, and makes nothing for them until it is told to."""

    asked = 0
    willing = False

    def lacking(self, wanted: Mapping[str, Collection[Right]]) -> list[str]:
        return [] if SaysNo.willing else list(wanted)

    def let_in(self, org: str, password: str | None = None) -> None:
        SaysNo.asked += 1
        if not SaysNo.willing:
            raise KafkaRefused("no room for another topic")


def test_what_cannot_be_made_is_told_and_tried_until_it_can(dsn: str) -> None:
    made = Provisioner(dsn, SaysNo(KafkaSettings("-"), None), RealClock(), seed=lambda: ["cap-bo-de"])
    made.start()
    try:
        eventually("it is tried again", lambda: SaysNo.asked > 1)
        assert made.check().degraded() == "not as the registry wants: kafka_refused"
        SaysNo.willing = True
        eventually("it is well", lambda: made.check().degraded() is None)
    finally:
        made.stop()


def _address(taken: socket.socket) -> str:
    """Where nobody listens, and nobody else will meanwhile."""
    taken.bind(("127.0.0.1", 0))
    return f"127.0.0.1:{taken.getsockname()[1]}"
