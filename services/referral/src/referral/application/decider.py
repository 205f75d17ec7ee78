"""Referral's use cases on one screen: what each kind of item is, and who decides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from answering import Posting
from answering.consents import ConsentBook, cases_opened, changes_shares
from answering.deadlines import has_rung
from answering.ended_consents import RECHECK
from answering.intake_log import Understanding, case_of_record, commands_of, routed_to
from answering.parties import Parties
from answering.people import cases_joined
from answering.requests import org_of
from answering.taking_back import VOID, stream_named
from answering.unknown_offices import OFFICE_UNKNOWN
from answering.voiding import corrected, void_of_routed
from chassis import ids
from chassis.items import Command, Item, Record
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import RING, Timer
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.intake import AgencyEventRouted, PlanAgreed, PlanRevised
from contracts.events.referral import ReferralRequestedPosted
from contracts.registry import OF_NO_CASE
from contracts.vocabulary import NumberKind, Owner
from directory import learn
from directory.units import keep
from reference import Reference

from referral.application.cases import CaseBook, Connect, changing
from referral.application.corrections import Corrections
from referral.application.due import Deadlines
from referral.application.lapses import Lapses
from referral.application.moves import FORMS, PREFIX, Moves
from referral.application.put_off import Waiting
from referral.application.requests import Requests, case_named
from referral.domain import Referral

REQUEST = "RequestReferral"
OF_CASES = frozenset({RECHECK, OFFICE_UNKNOWN})
"""Kinds of timers whose stream is a case."""


class ReferralDecider:
    """Intake's log brings cases, consents, requests and moves; operators command, and
    the clock makes due what was not done."""

    def __init__(self, reference: Reference, ids_key: bytes, connect: Connect) -> None:
        self._key = ids_key
        self._told = Understanding(reference.organisations.renew)
        self._cases = CaseBook(connect)
        self._consents = ConsentBook(connect, also=(PlanAgreed, PlanRevised))
        self._deadlines = Deadlines(reference)
        self._moves = Moves(reference, self._deadlines, self._consents.people)
        self._parties = Parties(connect, reference.organisations)
        self._lapses = Lapses(reference, self._consents, self._deadlines, connect)
        self._requests = Requests(
            *(reference, self._cases, self._parties, self._deadlines, self._consents, self._lapses, ids_key)
        )
        self._waiting = Waiting(self._requests, self._consents, connect, reference.policy, ids_key)
        self._corrections = Corrections(
            *(reference, self._requests, self._moves, self._waiting, self._lapses, self._deadlines, ids_key)
        )

    def prepare(self, uow: UnitOfWork, items: Sequence[Item]) -> None:
        """Read what the batch needs: cases that get a request, referrals that are named."""
        self._told.begin(uow)
        commands = commands_of(items)
        routed = [one for r in self._told.records(items) if (one := routed_to(Owner.REFERRAL, r)) is not None]
        changed = [one.meta.subject for one in self._told.records(items) if changes_shares(one)]
        changed += [timer.stream for timer in _rung(commands) if timer.kind in OF_CASES]
        taken_back = corrected(self._told.records(items))
        changed += [one.meta.subject for one, _ in taken_back]
        changed += cases_joined(self._told.records(items))
        numbers = _numbers(routed, commands)
        self._moves.load(uow, numbers)
        strange = self._moves.of_other_cases(uow, routed)
        opened = cases_opened(self._told.records(items))
        cases = [*_cases(routed, commands), *changing(self._told.records(items))]
        uow.ask(
            self._consents.asks([*_cases(routed, commands), *changed, *strange], opened),
            self._cases.asks(cases),
            self._parties.asks_for(_askers(commands)),
            self._requests.asks(uow, [*_requests(routed), *map(self._told.cause, _requesting(commands))]),
        )
        self._lapses.load(uow, changed)
        waiting, beside = self._waiting.load(uow, changed), self._beside(routed)
        if waiting or beside:
            around = (each for case_id in changed for each in self._consents.people.around(case_id))
            uow.ask(self._cases.asks([*cases, *around, *beside]), self._requests.asks(uow, waiting))
        self._corrections.load(uow, [routed_id for _, routed_id in taken_back])
        self._deadlines.load(uow, {timer.stream for timer in _rung(commands)})
        uow.load(Referral, _voided(commands))

    def _beside(self, routed: Iterable[Recorded[AgencyEventRouted]]) -> set[UUID]:
        """The cases by which requests may be judged that tell of another client than the case's own."""
        told = (one.meta for one in routed if one.meta.client is not None)
        return {each for meta in told for each in self._consents.people.around(meta.subject)}

    def case_key(self, uow: UnitOfWork, item: Item) -> str:
        """The case that an item belongs to."""
        if isinstance(item, Record):
            return case_of_record(item)
        if isinstance(item, Command) and item.name == REQUEST:
            return str(case_named(item) or "")
        if isinstance(item, Command) and item.name == RING:
            timer = Timer.of(item.message)  # type: ignore[arg-type]
            if timer.kind in OF_CASES:
                return str(timer.stream)
            rung = uow.get(Referral, timer.stream)
            return str(rung.case_id) if rung is not None else ""
        referral = self._referral(uow, item) if isinstance(item, Command) else None
        return str(referral.case_id) if referral is not None else ""

    def decide(self, uow: UnitOfWork, item: Item) -> bytes | None:
        """Decide one item; the answer of a command is an `Outcome`."""
        if isinstance(item, Command):
            return self._command(uow, item)
        assert isinstance(item, Record), "referral lets nothing wait outside of its aggregates"
        told = self._told.of(item)
        if isinstance(told, Exception):
            raise told
        if learn(uow, told) or keep(uow, told) or told.type in OF_NO_CASE:
            return None
        if (routed := routed_to(Owner.REFERRAL, told)) is not None:
            self._routed(uow, routed)
        elif (void := void_of_routed(told)) is not None:
            self._corrections.void(uow, void)
        else:
            self._learn(uow, told)
        self._parties.learn(uow, told)
        return None

    def _learn(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """What intake tells of a case; a change in its consents shows in what was asked and sent."""
        self._cases.learn(uow, told)
        self._consents.learn(uow, told)
        if changes_shares(told):
            self._lapses.look(uow, told)
            self._waiting.try_again(uow, self._consents.people.case_of(told.meta))

    def _command(self, uow: UnitOfWork, command: Command) -> bytes:
        if command.name == RING:
            return self._ring(uow, Timer.of(command.message))  # type: ignore[arg-type]
        if command.name == REQUEST:
            return self._requests.commanded(uow, command, self._told.cause(command))
        if command.name == VOID:
            return self._corrections.commanded(uow, command)
        return self._moves.commanded(uow, command)

    def _ring(self, uow: UnitOfWork, timer: Timer) -> bytes:
        if timer.due_at <= uow.now:  # otherwise the clock was set back: it rings again
            has_rung(uow, timer)
            if timer.kind == RECHECK:
                self._lapses.ring(uow, timer)
            if timer.kind in OF_CASES:
                self._waiting.try_again(uow, timer.stream)
            else:
                self._deadlines.ring(uow, timer)
        return b""

    def _routed(self, uow: UnitOfWork, recorded: Recorded[AgencyEventRouted]) -> None:
        """Whatever comes of it stands on the log, with the routed event as its cause."""
        try:
            if recorded.data.replaces is not None:
                self._corrections.replace(uow, recorded, recorded.data.replaces)
            elif recorded.data.type == ReferralRequestedPosted.TYPE:
                self._requests.routed(uow, recorded)
            else:
                self._moves.routed(uow, recorded)
        except Refusal as refusal:
            posting = Posting.routed(recorded, about=NumberKind.REFERRAL)
            answer = self._waiting.put_off if refusal.later else self._waiting.turn_away
            answer(uow, posting, refusal)

    def _referral(self, uow: UnitOfWork, command: Command) -> Referral | None:
        if command.name != VOID:
            return self._moves.find(uow, _typed(command))
        stream = stream_named(command)
        return uow.get(Referral, stream) if stream is not None else None


def _rung(commands: Iterable[Command]) -> list[Timer]:
    return [Timer.of(command.message) for command in commands if command.name == RING]  # type: ignore[arg-type]


def _voided(commands: Iterable[Command]) -> set[UUID]:
    named = map(stream_named, (command for command in commands if command.name == VOID))
    return {stream for stream in named if stream is not None}


def _requests(routed: Iterable[Recorded[AgencyEventRouted]]) -> list[str]:
    return [one.id for one in routed if one.data.type == ReferralRequestedPosted.TYPE]


def _requesting(commands: Iterable[Command]) -> list[Command]:
    return [command for command in commands if command.name == REQUEST]


def _cases(routed: Iterable[Recorded[AgencyEventRouted]], commands: Iterable[Command]) -> list[UUID]:
    posted = [one.meta.subject for one in routed if one.data.type == ReferralRequestedPosted.TYPE]
    return [*posted, *_asked(commands)]


def _asked(commands: Iterable[Command]) -> list[UUID]:
    named = map(case_named, _requesting(commands))
    return [case_id for case_id in named if case_id is not None]


def _askers(commands: Iterable[Command]) -> list[tuple[UUID, str]]:
    """The case that each request names, and the organisation that asks."""
    named = ((case_named(command), org_of(command)) for command in _requesting(commands))
    return [(case_id, org) for case_id, org in named if case_id is not None]


def _numbers(routed: Iterable[Recorded[AgencyEventRouted]], commands: Iterable[Command]) -> list[str]:
    posted = (one.data.number for one in routed)
    typed = (_typed(command) for command in commands if command.name in FORMS)
    return [number for number in (*posted, *typed) if number is not None]


def _typed(command: Command) -> str | None:
    """The number that a command names, in its one form; none if it is no number."""
    try:
        return ids.parse_number(command.message.referral, {PREFIX})  # type: ignore[attr-defined]
    except ids.NotANumber:
        return None
