"""Voiding what was recorded wrongly, and recording what was right in its place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from answering.taking_back import may_void
from chassis.aggregate import event_id
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.cases import CaseClosed, EventVoidedPosted
from contracts.events.common import EventVoided
from contracts.vocabulary import VoidReason

from intake.application import forms, keys, people
from intake.application.closings import carried, void_carried
from intake.application.consents import ConsentDesk
from intake.application.given_up import is_kept
from intake.application.matching import Match, client_of, numbered, was_sent
from intake.application.moves import Moves
from intake.application.originals import Original, by_merging, original, recorded
from intake.application.reading import Naming
from intake.application.references import let_go
from intake.application.screenings import forget_conflict, note_review
from intake.domain.case import Case
from intake.domain.directory import Areas
from intake.domain.front_door import agency_of_source, source_of
from intake.domain.order import Step

MetaOf = Callable[[Case], Meta]


class TakesBack(Protocol):
    """Whoever keeps what events told of a person's identity."""

    def take_back(self, uow: UnitOfWork, found: Original) -> None:
        """What told who a client is was voided."""
        ...

    def unmeet(self, uow: UnitOfWork, found: Original, meta: Meta) -> None:
        """What it had merged has no ground any more."""
        ...


class Voided(NamedTuple):
    """What was voided in which case. `routed_id`: the void, where another service answers for it."""

    case: Case
    routed_id: str | None


class Voiding:
    """Voids recorded events, with all that had followed from them in intake."""

    def __init__(self, registrar: TakesBack, organisations: Areas) -> None:
        self._registrar = registrar
        self._organisations = organisations

    def void(
        self,
        uow: UnitOfWork,
        by: Naming,
        kind: str,
        data: EventVoidedPosted,
        meta_of: MetaOf,
    ) -> Voided:
        """Raises `NotKnownYet`, or `Refusal` before anything has changed.

        `by`: who voids, and whom it says that this is about; `kind`: of that organisation.
        """
        source = data.source or source_of(by.org)
        self._check_right(by.org, kind, agency_of_source(source))
        found = original(uow, (source, data.event_id), "/data/event_id")
        _check_about(uow, by, found, self._organisations)
        return self.carry_out(uow, found, data.reason, data.note, meta_of(found.case))

    def find(self, uow: UnitOfWork, org: str, kind: str, name: tuple[str, str] | str) -> Original:
        """What a command names: source and id of an agency's event, or the id of a recorded one. Raises
        `NotKnownYet`, or `Refusal` for what is not there or not this office's to void."""
        if isinstance(name, str):
            may = partial(may_void, self._organisations, org, kind)
            return recorded(uow, name, "/data/event_id", may)
        self._check_right(org, kind, agency_of_source(name[0]))
        return original(uow, name, "/data/event_id")

    def carry_out(
        self, uow: UnitOfWork, found: Original, reason: VoidReason, note: str | None, meta: Meta
    ) -> Voided:
        """Raises `Refusal` before anything has changed."""
        _check_merging(found)
        _check_later_case(uow, found)
        told = EventVoided(event_id=found.recorded_id, type=found.type, reason=reason, note=note)
        meta = found.meta_of(meta)
        found.case.void(found.version, told, meta)
        is_routed = isinstance(found.happened, Case.Routed)
        routed_id = event_id(found.case.pending_events[-1]) if is_routed else None
        self._follow(uow, found)
        void_carried(uow, found, reason, note, meta)
        let_go(uow, found, reason, meta)
        if isinstance(found.happened, Case.Registered):
            self._registrar.unmeet(uow, found, meta)
        people.leave_empty(uow, found.case, people.envelopes(meta))
        return Voided(found.case, routed_id)

    def replace(
        self,
        uow: UnitOfWork,
        name: tuple[str, str],
        type_name: str,
        match: Match,
        reference: str | None,
        meta_of: MetaOf,
    ) -> Original:
        """Voids the event that another of the same type and person corrects; that one is recorded next, under
        this `reference` of the office, if it names one.

        Raises `NotKnownYet`, or `Refusal` before anything has changed.
        """
        found = original(uow, name, "/corrects")
        if found.posted_type != type_name:
            raise Refusal("corrects_other_type", field="/corrects")
        if match.client is None or not people.same_person(uow, match.client, found.client):
            raise Refusal("corrects_other_person", field="/corrects")
        if found.version in found.case.voided and not is_kept(uow, found):
            raise Refusal("already_voided", field="/corrects")
        told = EventVoided(
            event_id=found.recorded_id, type=found.type, reason=VoidReason.WRONG_DATA, replaced=True
        )
        meta = found.meta_of(meta_of(found.case))
        found.case.void(found.version, told, meta)
        self._follow(uow, found)
        if reference is not None:
            let_go(uow, found, told.reason, meta, right=reference)
        return found

    def _check_right(self, org: str, kind: str, other: str) -> None:
        if not may_void(self._organisations, org, kind, other):
            raise Refusal("void_not_yours", field="/data/source")

    def _follow(self, uow: UnitOfWork, found: Original) -> None:
        uow.refold(found.case)
        if isinstance(found.happened, Case.Registered | Case.Corrected):
            self._registrar.take_back(uow, found)
        elif isinstance(found.happened, Case.Screened):
            forget_conflict(uow, found.recorded_id)
        elif isinstance(found.happened, Case.Reviewed):
            note_review(uow, found.happened.data.screening, None)
        elif isinstance(found.happened, Case.Acknowledged):
            Moves.set_again(uow, found.case)
        elif isinstance(found.happened, Case.Moved):
            Moves.taken_back(uow, found.case, found.version)
        elif isinstance(found.happened, Case.Consented):
            forms.take_back(uow, found)
        elif isinstance(found.happened, Case.Withdrawn):
            ConsentDesk.set_again(uow, found.case)


def _check_about(uow: UnitOfWork, by: Naming, found: Original, organisations: Areas) -> None:
    """Who is named need not be known any more, but must not be somebody else than whom the event told of. A
    number that was not sent to the office is as good as none: it does not learn whose that is."""
    for one in (client_of(uow, by), _sent(uow, by, organisations)):
        if one is not None and not people.same_person(uow, one, found.client):
            raise Refusal("void_other_person", field="/about")


def _sent(uow: UnitOfWork, by: Naming, organisations: Areas) -> str | None:
    """The client of whom a number tells that was sent to the office."""
    found = numbered(uow, *by.number) if by.number else None
    return found.client if found and was_sent(uow, found.case, by.org, organisations) else None


def _check_merging(found: Original) -> None:
    """What merging closed and unmerging opened again is not undone by itself."""
    if by_merging(found.happened):
        raise Refusal("case_merged", state=str(Step.CLOSED))


def _check_later_case(uow: UnitOfWork, found: Original) -> None:
    """Voiding a closing opens the case again: nobody has two open ones."""
    if isinstance(found.happened.data, CaseClosed) and found.version not in found.case.voided:
        opened = [found.case, *(one.case for one in carried(uow, found))]
        check_no_later_case(uow, opened[-1])


def check_no_later_case(uow: UnitOfWork, case: Case) -> None:
    """Raises `Refusal` for a case that the client's way does not go on in any more."""
    if people.latest_case_id(uow, keys.as_text(case.client_id)) != case.id:
        raise Refusal("later_case_open", state="closed")
