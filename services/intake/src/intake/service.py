"""Intake as a service: what it reads, writes, serves, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from chassis.mapper import Mapper
from chassis.relay import EventsLog, Log
from chassis.rpc.server import Register
from chassis.service import Consume, Parts, Service, Ticker
from chassis.store.statements import RECEIPTS_CHANNEL
from contracts.catalogue import remedy
from reference import Reference
from reftrack.intake.v1.intake_pb2_grpc import (
    add_IntakeServiceServicer_to_server,
    add_QuarantineServiceServicer_to_server,
)

from intake.application.decider import OWNERS, RETRY, IntakeDecider
from intake.application.door import FrontDoor
from intake.application.identity import Identities
from intake.application.ledger import Ledger
from intake.application.owners import OwnersLogs
from intake.application.quarantine import QuarantineDesk
from intake.application.reading import Reader
from intake.application.receipts_log import ReceiptsLog
from intake.application.recording import Recording
from intake.domain.case import Case
from intake.rpc.acts import ActsTable
from intake.rpc.front_door import FrontDoorServicer
from intake.rpc.quarantine import QuarantineServicer
from intake.rpc.receipts import ReceiptReads
from intake.rpc.rules import RULES
from intake.rpc.waiting import Waiting
from intake.settings import Settings
from intake.waits import NewWaits

SOURCE = "/services/intake"
AGENCIES = r"agency\.[a-z0-9][a-z0-9-]*\.events\.v1"


@lru_cache(maxsize=4)
def reference(path: Path) -> Reference:
    """The reference data of a folder, read once."""
    return Reference.load(path)


def decider(parts: Parts[Settings]) -> IntakeDecider:
    """Intake's use cases, standing on the parts of the chassis."""
    known = reference(parts.settings.reference_path)
    reader = Reader(parts.secrets.subkey("content-hash"), parts.secrets.subkey("blind-index"))
    identities = Identities(parts.vault, parts.connect)
    ledger = Ledger(parts.box, remedy)
    recording = Recording(parts.secrets.ids_key, known.policy, identities)
    door = FrontDoor(
        ledger,
        recording,
        identities,
        known.organisations,
        known.territory,
        known.policy,
        reader.says_what_had,
    )
    return IntakeDecider(
        door=door,
        owners=OwnersLogs(ledger),
        desk=QuarantineDesk(door, ledger, parts.box, reader, parts.connect),
        identities=identities,
        box=parts.box,
        reader=reader,
    )


def _logs(parts: Parts[Settings]) -> Sequence[Log]:
    known = reference(parts.settings.reference_path)
    return EventsLog("intake"), ReceiptsLog(organisation.id for organisation in known.organisations)


def _servicers(parts: Parts[Settings]) -> Sequence[Register]:
    organisations = reference(parts.settings.reference_path).organisations
    receipts, bell = ReceiptReads(parts.reads), parts.bell(RECEIPTS_CHANNEL)
    waiting = Waiting(parts.reads, parts.cursors, parts.clock, organisations)
    front_door = FrontDoorServicer(parts.commands, receipts, bell, waiting)
    acts = ActsTable(parts.connect, parts.clock, parts.box)
    quarantine = QuarantineServicer(
        parts.reads, parts.commands, parts.cursors, parts.box, acts, organisations
    )

    def register_door(server: Any) -> None:
        add_IntakeServiceServicer_to_server(front_door, server)

    def register_quarantine(server: Any) -> None:
        add_QuarantineServiceServicer_to_server(quarantine, server)

    return register_door, register_quarantine


SERVICE: Service[Settings] = Service(
    name="intake",
    settings=Settings,
    decider=decider,
    mappers=(Mapper(Case, SOURCE),),
    consumers=(
        Consume(pattern=AGENCIES),
        Consume(topics=sorted(OWNERS), sources=sorted(OWNERS), group="intake-owners"),
    ),
    logs=_logs,
    servicers=_servicers,
    rules=RULES,
    texts=remedy,
    tickers=(Ticker(RETRY, 1.0, NewWaits().due),),
)
"""Agencies post and read receipts as themselves; supervising organisations look into the quarantine."""
