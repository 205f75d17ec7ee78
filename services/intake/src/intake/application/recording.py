"""From a posted event that may be recorded to the facts of its case, and the claims that go with them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from typing import NamedTuple
from uuid import UUID

from chassis.aggregate import event_id
from chassis.ids import derive, number
from chassis.store.together import Ask
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.cases import (
    CaseReopenedPosted,
    ClientMovedPosted,
    EventVoidedPosted,
    MoveAcknowledgedPosted,
)
from contracts.events.consent import ConsentGivenPosted, ConsentWithdrawn
from contracts.events.intake import (
    AgencyEventRouted,
    AgencyReferenceBound,
    CaseOpened,
    ClientIntroduced,
    ClientIntroducedPosted,
    ClientRegisteredPosted,
)
from contracts.events.people import IdentityCorrectedPosted
from contracts.events.screening import ClientScreenedPosted
from contracts.problems import Problem
from contracts.registry import POSTABLE, as_recorded
from contracts.vocabulary import NumberKind, OrgKind, Owner

from intake.application import keys, people
from intake.application.closings import put_right
from intake.application.consents import ConsentDesk
from intake.application.envelope import Policy, envelope
from intake.application.identity import Identities
from intake.application.matching import OPENS, Match
from intake.application.moves import Moves
from intake.application.originals import Original, check_names_another
from intake.application.proposing import Proposals
from intake.application.reading import Event, Reading
from intake.application.registrar import Registrar
from intake.application.screenings import ScreeningDesk
from intake.application.telling import take
from intake.application.voiding import Voiding, check_no_later_case
from intake.domain.case import Case
from intake.domain.consenting import Given
from intake.domain.directory import Areas

_NUMBERED = frozenset({ClientIntroducedPosted, ClientMovedPosted})
_BY_RULES_OF_THEIR_OWN = _NUMBERED | {
    *(ClientRegisteredPosted, IdentityCorrectedPosted, ConsentGivenPosted, ConsentWithdrawn),
    *(ClientScreenedPosted, MoveAcknowledgedPosted, CaseReopenedPosted),
}
"""Looked for by their very class: to ask a model for an instance of each costs more than all else here."""
_OWN = frozenset(name for name, postable in POSTABLE.items() if postable.owner is Owner.INTAKE)


class Recorded(NamedTuple):
    """What recording led to: the case, the number given, the routing event where another service decides,
    what somebody should look at."""

    case: Case
    number: str | None = None
    routed_id: str | None = None
    warnings: tuple[Problem, ...] = ()


class Recording:
    """Records events in their cases. The same reading gives the same ids and numbers again after a crash."""

    def __init__(
        self,
        ids_key: bytes,
        policy: Policy,
        identities: Identities,
        consents: ConsentDesk,
        moves: Moves,
        screenings: ScreeningDesk,
        organisations: Areas,
    ) -> None:
        self._ids_key = ids_key
        self._policy = policy
        self._identities = identities
        self._consents = consents
        self.proposals = Proposals(ids_key)
        self.registrar = Registrar(identities, self.proposals)
        self._moves = moves
        self._screenings = screenings
        self.voiding = Voiding(self.registrar, organisations)
        self._derive = lru_cache(maxsize=16_384)(partial(derive, ids_key))

    def foresee(self, uow: UnitOfWork, events: Iterable[tuple[Reading, Event]]) -> list[Ask]:
        """What would be claimed and waited for if these open cases or get numbers: asked for in bulk."""
        clients, cases, numbers = [], [], []
        registered, forms = [], []
        for reading, event in events:
            if type(event.data) in OPENS:
                client_id = self._derived("client", reading)
                clients.append(keys.as_text(client_id))
                if isinstance(event.data, ClientRegisteredPosted):
                    registered.append(client_id)
                cases.append(keys.until_case(self._derived("case", reading)))
            elif type(event.data) in _NUMBERED:
                numbers.append(keys.number_key(NumberKind.INTRODUCTION, self._number(reading)))
            elif type(event.data) is ConsentGivenPosted and event.data.form_number:
                forms.append(keys.form_key(event.naming.org, event.data.form_number))
        names = [(keys.LATEST_CASE, client) for client in clients]
        names += [(keys.NUMBER, number) for number in numbers]
        names += [(keys.NUMBERS_OF, keys.as_text(client)) for client in registered]
        names += [(keys.FORM, form) for form in forms]
        self._identities.load(registered)
        return [*uow.asks_claims_of(names), *uow.asks_waits(cases)]

    def record(
        self, uow: UnitOfWork, reading: Reading, event: Event, match: Match, org_kind: str
    ) -> Recorded:
        """Raises `Refusal` before anything has changed when the case does not allow it."""
        if event.posted.corrects is not None:
            return self._correct(uow, reading, event, match, org_kind, event.posted.corrects)
        match = self._where_it_stands(uow, event, match)
        known = match.case
        meta = self._meta(reading, event, known.id if known else self._derived("case", reading), match)
        case = known or self._opened(reading, event, match, meta)
        recorded = self._take(uow, case, match, reading, event, meta, org_kind)
        people.note_client(uow, case, meta)
        if known is None:
            uow.add(case)
            people.take_case(uow, case)
        if match.binds:
            _bind(uow, case, match, event, meta)
        if match.rival is not None:
            self.registrar.meet(uow, case, _meant(case, match), event, match.rival)
        return recorded

    def void(
        self, uow: UnitOfWork, reading: Reading, event: Event, data: EventVoidedPosted, org_kind: str
    ) -> Recorded:
        """Raises `NotKnownYet`, or `Refusal` before anything has changed."""
        check_names_another(reading, event, "/data/event_id")
        case, routed_id = self.voiding.void(
            uow,
            event.naming,
            org_kind,
            data,
            lambda found: envelope(reading, event, found.id, self._policy),
        )
        return Recorded(case, routed_id=routed_id)

    def _correct(
        self, uow: UnitOfWork, reading: Reading, event: Event, match: Match, org_kind: str, corrects: str
    ) -> Recorded:
        """The one that was wrong is voided, and this one decided as if that had never been; or neither."""
        check_names_another(reading, event, "/corrects")
        with uow.attempt():
            found = self.voiding.replace(
                uow,
                (reading.source, corrects),
                event.type,
                match,
                event.naming.reference,
                lambda case: envelope(reading, event, case.id, self._policy),
            )
            match = match._replace(is_alone=False)
            meta = self._meta(reading, event, found.case.id, match._replace(case=found.case))
            recorded = self._take(uow, found.case, match, reading, event, meta, org_kind, found)
            if isinstance(found.happened, Case.Closed):
                put_right(uow, found, found.case.pending_events[-1], meta)
            uow.refold(found.case)
            people.note_client(uow, found.case, meta)
            if isinstance(event.data, ClientRegisteredPosted):
                self.registrar.unmeet(uow, found, meta)
            elif isinstance(event.data, ClientMovedPosted):
                Moves.set_again(uow, found.case)
            if match.binds:
                _bind(uow, found.case, match, event, meta)
            if match.rival is not None:
                self.registrar.meet(uow, found.case, _meant(found.case, match), event, match.rival)
        return recorded

    def _meta(self, reading: Reading, event: Event, case_id: UUID, match: Match) -> Meta:
        case = match.case
        if case is None or match.is_alone:
            return envelope(reading, event, case_id, self._policy)
        return envelope(reading, event, case_id, self._policy, case.another(_meant(case, match)))

    def _opened(self, reading: Reading, event: Event, match: Match, meta: Meta) -> Case:
        client_id = UUID(match.client) if match.client else self._derived("client", reading)
        group = event.data.client_group  # type: ignore[attr-defined]
        return Case.open(meta.subject, CaseOpened(client_id=client_id, client_group=group), meta)

    def _take(
        self,
        uow: UnitOfWork,
        case: Case,
        match: Match,
        reading: Reading,
        event: Event,
        meta: Meta,
        org_kind: str,
        replaces: Original | None = None,
    ) -> Recorded:
        data, place = event.data, replaces.place if replaces is not None else None
        if event.type not in _OWN:
            case.route(_routed(reading, event, org_kind, replaces), meta)
            return Recorded(case, routed_id=event_id(case.pending_events[-1]))
        if type(data) not in _BY_RULES_OF_THEIR_OWN:
            take(uow, case, as_recorded(data), meta, is_alone=match.is_alone)
            return Recorded(case)
        client = _meant(case, match)
        if isinstance(data, ClientIntroducedPosted):
            return self._introduce(uow, case, reading, data, meta)
        if isinstance(data, ClientRegisteredPosted):
            self.registrar.register(uow, case, client, event, data, meta, place)
        elif isinstance(data, IdentityCorrectedPosted):
            self.registrar.correct(uow, case, client, event, data, meta, place)
        elif isinstance(data, ConsentGivenPosted):
            return Recorded(case, warnings=self._consents.give(uow, case, client, data, meta))
        elif isinstance(data, ConsentWithdrawn):
            case.withdraw(data, meta, _consent_named(uow, client, data, meta))
        elif isinstance(data, ClientScreenedPosted):
            self._screenings.screened(uow, case, data, meta, replaces)
        elif isinstance(data, ClientMovedPosted):
            given = self._number(reading)
            return Recorded(case, number=self._moves.moved(uow, case, data, given, meta, place))
        elif isinstance(data, MoveAcknowledgedPosted):
            _, number = event.naming.number or (None, None)
            self._moves.acknowledged(uow, case, data, number, meta)
        elif isinstance(data, CaseReopenedPosted):
            check_no_later_case(uow, case)
            case.reopen(as_recorded(data), meta)  # type: ignore[arg-type]
        return Recorded(case)

    def _introduce(
        self, uow: UnitOfWork, case: Case, reading: Reading, data: ClientIntroducedPosted, meta: Meta
    ) -> Recorded:
        given = self._number(reading)
        take(uow, case, ClientIntroduced(**dict(data), number=given), meta)
        uow.claim(keys.NUMBER, keys.number_key(NumberKind.INTRODUCTION, given), keys.as_text(case.id))
        return Recorded(case, number=given)

    def _where_it_stands(self, uow: UnitOfWork, event: Event, match: Match) -> Match:
        """What withdraws a consent by its name goes to the case in which that was given, over or not; what
        answers a move without its number, to the case that tells of the move."""
        case, data, org = match.case, event.data, event.naming.org
        if case is None:
            return match
        if type(data) is ConsentWithdrawn and data.consent is not None:
            return match._replace(case=people.case_of_consent(uow, case, org, data.consent))
        if type(data) is MoveAcknowledgedPosted and event.naming.number is None:
            return match._replace(case=self._moves.case_answered(uow, case, _meant(case, match), org))
        return match

    def _derived(self, kind: str, reading: Reading) -> UUID:
        return self._derive(kind, reading.source, reading.event_id)

    def number_of(self, *parts: str) -> str:
        """A number for an introduction: the same again for the same parts."""
        return number(self._ids_key, keys.PREFIX[NumberKind.INTRODUCTION], *parts)

    def _number(self, reading: Reading) -> str:
        return self.number_of(reading.source, reading.event_id)


def _consent_named(uow: UnitOfWork, client: UUID, data: ConsentWithdrawn, meta: Meta) -> Given | None:
    """The consent that a withdrawal names, wherever it was given; none where it names none."""
    return people.consent_of(uow, keys.as_text(client), meta.org, data.consent) if data.consent else None


def _meant(case: Case, match: Match) -> UUID:
    """The client whom an event means, also where somebody else's case takes it because the two are one."""
    return keys.as_id(match.client) if match.client else case.client_id


def _bind(uow: UnitOfWork, case: Case, match: Match, event: Event, meta: Meta) -> None:
    """The reference means the client whom the event named, also where somebody else's case takes the event
    because the two are one person."""
    assert event.naming.reference is not None
    client = _meant(case, match)
    if client != case.client_id:
        case = people.case_of_client(uow, keys.as_text(client)) or case
    bound = AgencyReferenceBound(org=meta.org, agency_ref=event.naming.reference)
    case.bind(bound, people.envelopes(meta)(case.id))
    uow.claim(
        keys.REFERENCE, keys.reference_key(meta.org, event.naming.reference), keys.as_text(case.client_id)
    )


def _routed(reading: Reading, event: Event, org_kind: str, replaces: Original | None) -> AgencyEventRouted:
    kind, number = event.naming.number or (None, None)
    return AgencyEventRouted(
        type=event.type,
        event_source=reading.source,
        event_id=reading.event_id,
        posted_by=reading.submission.agency,
        org_kind=OrgKind(org_kind),
        number=number,
        number_kind=kind,
        data=event.data.model_dump(mode="json"),
        replaces=replaces.recorded_id if replaces is not None else None,
    )
