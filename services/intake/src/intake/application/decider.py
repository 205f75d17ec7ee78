"""Intake's use cases on one screen: what each kind of item is, and who decides it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from chassis.box import Box
from chassis.items import Command, Item, Record, Woken
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import NotRecorded, Recorded, UnknownType
from google.protobuf.wrappers_pb2 import StringValue
from reference.organisations import HeldOrganisations
from reftrack.intake.v1.intake_pb2 import (
    DiscardQuarantinedRequest,
    ReleaseQuarantinedRequest,
    SubmittedEvent,
)

from intake.agencies.desk import COMMANDS as AGENCY_COMMANDS
from intake.agencies.desk import AgencyDesk
from intake.application.ahead import ReadAhead
from intake.application.door import FrontDoor
from intake.application.identity import Identities
from intake.application.identity_desk import IDENTITY_DEEDS, IdentityDesk
from intake.application.kept import KEPT
from intake.application.likely import FOUND, LikelyDesk
from intake.application.loading import LOAD, Loading
from intake.application.match_desk import MATCH_DEEDS, MatchDesk
from intake.application.owners import OwnersLogs
from intake.application.quarantine import Held, QuarantineDesk
from intake.application.reading import Reader, Reading
from intake.application.rings import Rings, is_ring
from intake.application.submissions import kept, of_item
from intake.cases.desk import COMMANDS as CASE_COMMANDS
from intake.cases.desk import CaseDesk

OWNERS = frozenset({"referral.events.v1", "followup.events.v1"})
"""The logs from which verdicts and numbers come back."""

SUBMIT, RELEASE, DISCARD, RETRY = "submit", "release_quarantined", "discard_quarantined", "retry_waits"
"""Names of the commands."""


_DEEDS = ReleaseQuarantinedRequest | DiscardQuarantinedRequest


class Retry(NamedTuple):
    """Everything that waits for one key, read again."""

    waiting: list[tuple[Woken, Reading]]


Understood = Reading | Recorded[Payload] | Held | Retry | Exception | None
"""An item as far as it is understood. An exception: why an owner's event cannot be read."""


