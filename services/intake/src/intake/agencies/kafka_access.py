"""Topics, rights and credentials of offices on Kafka, through kafka-python's admin client.

Everything here may be done again: what is there already stays as it is.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from chassis.kafka import KafkaSettings
from directory import on_kafka
from directory.on_kafka import Right
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from kafka.errors import TopicAlreadyExistsError

PATIENCE_MS = 5_000
ITERATIONS = 8_192
"""Of PBKDF2, in SCRAM-SHA-512: passwords are 32 random bytes, so guessing is no danger anyway."""

N = TypeVar("N", bound=str)

_RESOURCES: Mapping[on_kafka.Resource, ResourceType] = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional_id": ResourceType.TRANSACTIONAL_ID,
}
_PATTERNS: Mapping[on_kafka.Pattern, ACLResourcePatternType] = {
    "literal": ACLResourcePatternType.LITERAL,
    "prefixed": ACLResourcePatternType.PREFIXED,
}
_OPERATIONS: Mapping[on_kafka.Operation, ACLOperation] = {
    "read": ACLOperation.READ,
    "write": ACLOperation.WRITE,
    "describe": ACLOperation.DESCRIBE,
}
_NO_SUCH_CREDENTIAL = "Attempt to delete a user credential that does not exist"


class KafkaRefused(Exception):
    """Kafka answered, and would not: the user lacks a right, or there is no authorizer."""


@dataclass(frozen=True)
class KafkaAccess:
    """What intake does for offices. `admin` is the user that may; `intake` the one that reads and answers.

    Where Kafka asks for no credentials there are only topics to make. Raises `KafkaError` while Kafka is
    away, `KafkaRefused` where it says no.
    """

    admin: KafkaSettings
    intake: str | None

    @classmethod
    def of(cls, kafka: KafkaSettings, admin: str | None, password: str | None) -> KafkaAccess:
        """With an administrative user of its own, or with that of the service itself."""
        sasl = kafka.security_protocol.startswith("SASL_")
        user = kafka.username if sasl else None
        own = replace(kafka, username=admin, password=password) if sasl and admin and password else kafka
        return cls(own, user)

    @property
    def secured(self) -> bool:
        """Whether Kafka asks who somebody is."""
        return self.intake is not None

    def let_in(self, org: str, password: str | None = None) -> None:
        """Topics, all rights, and the password where one is given: the one before stops working."""
        with self._client() as client:
            self._make_topics(client, org)
            if self.intake is None:
                return
            rights = on_kafka.posting_rights(org) + on_kafka.reading_rights(org)
            self._grant(client, rights + on_kafka.intakes_rights(self.intake, org))
            self._await_visible(client, on_kafka.intakes_rights(self.intake, org))
            if password is not None:
                self._set_password(client, org, password)

    def lacking(self, wanted: Mapping[str, Collection[Right]]) -> list[str]:
        """Those of these offices that lack a topic, or one of the rights that they are to have."""
        with self._client() as client:
            topics, rights = set(client.list_topics()), self._rights(client)

        def has_all(org: str, theirs: Collection[Right]) -> bool:
            return rights.issuperset(theirs) and topics.issuperset(one.name for one in on_kafka.topics(org))

        return [org for org, theirs in wanted.items() if not has_all(org, theirs)]

    def wanted(self, org: str, *, known: bool, suspended: bool) -> tuple[Right, ...]:
        """The rights that there are to be for an office; its own, if it is `known` to have been let in."""
        if self.intake is None:
            return ()
        own = on_kafka.reading_rights(org) + (() if suspended else on_kafka.posting_rights(org))
        return on_kafka.intakes_rights(self.intake, org) + (own if known else ())

    def _rights(self, client: KafkaAdminClient) -> set[Right]:
        """All that anybody was given of topics, groups and transactions."""
        if self.intake is None:
            return set()
        given, error = client.describe_acls(_ALL)
        if error.errno:
            raise KafkaRefused(error.__name__)
        return {right for acl in given if (right := _right(acl)) is not None}

    def shut_out(self, org: str) -> None:
        """No writing, no further login. What it may read it may still read over what is open."""
        with self._client() as client:
            self._make_topics(client, org)
            if self.intake is None:
                return
            self._grant(client, on_kafka.reading_rights(org) + on_kafka.intakes_rights(self.intake, org))
            self._withdraw(client, on_kafka.posting_rights(org))
            self._drop_password(client, org)

    @contextmanager
    def _client(self) -> Iterator[KafkaAdminClient]:
        # First a bare connection: the client leaves a thread and sockets behind when it gives up.
        if not any(map(_listens, self.admin.bootstrap.split(","))):
            raise ConnectionError("no broker listens")
        client = KafkaAdminClient(
            **self.admin.for_kafka_python(),
            client_id="reftrack-agencies",
            bootstrap_timeout_ms=PATIENCE_MS,
            request_timeout_ms=PATIENCE_MS,
        )
        try:
            yield client
        finally:
            client.close()

    def _make_topics(self, client: KafkaAdminClient, org: str) -> None:
        named = on_kafka.topics(org)
        found = client.describe_topics([topic.name for topic in named])
        there = {topic["name"] for topic in found if not topic["error_code"]}
        missing = [topic for topic in named if topic.name not in there]
        wanted = {
            topic.name: {"num_partitions": 1, "replication_factor": -1, "configs": dict(topic.configs)}
            for topic in missing
        }
        if wanted:
            with suppress(TopicAlreadyExistsError):  # somebody else was faster
                client.create_topics(wanted, wait_for_metadata=True)

    def _grant(self, client: KafkaAdminClient, rights: Iterable[Right]) -> None:
        failed = client.create_acls([_acl(right) for right in rights])["failed"]
        if failed:
            raise KafkaRefused(failed[0].__name__)

    def _await_visible(self, client: KafkaAdminClient, rights: Iterable[Right]) -> None:
        """A right is decided by the controller and known to the broker a moment later."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        for right in rights:
            while not client.describe_acls(_filter(right))[0]:
                if time.monotonic() > deadline:
                    raise KafkaRefused("a right that was given does not become visible")
                time.sleep(0.02)

    def _withdraw(self, client: KafkaAdminClient, rights: Iterable[Right]) -> None:
        for _, _, error in client.delete_acls([_filter(right) for right in rights]):
            if error.errno:
                raise KafkaRefused(error.__name__)

    def _set_password(self, client: KafkaAdminClient, org: str, password: str) -> None:
        user = on_kafka.user(org)
        change = UserScramCredentialUpsertion(
            user, ScramMechanism.SCRAM_SHA_512, password, iterations=ITERATIONS
        )
        problem = client.alter_user_scram_credentials([change])[user]
        if problem:
            raise KafkaRefused(problem)

    def _drop_password(self, client: KafkaAdminClient, org: str) -> None:
        user = on_kafka.user(org)
        gone = UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512)
        problem = client.alter_user_scram_credentials([gone])[user]
        if problem and problem != _NO_SUCH_CREDENTIAL:
            raise KafkaRefused(problem)


