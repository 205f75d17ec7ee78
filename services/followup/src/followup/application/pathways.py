"""What is reported of a pathway: by agencies' routed events, operators' commands and the clock, one road for
all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from types import MappingProxyType
from uuid import UUID

from answering import Posting
from answering.aggregate import Logged
from answering.consents import ConsentBook
from answering.deadlines import KIND as DEADLINE
from answering.ended_consents import RECHECK, is_put_right, known_at, look_again, looked_for
from answering.parties import Parties, add_party
from answering.requests import (
    caller_of,
    case_of,
    envelope,
    number_of,
    obey,
    outcome_of,
    payload_of,
    time_of,
)
from answering.taking_back import VOID, recorded_wrongly, stream_named
from answering.terms import Terms
from answering.unknown_offices import OFFICE_UNKNOWN, try_later, try_soon
from answering.voiding import Taking, caused, stand_in, stands, to_replace, void_all, was_voided
from answering.whom import Whom
from chassis import ids
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import NotFound
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer
from consent import Known
from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events import followup as events
from contracts.events.common import EventVoided
from contracts.events.intake import AgencyEventRouted
from contracts.vocabulary import NumberKind, OrgKind
from reference import Reference
from reference.days import local_day

from followup.application.consequences import EVALUATION, STAY, Before, end_consents, follow, on_the_day
from followup.application.notices import check_addressee, names_unknown
from followup.application.sights import Sights
from followup.application.tables import CaseUntold, Clients
from followup.domain import Pathway
from followup.domain.sharing import Sharing
from followup.domain.way import WAY

PREFIX = "LT"

CORRECTS = "corrects"
"""The kind of claim that leads from what corrects an admission to the first one, which gave the number."""

FORMS: Mapping[str, type[Payload]] = MappingProxyType(
    {
        "AdmitToDetox": events.DetoxAdmittedPosted,
        "CompleteDetox": events.DetoxCompleted,
        "InductMethadone": events.MethadoneInductedPosted,
        "NotifyHandover": events.HandoverNotified,
        "ReceiveHandover": events.HandoverReceived,
        "StartManagement": events.ManagementStarted,
        "ProvideSupport": events.SupportProvided,
        "RecordEvaluation": events.ReintegrationEvaluated,
    }
)
"""The payload that each command reports, by the name of its gRPC method."""


class Pathways:
    """Finds or opens the pathway of a case and lets it decide."""

    def __init__(
        self,
        reference: Reference,
        clients: Clients,
        parties: Parties,
        consents: ConsentBook,
        sights: Sights,
        ids_key: bytes,
    ) -> None:
        self._consents = consents
        self._sights = sights
        self._reference = reference
        self._parties = parties
        self._policy = reference.policy
        self._terms = Terms(reference.policy, reference.organisations)
        self._clients = clients
        self._number = lru_cache(maxsize=16_384)(partial(ids.number, ids_key, PREFIX))

    def load(
        self,
        uow: UnitOfWork,
        routed: Iterable[UUID],
        commanded: Iterable[UUID],
        stays: Iterable[str],
        timed: Iterable[UUID],
    ) -> None:
        """Read the pathways of a batch and whose they are. `stays`: numbers by which commands name cases; who
        has to do with a case is read where somebody commands.
        """
        stays = set(stays)
        uow.load_claims(STAY, stays)
        held = (uow.holder(STAY, number) for number in stays)
        named = {*commanded, *(UUID(case_id) for case_id in held if case_id)}
        wanted = {*routed, *named}
        self._clients.load(wanted)
        self._parties.load(named)
        around = {each for case_id in wanted for each in self._clients.around(case_id)}
        uow.load(Pathway, {*map(Pathway.stream_of, around), *timed})

    def cases_of(self, uow: UnitOfWork, streams: Collection[UUID]) -> list[UUID]:
        """Read these pathways: whose they are."""
        uow.load(Pathway, streams)
        return [found.case_id for one in streams if (found := uow.get(Pathway, one)) is not None]

    def foresee(self, uow: UnitOfWork, causes: Iterable[str]) -> None:
        """Read in bulk that the numbers of these admissions are not taken."""
        uow.load_claims(STAY, map(self._number, causes))

    def foresee_corrections(self, uow: UnitOfWork, routed: Iterable[Recorded[AgencyEventRouted]]) -> None:
        """Read which admissions the corrected ones stand for."""
        named = [(one.id, one.data.replaces) for one in routed if one.data.replaces is not None]
        uow.load_claims(CORRECTS, [each for pair in named for each in pair])
        firsts = [uow.holder(CORRECTS, replaces) or replaces for _, replaces in named]
        uow.load_claims(STAY, map(self._number, firsts))

    def routed(self, uow: UnitOfWork, recorded: Recorded[AgencyEventRouted]) -> None:
        """Let the pathway answer. Raises `CaseUntold`."""
        number = self._begins(recorded.data.type, self._first(uow, recorded))
        posting = Posting.routed(recorded, about=NumberKind.STAY, begins=number)
        if recorded.data.replaces is not None and self._replaced(uow, posting, recorded.data.replaces):
            return
        if self._another(uow, posting):
            return
        pathway = self._pathway(uow, posting.meta)
        before = Before.of(pathway)
        pathway.answer(posting, self._policy)
        self._follow(uow, pathway, before)
        self._look_soon(uow, pathway, posting)

    def void(self, uow: UnitOfWork, told: Recorded[EventVoided]) -> None:
        """Void what a routed event led to, if it was for this service; then it is answered in any case."""
        routed_id, taking = told.data.event_id, Taking.back(told)
        concerned = self._around(uow, told.meta.subject)
        undone = [each for each in concerned if self._undo(uow, each, caused(each, routed_id), taking)]
        asked = next((one for one in concerned if any(e.cause == routed_id for e in one.log)), None)
        if not undone and asked is not None:
            code = "already_voided" if was_voided(asked, routed_id) else "nothing_to_void"
            asked.refuse(Refusal(code, field="/data/event_id"), taking.meta)

    def _replaced(self, uow: UnitOfWork, posting: Posting, wrong: str) -> bool:
        """Put what is right in the place of what an event led to, or keep that: whether anything recorded was
        to be replaced. What only waited is given up for what corrects it."""
        concerned, taking = self._around(uow, posting.meta.subject), Taking.for_another(posting)
        replaces = to_replace(concerned, wrong)
        held = next((one for one in concerned if stands(caused(one, replaces))), None)
        for each in concerned:
            if not stands(found := caused(each, wrong)):
                self._undo(uow, each, found, taking, settle=False)
        if held is None:
            return False
        before = Before.of(held)
        self._stand_in(uow, held, replace(self._in_case(posting, held), replaces=replaces))
        self._follow(uow, held, before)
        self._look_soon(uow, held, posting)
        return True

    def _stand_in(self, uow: UnitOfWork, held: Pathway, posting: Posting) -> None:
        """Both or neither: what must wait waits with the voiding, and until then the wrong one stands."""
        try:
            stand_in(uow, held, posting, self._policy)
        except Refusal as refusal:
            if not refusal.later or posting not in held.kept:
                held.answer_no(posting, refusal, self._policy)
        else:
            held.try_kept(self._policy)

    def _look_soon(self, uow: UnitOfWork, pathway: Pathway, posting: Posting) -> None:
        """What was put off just now for an office that is not known is tried again before long."""
        waits = any(kept.cause == posting.cause for kept in pathway.kept)
        if waits and names_unknown(self._reference.organisations, posting):
            try_soon(uow, pathway.case_id, posting.cause)

    def _follow(self, uow: UnitOfWork, pathway: Pathway, before: Before) -> None:
        """Whatever moved it: what waits to replace something is tried again, and replaces nothing where that
        is voided by now; then all that follows is written."""
        for kept in [one for one in pathway.kept if one.replaces is not None]:
            if stands(caused(pathway, kept.replaces or "")):
                self._stand_in(uow, pathway, kept)
            elif pathway.settle(kept, self._policy):
                pathway.try_kept(self._policy)
        follow(uow, pathway, before, self._policy, self._terms)

    def _undo(
        self, uow: UnitOfWork, pathway: Pathway, found: list[Logged], taking: Taking, *, settle: bool = True
    ) -> bool:
        """Whether there was anything to void. `settle`: nothing replaces it; what waited is tried again."""
        if found:
            before = Before.of(pathway)
            void_all(uow, pathway, found, taking)
            if settle:
                pathway.try_kept(self._policy)
            self._follow(uow, pathway, before)
        return bool(found)

    def _another(self, uow: UnitOfWork, posting: Posting) -> bool:
        """Whether the pathway of another case of the same person takes a posting that this one does not: what
        was begun there goes on there."""
        case_id = posting.meta.subject
        if not self._clients.others(case_id) or not WAY[type(posting.payload)].needs:
            return False
        for other in self._of_person(uow, case_id):
            theirs = self._in_case(posting, other)
            if other.takes(theirs, self._policy):
                if other.case_id == case_id:
                    return False
                before = Before.of(other)
                other.answer(theirs, self._policy)
                self._follow(uow, other, before)
                return True
        return False

    def _of_person(self, uow: UnitOfWork, case_id: UUID) -> list[Pathway]:
        """The pathways of the person whose case that is, the case's own first, with what they may share."""
        person = self._clients.person(case_id)
        return [one for one in self._around(uow, case_id) if one.case_id in person]

    def _around(self, uow: UnitOfWork, case_id: UUID) -> list[Pathway]:
        """Those, and the pathways of whoever was once one person with that one: what is told in the case may
        be about any of them."""
        found = self._loaded(uow, case_id)
        for pathway in found:
            self._lend(uow, pathway)
        return found

    def _loaded(self, uow: UnitOfWork, case_id: UUID) -> list[Pathway]:
        others = sorted(self._clients.around(case_id) - {case_id})
        streams = map(Pathway.stream_of, (case_id, *others))
        return [found for stream in streams if (found := uow.get(Pathway, stream)) is not None]

    def _first(self, uow: UnitOfWork, recorded: Recorded[AgencyEventRouted]) -> str:
        """The event from whose id an admission's number is derived: what corrects one keeps its number."""
        replaces = recorded.data.replaces
        if replaces is None or recorded.data.type != events.DetoxAdmittedPosted.TYPE:
            return recorded.id
        first = uow.holder(CORRECTS, replaces) or replaces
        if uow.holder(CORRECTS, recorded.id) is None:
            uow.claim(CORRECTS, recorded.id, first)
        return first

    def commanded(self, uow: UnitOfWork, command: Command, cause: str) -> bytes:
        """Carry out an operator's command; the answer is an `Outcome`. Raises `Refusal`."""
        payload = payload_of(command.message, FORMS[command.name])
        caller = caller_of(command, self._reference, payload.TYPE, uow.now)
        at, _ = time_of(command.message.act, uow.now)  # type: ignore[attr-defined]
        check_addressee(self._reference, payload, local_day(at))
        meta = self._envelope(uow, command, caller.id)
        begun = self._begins(payload.TYPE, cause)
        number = begun or _stay_named(command)
        posting = Posting.commanded(payload, meta, OrgKind(caller.kind), number=number)
        pathway = self._pathway(uow, meta)
        before = Before.of(pathway)
        told = f"{pathway.id}:{pathway.version + 1}"
        obey(pathway, posting, self._policy, command.message)
        add_party(uow, pathway.case_id, caller.id, meta.client, by=told)
        self._follow(uow, pathway, before)
        return outcome_of(pathway, caller.id, caller.kind, begun or "").SerializeToString()

    def taken_back(self, uow: UnitOfWork, command: Command) -> bytes:
        """Void what another command had recorded; the answer is an `Outcome`. Raises `Refusal`."""
        wrong = recorded_wrongly(uow, command, Pathway, self._reference, self._lend)
        self._undo(uow, wrong.of, [wrong.event], wrong.taking)
        return outcome_of(wrong.of, wrong.taking.meta.org, wrong.kind).SerializeToString()

    def consented(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Something changed in the consents of a case: a handover that waited may go out now, one that has
        gone out may be covered no more."""
        case_id = self._clients.case_of(told.meta)
        if is_put_right(told):
            concerned = self._around(uow, case_id)
        else:
            concerned = self._look(uow, case_id, known_at(uow, told), told.id)
        if any(pathway.stays.all for pathway in concerned):
            look_again(uow, told, case_id)

    def _look(self, uow: UnitOfWork, case_id: UUID, at: datetime, cause: str) -> list[Pathway]:
        """Ask again of all that is told of the person whose case that is, in whichever pathway; these."""
        concerned = self._around(uow, case_id)
        tells_of = partial(self._clients.tells_of, case_id)
        for pathway in concerned:
            before = Before.of(pathway)
            end_consents(uow, pathway, at, self._policy, cause, tells_of)
            pathway.try_kept(self._policy)
            self._follow(uow, pathway, before)
        return concerned

    def _try_again(self, uow: UnitOfWork, case_id: UUID) -> None:
        """What is kept for an office that may be known by now; what still waits for one, later once more."""
        for pathway in self._of_person(uow, case_id):
            before = Before.of(pathway)
            pathway.try_kept(self._policy)
            self._follow(uow, pathway, before)
            for kept in filter(partial(names_unknown, self._reference.organisations), pathway.kept):
                try_later(uow, pathway.case_id, kept.cause)

    def told_by_consent(self, uow: UnitOfWork, case_id: UUID) -> bool:
        """Whether anybody was told of a handover by consent in a case around that one, as far as loaded."""
        return any(pathway.on_consent for pathway in self._loaded(uow, case_id))

    def waits_for_consent(self, uow: UnitOfWork, case_id: UUID) -> bool:
        """Whether a handover was put off in a case around that one, as far as loaded."""
        found = [one for pathway in self._loaded(uow, case_id) for one in pathway.kept]
        return any(one.type == events.HandoverNotified.TYPE for one in found)

    def ring(self, uow: UnitOfWork, timer: Timer) -> None:
        """A term has ended, a year has passed since management started, or consents are looked at again."""
        if timer.kind == RECHECK:
            self._look(uow, timer.stream, uow.now, looked_for(timer))
            return
        if timer.kind == OFFICE_UNKNOWN:
            self._try_again(uow, timer.stream)
            return
        pathway = uow.get(Pathway, timer.stream)
        if pathway is not None and timer.kind == DEADLINE:
            pathway.pass_deadline(timer.key, self._terms, uow.now)
        if pathway is not None and timer.kind == EVALUATION and pathway.managed_on is not None:
            pathway.fall_due(timer.key, self._policy, on_the_day(uow, pathway, timer.key, self._policy))

    def case_named(self, uow: UnitOfWork, command: Command) -> UUID | None:
        """The case that a command is about, by its id, by the number of a stay or by the event that it voids.
        Raises `InvalidInput`."""
        if command.name == VOID:
            stream = stream_named(command)
            named = uow.get(Pathway, stream) if stream is not None else None
            return named.case_id if named is not None else None
        request = command.message
        if request.case_id:  # type: ignore[attr-defined]
            return case_of(request.case_id)  # type: ignore[attr-defined]
        holder = uow.holder(STAY, _stay_named(command) or "")
        return UUID(holder) if holder else None

    def _envelope(self, uow: UnitOfWork, command: Command, org: str) -> Meta:
        request, case_id = command.message, self.case_named(uow, command)
        if case_id is None or self._clients.of(case_id) is None or not self._parties.may_act(org, case_id):
            raise NotFound("case_unknown" if request.case_id else "stay_unknown")  # type: ignore[attr-defined]
        act = request.act  # type: ignore[attr-defined]
        whom = Whom(case_id, self._parties.client_of(org, case_id))
        return envelope(command, act, whom, policy=self._policy, now=uow.now)

    def _pathway(self, uow: UnitOfWork, meta: Meta) -> Pathway:
        found = uow.get(Pathway, Pathway.stream_of(meta.subject)) or self._opened(uow, meta)
        self._lend(uow, found)
        return found

    def _lend(self, uow: UnitOfWork, pathway: Pathway) -> None:
        """What may be shared by the consents of whom it tells, and whom its case is shown to."""
        pathway.sharing = Sharing(self._reference.organisations, partial(self._known, pathway.case_id))
        others = self._clients.others(pathway.case_id)
        clients = {found for one in (pathway.case_id, *others) if (found := self._clients.of(one))}
        pathway.sight = self._sights.of(pathway.case_id, others, clients)
        pathway.takes_part = self._reference.organisations.taking_part(local_day(uow.now))

    def _known(self, case_id: UUID, client: UUID | None) -> Known:
        """What is known of the consents of whom something tells that stands in a case."""
        return self._consents.known(self._consents.people.case_of(Whom(case_id, client)))

    def _opened(self, uow: UnitOfWork, meta: Meta) -> Pathway:
        client_id = self._clients.of(meta.subject)
        if client_id is None:
            raise CaseUntold("intake has not told of this case; look at its log, then retry")
        return uow.add(Pathway.open(client_id, meta))

    def _begins(self, type_name: str, cause: str) -> str | None:
        """The number that an admission gets; the same cause gives the same one again."""
        begins = type_name == events.DetoxAdmittedPosted.TYPE
        return self._number(cause) if begins else None

    def _in_case(self, posting: Posting, pathway: Pathway) -> Posting:
        """The posting as one of the case of that pathway; who names nobody means whoever it goes on with."""
        meta, case_id = posting.meta, pathway.case_id
        client = None if meta.client is None else self._clients.within(case_id, meta)
        return replace(posting, meta=meta.model_copy(update={"subject": case_id, "client": client}))


def _stay_named(command: Command) -> str | None:
    """The number of a stay that a command names. Raises `InvalidInput` if it is no number of a stay."""
    typed: str = command.message.stay  # type: ignore[attr-defined]
    return number_of(typed, PREFIX, "stay") if typed else None
