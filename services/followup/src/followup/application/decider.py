"""Followup's use cases on one screen: what each kind of item is, and who decides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from uuid import UUID

from answering.consents import ConsentBook, cases_opened, changes_shares
from answering.deadlines import has_rung
from answering.ended_consents import RECHECK
from answering.intake_log import Understanding, case_of_record, commands_of, routed_to
from answering.parties import Parties
from answering.people import Connect, cases_joined
from answering.taking_back import VOID, stream_named
from answering.unknown_offices import OFFICE_UNKNOWN
from answering.voiding import corrected, void_of_routed
from chassis import ids
from chassis.items import Command, Item, Record
from chassis.rpc.errors import InvalidInput
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import RING, Timer
from contracts.envelope import Recorded
from contracts.events.followup import DetoxAdmittedPosted, HandoverNotified
from contracts.events.intake import AgencyEventRouted, CaseOpened
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.registry import OF_NO_CASE
from contracts.vocabulary import Owner
from directory import learn
from directory.units import keep
from reference import Reference

from followup.application.pathways import PREFIX, Pathways
from followup.application.sights import Sights
from followup.application.tables import Clients
from followup.domain import Pathway

OF_CASES = frozenset({RECHECK, OFFICE_UNKNOWN})
"""Kinds of timers whose stream is a case."""


class FollowupDecider:
    """Intake's log brings cases and what agencies report, referral's log who else has to do with a case;
    operators command; the clock makes evaluations due."""

    def __init__(self, reference: Reference, ids_key: bytes, connect: Connect) -> None:
        self._told = Understanding(reference.organisations.renew)
        self._clients = Clients(connect)
        self._parties = Parties(connect, reference.organisations)
        self._consents = ConsentBook(connect)
        self._sights = Sights(connect, reference.organisations)
        self._pathways = Pathways(
            *(reference, self._clients, self._parties, self._consents, self._sights, ids_key)
        )

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        """Read what the batch needs: the pathways that are named, and whose they are."""
        self._told.begin(uow)
        self._sights.begin()
        commands = commands_of(items)
        rings = [Timer.of(c.message) for c in commands if c.name == RING]  # type: ignore[arg-type]
        asked = [command for command in commands if command.name != RING]
        routed = [one for r in self._told.records(items) if (one := routed_to(Owner.FOLLOWUP, r)) is not None]
        admitted = [one.id for one in routed if one.data.type == DetoxAdmittedPosted.TYPE]
        admitting = [self._told.cause(command) for command in asked if command.name == "AdmitToDetox"]
        self._pathways.foresee(uow, [*admitted, *admitting])
        self._pathways.foresee_corrections(uow, routed)
        changed_people = cases_joined(self._told.records(items))
        taken_back = [stream for one in asked if one.name == VOID and (stream := stream_named(one))]
        voided = [one.meta.subject for one, _ in corrected(self._told.records(items))]
        voided += self._pathways.cases_of(uow, taken_back)
        changed = [one.meta.subject for one in self._told.records(items) if changes_shares(one)]
        changed += [timer.stream for timer in rings if timer.kind in OF_CASES]
        cases = (one.meta.subject for one in routed)
        streams = [*taken_back, *(timer.stream for timer in rings if timer.kind not in OF_CASES)]
        asking = [command for command in asked if command.name != VOID]
        self._pathways.load(
            uow, [*cases, *changed, *voided, *changed_people], _cases(asking), _stays(asking), streams
        )
        sharing = self._sharing(uow, routed, asked, [*changed, *voided, *changed_people])
        self._consents.load(sharing, cases_opened(self._told.records(items)))

    def _sharing(
        self,
        uow: UnitOfWork,
        routed: Sequence[Recorded[AgencyEventRouted]],
        asked: Sequence[Command],
        changed: Sequence[UUID],
    ) -> set[UUID]:
        """The cases whose consents are read: in which a handover may be told, or was told by consent. With a
        notice in the batch, all in which consents change: they may be the same person's."""
        touched = {one.meta.subject for one in routed} | set(changed)
        touched |= {case_id for one in asked if (case_id := self._case(uow, one)) is not None}
        told = {one.meta.subject for one in routed if one.data.type == HandoverNotified.TYPE}
        told |= {
            case_id
            for one in asked
            if one.name == "NotifyHandover" and (case_id := self._case(uow, one)) is not None
        }
        told |= {one for one in touched if self._pathways.waits_for_consent(uow, one)}
        told |= {one for one in changed if self._pathways.told_by_consent(uow, one)}
        return told | set(changed) if told else told

    def _case(self, uow: UnitOfWork, command: Command) -> UUID | None:
        with suppress(InvalidInput):
            return self._pathways.case_named(uow, command)
        return None

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        """The case that an item belongs to."""
        if isinstance(item, Record):
            return case_of_record(item)
        assert isinstance(item, Command), "followup lets nothing wait outside of its aggregates"
        if item.name == RING:
            timer = Timer.of(item.message)  # type: ignore[arg-type]
            if timer.kind in OF_CASES:
                return str(timer.stream)
            pathway = uow.get(Pathway, timer.stream)
            return str(pathway.case_id) if pathway else ""
        return str(self._case(uow, item) or "")

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        """Decide one item; the answer of a command is an `Outcome`."""
        if isinstance(item, Command):
            return self._command(uow, item)
        assert isinstance(item, Record), "followup lets nothing wait outside of its aggregates"
        told = self._told.of(item)
        if isinstance(told, Exception):
            raise told
        if learn(uow, told) or keep(uow, told) or told.type in OF_NO_CASE:
            return None
        if (routed := routed_to(Owner.FOLLOWUP, told)) is not None:
            self._pathways.routed(uow, routed)
        elif (void := void_of_routed(told)) is not None:
            self._pathways.void(uow, void)
        elif isinstance(told.data, ClientsMerged | ClientsUnmerged):
            self._clients.change(told.data)
        elif isinstance(told.data, CaseOpened):
            self._clients.opens(told.meta.subject, told.data.client_id)
        self._consents.learn(uow, told)
        if changes_shares(told):
            self._pathways.consented(uow, told)
        self._parties.learn(uow, told)
        self._sights.learn(uow, told)
        return None

    def _command(self, uow: UnitOfWork, command: Command) -> bytes:
        if command.name == VOID:
            return self._pathways.taken_back(uow, command)
        if command.name != RING:
            return self._pathways.commanded(uow, command, self._told.cause(command))
        timer = Timer.of(command.message)  # type: ignore[arg-type]
        if timer.due_at <= uow.now:  # otherwise the clock was set back: it rings again
            has_rung(uow, timer)
            self._pathways.ring(uow, timer)
        return b""


def _cases(commands: Iterable[Command]) -> list[UUID]:
    """The cases that requests name by their id; what is no id is left to `decide`."""
    found = []
    for command in commands:
        with suppress(ValueError):
            found.append(UUID(command.message.case_id))  # type: ignore[attr-defined]
    return found


def _stays(commands: Iterable[Command]) -> list[str]:
    """The numbers of stays that requests name; what is no number is left to `decide`."""
    found = []
    for command in commands:
        with suppress(ids.NotANumber):
            found.append(ids.parse_number(command.message.stay, {PREFIX}))  # type: ignore[attr-defined]
    return found