def _listens(server: str) -> bool:
    host, _, port = server.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE_MS / 1000).close()
    except OSError:
        return False
    return True


def _acl(right: Right) -> ACL:
    return ACL(
        principal=f"User:{right.user}",
        host="*",
        operation=_OPERATIONS[right.operation],
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(_RESOURCES[right.resource], right.name, _PATTERNS[right.pattern]),
    )


_ALL = ACLFilter(
    None,
    None,
    ACLOperation.ANY,
    ACLPermissionType.ALLOW,
    ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
)


def _right(acl: ACL) -> Right | None:
    """What was given, if it is of a kind that offices have."""
    given, user = acl.resource_pattern, acl.principal.removeprefix("User:")
    resource = _name(_RESOURCES, given.resource_type)
    pattern = _name(_PATTERNS, given.pattern_type)
    operation = _name(_OPERATIONS, acl.operation)
    if resource is None or pattern is None or operation is None:
        return None
    return Right(user, resource, given.resource_name, pattern, operation)


def _name(names: Mapping[N, object], said: object) -> N | None:
    """Codes of one kind alone: those of different kinds are equal numbers."""
    return next((name for name, code in names.items() if code == said), None)


def _filter(right: Right) -> ACLFilter:
    pattern = ResourcePatternFilter(_RESOURCES[right.resource], right.name, _PATTERNS[right.pattern])
    return ACLFilter(
        f"User:{right.user}", "*", _OPERATIONS[right.operation], ACLPermissionType.ALLOW, pattern
    )