class IntakeDecider:
    """Agencies' records, submitted events and what was woken go through the front door, and so does what a
    person releases from quarantine; the owners' logs bring verdicts and numbers.
    """

    def __init__(
        self,
        *,
        door: FrontDoor,
        owners: OwnersLogs,
        desk: QuarantineDesk,
        identities: Identities,
        box: Box,
        reader: Reader,
        loading: Loading,
        rings: Rings,
        identity_desk: IdentityDesk,
        agencies: AgencyDesk,
        organisations: HeldOrganisations,
        match_desk: MatchDesk,
        likely: LikelyDesk,
        cases: CaseDesk,
    ) -> None:
        self._cases = cases
        self._match_desk = match_desk
        self._likely = likely
        self._agencies = agencies
        self._organisations = organisations
        self._loading = loading
        self._rings = rings
        self._identity_desk = identity_desk
        self._door = door
        self._owners = owners
        self._desk = desk
        self._identities = identities
        self._box = box
        self._reader = reader
        self._ahead = ReadAhead(reader)
        self._batch: UnitOfWork | None = None
        self._understood: dict[int, tuple[Item, Understood]] = {}

    def foresee(self, records: Sequence[Record], now: datetime) -> None:
        """Read agencies' records of the next batch, while this one is being committed."""
        self._ahead.foresee([record for record in records if record.topic not in OWNERS], now)

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        """Understand every item, then read all that deciding them needs."""
        if uow is not self._batch:
            self._batch, self._understood = uow, {}
            self._identities.forget()
            self._organisations.renew()
        commands = [item for item in items if type(item) is Command]
        self._load_commands(uow, commands)
        self._rings.load(uow, commands)
        self._agencies.load(uow, [item for item in commands if item.name in AGENCY_COMMANDS])
        told = [self._of(uow, item) for item in items]
        readings = [one for one in told if type(one) is Reading]
        if readings:
            self._door.load(uow, readings)
        answers = [one for one in told if isinstance(one, Recorded)]
        if answers:
            self._owners.load(uow, answers)

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        """The case that an item belongs to, or whatever stands for it until it is known."""
        if isinstance(item, Command) and is_ring(item):
            return self._rings.case_key(item)
        told = self._of(uow, item)
        if isinstance(told, Reading):
            return self._door.case_key(uow, told)
        if isinstance(told, Held) and isinstance(item, Command) and item.name == RELEASE:
            return self._door.case_key(uow, told.reading)
        if isinstance(told, Recorded):
            return str(told.meta.subject)
        return (item.key or b"").decode("utf-8", "replace") if isinstance(item, Record) else ""

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        """Decide one item; the answer of a submitted event is the body of its receipt."""
        if isinstance(item, Command) and (decide := self._who_decides(item)) is not None:
            return decide(uow, item)
        told = self._of(uow, item)
        if isinstance(item, Command) and item.name in (RELEASE, DISCARD):
            assert told is None or isinstance(told, Held)
            act = self._desk.release if item.name == RELEASE else self._desk.discard
            return act(uow, told, by=item.caller, reason=item.message.reason)  # type: ignore[attr-defined]
        if isinstance(told, Reading):
            return self._door.again(uow, told) if type(item) is Woken else self._door.arrive(uow, told)
        if isinstance(told, Recorded):
            self._owners.take(uow, told)
        elif isinstance(told, Retry):
            for woken, reading in told.waiting:
                self._door.retry(uow, woken, reading)
        elif isinstance(told, Exception):
            raise told
        return None

    def _who_decides(self, command: Command) -> Callable[[UnitOfWork, Command], bytes | None] | None:
        """None: a command that is understood as records are."""
        if is_ring(command):
            return self._rings.ring
        if command.name == LOAD:
            return self._loading.load
        if command.name in IDENTITY_DEEDS:
            return self._identity_desk.decide
        if command.name in AGENCY_COMMANDS:
            return self._agencies.decide
        if command.name in MATCH_DEEDS:
            return self._match_desk.decide
        if command.name == FOUND:
            return self._likely.decide
        return self._cases.decide if command.name in CASE_COMMANDS else None

    def _of(self, uow: UnitOfWork, item: Item) -> Understood:
        """Each item is read once a batch."""
        known = self._understood.get(id(item))
        if known is None:
            known = self._understood[id(item)] = (item, self._read(uow, item))
        return known[1]

    def _read(self, uow: UnitOfWork, item: Item) -> Understood:
        if isinstance(item, Record):
            if item.topic in OWNERS:
                return _recorded(item)
            return self._ahead.read(item, uow.now)
        if isinstance(item, Woken):
            return self._waiting(item)
        if item.name == LOAD or is_ring(item) or item.name in AGENCY_COMMANDS or item.name in IDENTITY_DEEDS:
            return None
        if item.name == FOUND or item.name in MATCH_DEEDS or item.name in CASE_COMMANDS:
            return None
        assert isinstance(item.message, SubmittedEvent), f"no such command: {item.name}"
        return self._reader.read(of_item(item.message, item.caller, item.correlation_id, uow.now))

    def _load_commands(self, uow: UnitOfWork, commands: list[Command]) -> None:
        """What commands name by a number or a key is read for all of them together."""
        self._identity_desk.load(uow, [item for item in commands if item.name in IDENTITY_DEEDS])
        self._match_desk.load(uow, [item for item in commands if item.name in MATCH_DEEDS])
        self._likely.load(uow, [item for item in commands if item.name == FOUND])
        self._cases.load(uow, [item for item in commands if item.name in CASE_COMMANDS])
        deeds = [item for item in commands if isinstance(item.message, _DEEDS)]
        if deeds:
            held = self._desk.load(uow, {item.message.quarantine_id for item in deeds})  # type: ignore[attr-defined]
            for item in deeds:
                self._understood[id(item)] = (item, held.get(item.message.quarantine_id))  # type: ignore[attr-defined]
        retries = [item for item in commands if isinstance(item.message, StringValue)]
        uow.load_waits(item.message.value for item in retries)  # type: ignore[attr-defined]
        for item in retries:
            self._understood[id(item)] = (item, self._retry(uow, item.message.value))  # type: ignore[attr-defined]

    def _retry(self, uow: UnitOfWork, key: str) -> Retry:
        waiting = [(woken, self._waiting(woken)) for woken in uow.waiting(key)]
        self._door.load(uow, [reading for _, reading in waiting])
        return Retry(waiting)

    def _waiting(self, woken: Woken) -> Reading:
        plain = self._box.open(woken.sealed, KEPT, woken.source, woken.event_id)
        return self._reader.read(kept(plain))


def _recorded(record: Record) -> Recorded[Payload] | Exception:
    try:
        return Recorded.parse(record.value or b"")
    except (NotRecorded, UnknownType) as error:
        return error
