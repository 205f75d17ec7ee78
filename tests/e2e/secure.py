"""Offices of a system under `--secure`: what each can do on Kafka with the credentials that it was told."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chassis.clock import RealClock
from chassis.kafka import KafkaSettings
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from intake.agencies.kafka_access import KafkaAccess
from intake.agencies.provisioning import Provisioner
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePatternFilter,
    ResourceType,
)
from reftrack_cli.main import app
from reftrack_local import LocalRuntime, topics
from reftrack_local.secure import ADMIN, AGENCIES_ADMIN, KafkaUsers, user_of
from typer.testing import CliRunner

NOW = datetime(2019, 3, 5, 2, tzinfo=UTC)
WITHIN = 20.0


@dataclass(frozen=True)
class OnKafka:
    """A client of the cluster under one user."""

    bootstrap: str
    username: str
    password: str

    def settings(self, **more: Any) -> dict[str, Any]:
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "sasl_plaintext",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.username,
            "sasl.password": self.password,
            "log_level": 0,
            **{name.replace("_", "."): value for name, value in more.items()},
        }

    def write(self, topic: str, value: bytes = b"{}", headers: Any = None, **more: Any) -> str | None:
        """Write one record; the name of the error, or none."""
        return written(Producer(self.settings(message_timeout_ms=8000, **more)), topic, value, headers)

    def write_in_a_transaction(self, topic: str, transactional_id: str) -> str | None:
        producer = Producer(self.settings(transactional_id=transactional_id))
        try:
            producer.init_transactions(8)
            producer.begin_transaction()
            producer.produce(topic, b"{}")
            producer.commit_transaction(8)
        except KafkaException as error:
            return str(error.args[0].name())
        return None

    def read(
        self, topic: str, group: str, enough: Callable[[list[Any]], bool] = bool
    ) -> tuple[list[Any], str | None]:
        """Read from the beginning under a group until there is enough; the records, and the error met."""
        consumer = Consumer(self.settings(group_id=group, auto_offset_reset="earliest"))
        found: list[Any] = []
        deadline = time.monotonic() + WITHIN
        try:
            consumer.subscribe([topic])
            while time.monotonic() < deadline and not enough(found):
                message = consumer.poll(0.2)
                if message is None:
                    continue
                if (error := message.error()) is not None:
                    return found, str(error.name())
                found.append(message)
            consumer.commit(asynchronous=False)
            return found, None
        except KafkaException as error:
            return found, str(error.args[0].name())
        finally:
            consumer.close()

    @property
    def group(self) -> str:
        """A consumer group that the user may use."""
        kind, _, name = self.username.partition(".")
        return name if kind == "service" else f"{self.username}.fetch"

    def fetch(self, topic: str) -> str | None:
        """Read the first record; the name of the error met, or none."""
        consumer = Consumer(self.settings(group_id=self.group, enable_auto_commit=False))
        deadline = time.monotonic() + WITHIN
        try:
            known = consumer.list_topics(topic, timeout=WITHIN).topics[topic].error
            if known is not None:
                return str(known.name())
            consumer.assign([TopicPartition(topic, 0, 0)])
            while time.monotonic() < deadline:
                message = consumer.poll(0.2)
                if message is not None:
                    error = message.error()
                    return None if error is None else str(error.name())
            raise AssertionError(f"{topic}: neither a record nor a refusal")
        except KafkaException as error:
            return str(error.args[0].name())
        finally:
            consumer.close()

    def is_let_in(self) -> bool:
        """Whether the user can log in at all."""
        client = Consumer(self.settings(group_id="none", socket_connection_setup_timeout_ms=4000))
        try:
            client.list_topics(timeout=4)
            return True
        except KafkaException:
            return False
        finally:
            client.close()


def written(producer: Producer, topic: str, value: bytes = b"{}", headers: Any = None) -> str | None:
    """Write one record with a producer that may have written before; the name of the error, or none."""
    told: list[KafkaError | None] = []
    producer.produce(topic, value, headers=headers, on_delivery=lambda error, _message: told.append(error))
    producer.flush(12)
    (error,) = told
    return None if error is None else str(error.name())


class SecureTown:
    """A running system under `--secure`, its registry and its Kafka."""

    def __init__(self, runtime: LocalRuntime) -> None:
        self.runtime = runtime
        self.users = KafkaUsers.made(runtime.keys.kafka, ())

    def run(self, *words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "--state", str(self.runtime.folder.path)])
        assert done.exit_code == code, f"{words}: {done.output} {done.exception!r}"
        return done.output

    def json(self, *words: str, code: int = 0) -> dict[str, Any]:
        """The one document that a command prints."""
        (line,) = [line for line in self.run(*words, "--json", code=code).splitlines() if line[:1] == "{"]
        found: dict[str, Any] = json.loads(line)
        return found

    def service(self, user: str) -> OnKafka:
        """A client as one of our own services."""
        return OnKafka(self.runtime.kafka.bootstrap, user, self.users.passwords[user])

    def office(self, told: dict[str, Any]) -> OnKafka:
        """A client with credentials that a command told."""
        given = told["credentials"]
        return OnKafka(self.runtime.kafka.bootstrap, given["username"], given["password"])

    def access(self) -> KafkaAccess:
        """What intake does on this Kafka, as intake does it."""
        user, mechanism = user_of("intake"), "SCRAM-SHA-512"
        own = KafkaSettings(
            self.runtime.kafka.bootstrap, "SASL_PLAINTEXT", mechanism, user, self.users.passwords[user]
        )
        return KafkaAccess.of(own, AGENCIES_ADMIN, self.users.passwords[AGENCIES_ADMIN])

    @contextmanager
    def provisioning(self, access: KafkaAccess, *seed: str) -> Iterator[None]:
        """One that looks after what is there all the time, beside those of the instances of intake."""
        made = Provisioner(
            self.runtime.dsn("intake"), access, RealClock(), seed=lambda: seed, look_after_every=0.1
        )
        made.start()
        try:
            yield
        finally:
            made.stop()

    def take_rights(self, user: str) -> None:
        """As an operator who removes them by hand."""
        pattern = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
        all_ = ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, pattern)
        with topics.admin(self.runtime.kafka.bootstrap, self.users.login(ADMIN)) as client:
            client.delete_acls([all_])

    def delete_topic(self, name: str) -> None:
        with topics.admin(self.runtime.kafka.bootstrap, self.users.login(ADMIN)) as client:
            client.delete_topics([name])

    def add(self, org: str, *more: str) -> dict[str, Any]:
        """Register a ward police of Sài Đồng."""
        names = ("--name-vi", "Công an phường Sài Đồng", "--name-en", "Police of Sai Dong")
        return self.json("agencies", "add", org, "--kind", "ward_police", "--commune", "00142", *names, *more)


@dataclass(frozen=True)
class Contact:
    """An event as its office's own software writes it to Kafka."""

    org: str
    ref: str
    id: str

    @classmethod
    def of(cls, org: str) -> Contact:
        mark = uuid.uuid4().hex[:8]
        return cls(org, f"SD-{mark}", f"e-{mark}")

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        told = {
            "ce_specversion": "1.0",
            "ce_id": self.id,
            "ce_source": f"/agencies/{self.org}",
            "ce_type": "org.reftrack.client-contacted.v1",
            "ce_time": NOW.isoformat(),
        }
        return [(name, value.encode()) for name, value in told.items()]

    @property
    def value(self) -> bytes:
        data = {"channel": "street", "commune": "00142", "client_group": "drug_user"}
        return json.dumps({"about": {"agency_ref": self.ref}, "by": "nv-01", "data": data}).encode()

    def told(self, messages: list[Any]) -> dict[str, Any] | None:
        """The newest receipt for it among messages."""
        bodies = [json.loads(message.value()) for message in messages]
        return next((body for body in reversed(bodies) if body["id"] == self.id), None)


def eventually(what: str, so: Callable[[], bool], within: float = WITHIN) -> None:
    """Wait for something to become so."""
    deadline = time.monotonic() + within
    while not so():
        assert time.monotonic() < deadline, f"waited {within:.0f} s in vain: {what}"
        time.sleep(0.1)
