"""Intake as a service: what it reads, writes, serves, and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from chassis import timers
from chassis.mapper import Mapper
from chassis.relay import EventsLog, Log
from chassis.rpc.rules import Admits
from chassis.rpc.server import Register
from chassis.service import Consume, Parts, Service, Ticker
from chassis.store.statements import RECEIPTS_CHANNEL
from contracts.catalogue import answer, remedy
from directory import Standing
from directory.units import EVERY_SECONDS, FOLLOW, UnitsFeed
from google.protobuf.message import Message
from reference import Reference
from reference.rights import Rights
from reftrack.intake.v1 import policy_pb2_grpc, territory_pb2_grpc
from reftrack.intake.v1.intake_pb2_grpc import (
    add_IntakeServiceServicer_to_server,
    add_QuarantineServiceServicer_to_server,
)

from intake import vault_parts
from intake.agencies.agency import Agency
from intake.agency_parts import AgencyParts, agencies
from intake.application.consents import EXPIRY, ConsentDesk
from intake.application.decider import OWNERS, RETRY, IntakeDecider
from intake.application.door import FrontDoor
from intake.application.identity import Identities
from intake.application.identity_desk import IdentityDesk
from intake.application.ledger import Ledger
from intake.application.likely import FOUND, LikelyDesk
from intake.application.loading import Loading
from intake.application.match_desk import MatchDesk
from intake.application.moves import MOVE, Moves
from intake.application.owners import OwnersLogs
from intake.application.quarantine import QuarantineDesk
from intake.application.reading import Reader
from intake.application.receipts_log import ReceiptsLog
from intake.application.recording import Recording
from intake.application.rings import Rings
from intake.application.screenings import ScreeningDesk
from intake.application.sealing_keys import SealingKeys
from intake.cases.desk import CaseDesk
from intake.cases.servicer import CaseServicer
from intake.domain.case import Case
from intake.domain.gazette import Gazette
from intake.domain.identity_reading import IdentityReading, IdentityRefusal
from intake.domain.proposal import Proposal
from intake.following import following
from intake.likeness.candidates import Likenesses
from intake.likeness.places import TerritoryPlaces
from intake.looking import Looking
from intake.rpc.acts import ActsTable
from intake.rpc.front_door import FrontDoorServicer
from intake.rpc.matching import MatchingServicer
from intake.rpc.policy import PolicyServicer
from intake.rpc.quarantine import QuarantineServicer
from intake.rpc.receipts import ReceiptReads
from intake.rpc.rules import BY_DAY, OF_ITS_OWN, RULES
from intake.rpc.territory import TerritoryServicer
from intake.rpc.waiting import Waiting
from intake.settings import Settings

SOURCE = "/services/intake"
AGENCIES = r"agency\.[a-z0-9][a-z0-9-]*\.events\.v1"


@lru_cache(maxsize=4)
def reference(path: Path) -> Reference:
    """The reference data of a folder, read once."""
    return Reference.load(path)


@lru_cache(maxsize=16)
def _following(_parts: Parts[Settings]) -> UnitsFeed:
    return following()


async def _follow(parts: Parts[Settings]) -> Sequence[Message]:
    """Take in the decrees that any instance recorded."""
    country = reference(parts.settings.reference_path).country
    return await _following(parts).go_on(parts, country)


def _offices(parts: Parts[Settings]) -> AgencyParts:
    return agencies(parts, reference(parts.settings.reference_path))


def decider(parts: Parts[Settings]) -> IntakeDecider:
    """Intake's use cases, standing on the parts of the chassis."""
    known = reference(parts.settings.reference_path)
    _following(parts).begin(parts, known.country)
    keys = SealingKeys(parts.vault, parts.connect)
    reader = Reader(parts.secrets.subkey("content-hash"), parts.secrets.subkey("blind-index"), keys)
    identities = Identities(parts.vault, parts.connect)
    offices = _offices(parts)
    ledger = Ledger(parts.box, remedy)
    consents = ConsentDesk(known.policy, offices.held, identities)
    moves = Moves(known.policy, offices.held)
    recording = Recording(
        parts.secrets.ids_key,
        known.policy,
        identities,
        consents,
        moves,
        ScreeningDesk(known.instruments),
        offices.held,
    )
    door = FrontDoor(
        ledger,
        recording,
        identities,
        offices.held,
        known.country,
        known.policy,
        reader.says_what_had,
        Rights(known.policy),
    )
    return IntakeDecider(
        door=door,
        owners=OwnersLogs(ledger),
        desk=QuarantineDesk(door, ledger, parts.box, reader, parts.connect),
        identities=identities,
        box=parts.box,
        reader=reader,
        loading=Loading(known.policy),
        rings=Rings({EXPIRY: consents.ring, MOVE: moves.ring}),
        identity_desk=IdentityDesk(parts.secrets.ids_key, known.policy, offices.held, parts.box),
        agencies=offices.desk,
        organisations=offices.held,
        match_desk=MatchDesk(recording.proposals, known.policy, offices.held, parts.connect),
        cases=CaseDesk(recording, moves, known.policy, offices.held, known.country),
        likely=LikelyDesk(recording.proposals, known.policy),
    )


