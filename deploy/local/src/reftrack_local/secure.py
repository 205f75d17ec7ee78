"""`--secure`: SASL with SCRAM-SHA-512, Kafka's own authorizer, a user with the least rights for each service.

Whoever asks for nothing gets nothing: `allow.everyone.if.no.acl.found` stays false. The broker itself and the
runtime's `admin` are super users; passwords are made once a state folder and lie in `keys/kafka.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from directory import on_kafka
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
)
from kafka.errors import KafkaError

from reftrack_local.folder import write_private
from reftrack_local.login import MECHANISM, Login
from reftrack_local.trouble import Trouble

ITERATIONS = 8_192
BROKER, ADMIN, AGENCIES_ADMIN = "broker", "admin", "service.intake-admin"
SUPER_USERS = (BROKER, ADMIN)

READS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "intake": ("referral", "followup"),
        "referral": ("intake",),
        "followup": ("intake", "referral"),
        "reporting": ("intake", "referral", "followup"),
    }
)
"""Whose logs each service reads."""

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType({"intake": ("intake", "intake-owners")})
"""Consumer groups of a service, where they are more than its name."""

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=SASL_PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=SASL_PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=SASL_PLAINTEXT
listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
sasl.mechanism.controller.protocol=PLAIN
listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config={scram} required \
username="broker" password="{broker}";
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.controller.plain.sasl.jaas.config={plain} required \
username="broker" password="{broker}" user_broker="{broker}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users={super_users}
connections.max.reauth.ms=3600000
"""
"""The controller asks for PLAIN: SCRAM credentials stand in the log that it is only about to read."""


@dataclass(frozen=True)
class KafkaUsers:
    """Passwords by user."""

    passwords: Mapping[str, str]

    @classmethod
    def made(cls, file: Path, services: Iterable[str]) -> KafkaUsers:
        """Those of the file, and new ones for users that it lacks; only its owner reads it."""
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        wanted = [*SUPER_USERS, AGENCIES_ADMIN, *map(user_of, services)]
        missing = {user: secrets.token_urlsafe(24) for user in wanted if user not in known}
        if missing:
            known |= missing
            write_private(file, json.dumps(known, indent=2) + "\n")
        return cls(known)

    def login(self, user: str) -> Login:
        return Login(user, self.passwords[user])

    def env(self, service: str) -> dict[str, str]:
        """How a service is let in."""
        told = _env(self.login(user_of(service)))
        if service == "intake":
            admin = self.login(AGENCIES_ADMIN)
            told["REFTRACK_KAFKA_ADMIN_USERNAME"] = admin.username
            told["REFTRACK_KAFKA_ADMIN_PASSWORD"] = admin.password
        return told

    def settings(self) -> dict[str, str]:
        """What fills `SETTINGS`, beside addresses."""
        package = "org.apache.kafka.common.security"
        return {
            "scram": f"{package}.scram.ScramLoginModule",
            "plain": f"{package}.plain.PlainLoginModule",
            "broker": self.passwords[BROKER],
            "super_users": ";".join(f"User:{user}" for user in SUPER_USERS),
        }

    def at_format(self) -> list[str]:
        """Arguments of the storage tool: salted, so that no password stands among the machine's processes."""
        return [
            argument
            for user, password in self.passwords.items()
            for argument in ("--add-scram", _salted(user, password))
        ]


def user_of(service: str) -> str:
    """A service's user."""
    return f"service.{service}"


def grant(client: KafkaAdminClient, services: Iterable[tuple[str, bool]], agencies: Iterable[str]) -> None:
    """Give each service (and whether it writes a log) its rights, and intake those on the agencies' topics;
    what is there already stays. Raises Trouble."""
    rights = [right for name, has_log in services for right in service_rights(name, has_log=has_log)]
    rights += [
        (right.user, ResourceType.TOPIC, right.name, False, _OPERATIONS[right.operation])
        for org in agencies
        for right in on_kafka.intakes_rights(user_of("intake"), org)
    ]
    try:
        failed = client.create_acls([_acl(*right) for right in dict.fromkeys(rights)])["failed"]
    except KafkaError as error:
        raise Trouble(f"Kafka refused to give rights: {error}.") from error
    if failed:
        raise Trouble(f"Kafka refused to give rights: {failed[0].__name__}.")


Right = tuple[str, ResourceType, str, bool, ACLOperation]
"""User, kind of resource, its name, whether the name is only what names begin with, what may be done."""

_OPERATIONS = {"read": ACLOperation.READ, "write": ACLOperation.WRITE, "describe": ACLOperation.DESCRIBE}


def service_rights(service: str, *, has_log: bool) -> Iterator[Right]:
    """The least that a service needs; reading and writing imply describing."""
    user = user_of(service)
    if has_log:
        yield user, ResourceType.TOPIC, f"{service}.events.v1", False, ACLOperation.WRITE
        for operation in (ACLOperation.WRITE, ACLOperation.READ):
            yield user, ResourceType.TOPIC, f"{service}.relay.v1", False, operation
        yield user, ResourceType.TRANSACTIONAL_ID, f"{service}.relay", False, ACLOperation.WRITE
        yield user, ResourceType.GROUP, "relay-position-", True, ACLOperation.READ
    for other in READS.get(service, ()):
        yield user, ResourceType.TOPIC, f"{other}.events.v1", False, ACLOperation.READ
    for group in GROUPS.get(service, (service,)):
        yield user, ResourceType.GROUP, group, False, ACLOperation.READ
    if service == "intake":
        yield from _agencies_admin()


def _agencies_admin() -> Iterator[Right]:
    """Topics of agencies and nothing else; ALTER on the cluster gives rights and credentials, so whoever has
    this user has all: it is given to intake alone, which uses it for nothing else."""
    for operation in (ACLOperation.CREATE, ACLOperation.DESCRIBE):
        yield AGENCIES_ADMIN, ResourceType.TOPIC, "agency.", True, operation
    yield AGENCIES_ADMIN, ResourceType.CLUSTER, "kafka-cluster", False, ACLOperation.ALTER


def _acl(user: str, kind: ResourceType, name: str, prefixed: bool, operation: ACLOperation) -> ACL:
    pattern = ACLResourcePatternType.PREFIXED if prefixed else ACLResourcePatternType.LITERAL
    return ACL(
        principal=f"User:{user}",
        host="*",
        operation=operation,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(kind, name, pattern),
    )


def _env(login: Login) -> dict[str, str]:
    return {
        "REFTRACK_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "REFTRACK_KAFKA_SASL_MECHANISM": MECHANISM,
        "REFTRACK_KAFKA_SASL_USERNAME": login.username,
        "REFTRACK_KAFKA_SASL_PASSWORD": login.password,
    }


def _salted(user: str, password: str) -> str:
    salt = os.urandom(24)
    salted = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    told = f'name={user},iterations={ITERATIONS},salt="{_base64(salt)}",saltedpassword="{_base64(salted)}"'
    return f"{MECHANISM}=[{told}]"


def _base64(value: bytes) -> str:
    return b64encode(value).decode()
