"""What the chassis makes of a service's settings, for the service to build on."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from psycopg import Connection

from chassis.box import Box
from chassis.kafka import KafkaSettings
from chassis.relay import Log
from chassis.rpc.commands import Commands
from chassis.rpc.cursor import Cursors
from chassis.rpc.reads import Reads
from chassis.rpc.watch import Bell
from chassis.settings import Secrets, ServiceSettings
from chassis.store.parking import Parking
from chassis.store.store import Store
from chassis.store.writer import Writer
from chassis.telemetry import Health
from chassis.vault import FileMasterKey, Vault

if TYPE_CHECKING:
    from chassis.service.declaration import Service

S = TypeVar("S", bound=ServiceSettings)


class Parts(Generic[S]):
    """The parts of a running service. `writer`, `parking` and `commands` exist once the decider does."""

    writer: Writer
    parking: Parking
    commands: Commands

    def __init__(self, service: Service[S], settings: S) -> None:
        self.service = service
        self.settings = settings
        self.dsn = settings.postgres_dsn.get_secret_value()
        self.clock = settings.make_clock()
        self.secrets = Secrets.read(settings.secrets_path)
        self.kafka = KafkaSettings.of(settings)
        self.box = Box(self.secrets.box_keys)
        self.cursors = Cursors(self.secrets.subkey("cursor"))
        self.health = Health()
        self.reads = Reads(self.dsn)
        self.store = Store(self.dsn, clock=self.clock, box=self.box, mappers=service.mappers)
        self.writer_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self.stopping = Event()
        self.logs: tuple[Log, ...] = ()
        self.bells: dict[str, Bell] = {}

    @cached_property
    def vault(self) -> Vault:
        """The people's fields; reads the master key on first use. Raises `MasterKeyUnusable`."""
        return Vault(FileMasterKey(self.settings.master_key_path), self.secrets.subkey("blind-index"))

    def connect(self) -> AbstractContextManager[Connection[Any]]:
        """Lend a connection of the store's pool: for what a decider reads. Rows come as dicts."""
        return self.store.datastore.get_connection()

    def bell(self, channel: str) -> Bell:
        """Return the bell of a NOTIFY channel, one connection for all. Ask while `servicers` are made."""
        return self.bells.setdefault(channel, Bell(self.dsn, channel))

    def decide(self) -> None:
        """Make the decider, and what needs it."""
        decider = self.service.decider(self)
        self.writer = Writer(self.store, decider, self.stopping)
        self.parking = Parking(self.store, decider, self.writer)
        self.commands = Commands(self.writer, self.writer_thread)

    async def close(self) -> None:
        """Close what holds connections and threads."""
        await self.reads.close()
        await asyncio.to_thread(self.writer_thread.shutdown)
        await asyncio.to_thread(self.store.close)