@lru_cache(maxsize=16)
def looking(parts: Parts[Settings]) -> Looking:
    """What looks for people like those registered."""
    places = TerritoryPlaces(reference(parts.settings.reference_path).country)
    likenesses = Likenesses(parts.vault, parts.secrets.subkey("likeness"), places)
    return Looking(parts.connect, parts.vault, likenesses)


async def _look(parts: Parts[Settings]) -> Sequence[Message]:
    return await looking(parts).due()


def _logs(parts: Parts[Settings]) -> Sequence[Log]:
    return EventsLog("intake"), ReceiptsLog(_offices(parts).has_topic)


def _standing(parts: Parts[Settings]) -> Standing:
    return Standing(_offices(parts).live, parts.clock, always=OF_ITS_OWN, by_day=BY_DAY)


def _admits(parts: Parts[Settings]) -> Admits:
    return _standing(parts).admit


def _servicers(parts: Parts[Settings]) -> Sequence[Register]:
    known = reference(parts.settings.reference_path)
    organisations = _offices(parts).live
    policy = PolicyServicer(known.policy, known.instruments, known.country, parts.clock)
    territory = TerritoryServicer(known.country, organisations, parts.commands, parts.clock)
    receipts, bell = ReceiptReads(parts.reads), parts.bell(RECEIPTS_CHANNEL)
    waiting = Waiting(parts.reads, parts.cursors, parts.clock, organisations)
    front_door = FrontDoorServicer(parts.commands, receipts, bell, waiting, organisations, _standing(parts))
    acts = ActsTable(parts.connect, parts.clock, parts.box)
    quarantine = QuarantineServicer(
        parts.reads, parts.commands, parts.cursors, parts.box, acts, organisations
    )

    def register_door(server: Any) -> None:
        add_IntakeServiceServicer_to_server(front_door, server)

    def register_quarantine(server: Any) -> None:
        add_QuarantineServiceServicer_to_server(quarantine, server)

    def register_policy(server: Any) -> None:
        policy_pb2_grpc.add_PolicyServiceServicer_to_server(policy, server)

    def register_territory(server: Any) -> None:
        territory_pb2_grpc.add_TerritoryServiceServicer_to_server(territory, server)

    matching = MatchingServicer(parts.reads, parts.commands, parts.cursors, organisations)
    others = [*vault_parts.servicers(parts, organisations), _offices(parts).servicer(parts)]
    others.append(matching.register)
    cases = CaseServicer(parts.reads, parts.commands, parts.cursors, parts.clock, organisations)
    others.append(cases.register)
    return register_door, register_quarantine, register_policy, register_territory, *others


SERVICE: Service[Settings] = Service(
    name="intake",
    settings=Settings,
    decider=decider,
    mappers=(
        Mapper(Case, SOURCE),
        Mapper(IdentityReading, SOURCE),
        Mapper(IdentityRefusal, SOURCE),
        Mapper(Proposal, SOURCE),
        Mapper(Gazette, SOURCE),
        Mapper(Agency, SOURCE),
    ),
    consumers=(
        Consume(pattern=AGENCIES),
        Consume(topics=sorted(OWNERS), sources=sorted(OWNERS), group="intake-owners"),
    ),
    logs=_logs,
    servicers=_servicers,
    others=lambda parts: [*_offices(parts).keepers, *vault_parts.keepers(parts)],
    rules=RULES,
    admits=_admits,
    texts=answer,
    tickers=(
        Ticker(RETRY, 1.0, lambda parts: _offices(parts).due(parts)),
        Ticker(FOLLOW, EVERY_SECONDS, _follow),
        timers.ticker(),
        Ticker(FOUND, 0.5, _look),
    ),
)
"""Agencies post and read receipts as themselves; supervising organisations look into the quarantine."""
