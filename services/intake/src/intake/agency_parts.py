"""The registry of offices, put together: the live directory of a process, who feeds it, who follows it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from chassis.rpc.server import Register
from chassis.service import Parts
from chassis.service.declaration import Startable
from directory import DirectoryFeed
from google.protobuf.message import Message
from reference import Reference
from reftrack.intake.v1 import agencies_pb2_grpc

from intake.agencies.desk import AgencyDesk
from intake.agencies.kafka_access import KafkaAccess
from intake.agencies.provisioning import Provisioner
from intake.agencies.topics import ReceiptTopics
from intake.rpc.agencies import AgencyServicer
from intake.settings import Settings
from intake.waits import NewWaits, Releases


class AgencyParts:
    """Made once a process: what else knows offices takes them from here."""

    def __init__(self, parts: Parts[Settings], reference: Reference) -> None:
        self.live = reference.organisations.live(reference.country)
        self.held = self.live.held()
        self.desk = AgencyDesk(
            parts.secrets.ids_key, self.held, reference.policy, lambda: reference.country.now
        )
        self.releases, self.waits = Releases(), NewWaits()
        self.has_topic = ReceiptTopics(parts.kafka).has
        self.provisioner = Provisioner(
            *(parts.dsn, _access(parts), parts.clock, self.releases.ready),
            seed=lambda: [office.id for office in self.live],
        )
        self.feed = DirectoryFeed(parts.dsn, self.live, self.releases.changed)

    @property
    def keepers(self) -> Sequence[Startable]:
        """Feed first: what is decided after the start knows the registry."""
        return self.feed, self.provisioner

    def servicer(self, parts: Parts[Settings]) -> Register:
        """`AgencyService`, ready to be added to a server."""
        servicer = AgencyServicer(
            *(parts.reads, parts.commands, parts.cursors, self.live, self.provisioner, parts.clock)
        )

        def register(server: Any) -> None:
            agencies_pb2_grpc.add_AgencyServiceServicer_to_server(servicer, server)

        return register

    async def due(self, parts: Parts[Settings]) -> Sequence[Message]:
        """Keys of what has waited and may go on: new waits, and those for an office that is known by now."""
        return [*await self.waits.due(parts), *self.releases.due()]


@lru_cache(maxsize=16)
def agencies(parts: Parts[Settings], reference: Reference) -> AgencyParts:
    """Those of this process."""
    return AgencyParts(parts, reference)


def _access(parts: Parts[Settings]) -> KafkaAccess:
    password = parts.settings.kafka_admin_password
    return KafkaAccess.of(
        parts.kafka,
        parts.settings.kafka_admin_username,
        password.get_secret_value() if password else None,
    )
