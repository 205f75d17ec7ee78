"""One pathway of one client, from first contact to plan: what intake itself decides and remembers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.aggregate import Aggregate, event, event_id
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.cases import CaseClosed, CaseReopened, ClientMoved, MoveAcknowledged
from contracts.events.common import DeadlinePassed, EventVoided
from contracts.events.consent import ConsentExpired, ConsentGiven, ConsentWithdrawn
from contracts.events.intake import (
    AgencyEventRouted,
    AgencyReferenceBound,
    BriefInterventionGiven,
    CaseOpened,
    ClientContacted,
    ClientIntroduced,
    ClientRegistered,
    CounsellingProvided,
    PlanAgreed,
    PlanRevised,
)
from contracts.events.people import (
    ClientsDistinguished,
    ClientsMerged,
    ClientsUnmerged,
    IdentityCorrected,
)
from contracts.events.screening import ClientScreened, ScreeningDeclined, ScreeningReviewed
from contracts.vocabulary import ClientGroup, CloseReason, Deadline, ReopenReason

from intake.domain import facts
from intake.domain.consenting import Consents, Given
from intake.domain.facts import Fact
from intake.domain.moving import Move, answered
from intake.domain.order import UNBOUND, Step, check, moves, stage, too_early
from intake.domain.particulars import Telling
from intake.domain.paths import RULED_OUT, check_routed, check_step
from intake.domain.reports import ALONE, Known, Report, Reports, steps_of, steps_told
from intake.domain.screened import Screenings

_AS_TOLD = ("occurred_at", "precision", "actor", "entered_by", "org", "legal_basis")
"""What of an envelope says who told what of which day, and on which ground."""


class Place(NamedTuple):
    """Where a case belongs, for who may see it; the least of several counts. Reporting says the same."""

    by_residence: bool
    told_at: datetime
    version: int
    commune: str


class Case(Aggregate):
    """A case opens at the first contact (or the registration of a walk-in) and takes facts until it is
    closed.

    Each method decides by the table in `intake.domain.order` and raises `Refusal` before anything has
    changed. What each event changes stands in `intake.domain.facts`; the library makes of each a class of
    its own here, and those are recorded.
    """

    class Created(Aggregate.Created):
        data: CaseOpened

    Bound = facts.Bound
    Contacted = facts.Contacted
    Introduced = facts.Introduced
    Registered = facts.Registered
    Consented = facts.Consented
    Withdrawn = facts.Withdrawn
    Expired = facts.Expired
    Counselled = facts.Counselled
    Screened = facts.Screened
    Reviewed = facts.Reviewed
    Declined = facts.Declined
    Intervened = facts.Intervened
    Planned = facts.Planned
    Revised = facts.Revised
    Moved = facts.Moved
    Acknowledged = facts.Acknowledged
    Overdue = facts.Overdue
    Voided = facts.Voided
    Closed = facts.Closed
    Reopened = facts.Reopened
    Corrected = facts.Corrected
    Merged = facts.Merged
    Unmerged = facts.Unmerged
    Distinguished = facts.Distinguished
    Routed = facts.Routed

    @event(Created)
    def __init__(self, data: CaseOpened, meta: Meta) -> None:
        self.client_id: UUID = data.client_id
        self.groups: Mapping[UUID, ClientGroup] = {data.client_id: data.client_group}
        self.place: Place | None = None
        self.reports: Reports = {}
        self.closed_at: datetime | None = None
        self.ended_on: datetime | None = None
        self.closing: facts.Closed | None = None
        self.is_merged = False
        self.tellings: tuple[Telling, ...] = ()
        self.consents = Consents()
        self.references: frozenset[tuple[str, str]] = frozenset()
        self.parties: frozenset[tuple[str, UUID]] = frozenset()
        self.introductions: Mapping[str, UUID] = {}
        self.withdrawn: frozenset[tuple[str, str]] = frozenset()
        self.moves: tuple[Move, ...] = ()
        self.wrong_moves: Mapping[int, Move] = {}
        self.screenings = Screenings()
        self.was_reopened = False
        self.has_routed = False

    @property
    def stands(self) -> bool:
        """Whether anything that was reported of the client stands here."""
        return bool(self.reports) or self.closed_at is not None or self.has_routed

    @property
    def happened(self) -> frozenset[Step]:
        """What is known here of the case's own client."""
        return self.happened_of({self.client_id})

    def happened_of(self, clients: Collection[UUID], elsewhere: Collection[Report] = ()) -> frozenset[Step]:
        """What is known of who is all of these clients, here and `elsewhere`; and that the case is over."""
        over = () if self.closed_at is None else (Step.CLOSED,)
        return steps_of(self.reports, clients).union(steps_of(elsewhere, clients), over)

    @property
    def closed_of(self) -> UUID | None:
        """Of whom the closing that holds was told; none: it is open, or merging closed it."""
        return self.meant(self.closing.meta) if self.closing is not None else None

    @classmethod
    def open(cls, case_id: UUID, data: CaseOpened, meta: Meta) -> Case:
        """A new case; the fact that opens it follows at once."""
        return cls._create(cls.Created, id=case_id, data=data, meta=meta)

    def take(self, data: Payload, meta: Meta, known: Known = ALONE) -> None:
        """Record a fact that an agency reports, unless it comes too early or is not allowed any more."""
        fact = FACTS[type(data)]
        self.check_takes(fact.step, meta, known)
        self.trigger_event(fact, data=data, meta=meta)

    def check_takes(self, step: Step, meta: Meta, known: Known = ALONE) -> None:
        """Raises `Refusal` unless the case takes that step: by the way of its client's group, and now."""
        if step in RULED_OUT:
            check_step(self.group_of(meta), step)
        self._allow(step, meta, known)

    def reopen(self, data: CaseReopened, meta: Meta) -> None:
        """Record that a closed case goes on. Whether the client has a later one, the caller has asked."""
        if self.is_merged:
            raise Refusal("case_merged", state=str(Step.CLOSED))
        if self.closed_at is None and self.was_reopened:
            raise Refusal("case_is_open", state=stage(self.happened), moves=moves(self.happened))
        self._allow(Step.REOPENED, meta)
        if self.closed_at is not None and meta.latest_at < self.closed_at:
            raise Refusal("reopened_before_closing", field="ce_time", state=str(Step.CLOSED))
        self.trigger_event(self.Reopened, data=data, meta=meta)

    def move_answered(
        self, number: str | None, is_theirs: Callable[[str], bool], clients: Collection[UUID]
    ) -> Move:
        """The move that somebody acknowledges by its number, or without one that of any of these clients, who
        are one person. Raises `Refusal`."""
        found = self.moves if number is not None else self.moves_of(clients)
        if not found:
            raise too_early(Step.ACKNOWLEDGED, Step.MOVED, self.happened_of(clients))
        return answered(found, number, is_theirs)

    def moves_of(self, clients: Collection[UUID]) -> tuple[Move, ...]:
        """The moves of these clients that are told here."""
        return tuple(one for one in self.moves if (one.client or self.client_id) in clients)

    def screened_before(
        self, meta: Meta, clients: Collection[UUID], after: Collection[str] = ()
    ) -> str | None:
        """The screening before one that comes now, of who is these clients, or that stands before those
        `after` it; see `Screenings.before`."""
        whom = set(map(self.another, clients))
        later = {each for at, each, _ in self.screenings.taken if each in after and at >= meta.occurred_at}
        return self.screenings.before(meta.latest_at, whom, later)

    def same(self, meta: Meta, known: Known) -> frozenset[UUID]:
        """Everybody who is one person with the client of whom an event tells."""
        return known.clients or frozenset({self.client_id, self.meant(meta)})

    def pass_deadline(self, version: int, meta: Meta) -> None:
        """Record that a move was not acknowledged in time; nothing if it was, or was voided."""
        late = next((move for move in self.moves if move.version == version), None)
        if late is None or not late.is_open or late.overdue or late.due_at is None:
            return
        data = DeadlinePassed(
            which=Deadline.MOVE_ACKNOWLEDGEMENT, due_at=late.due_at, about=f"{self.id}:{version}"
        )
        self.trigger_event(self.Overdue, data=data, meta=meta)

    def void(self, version: int, data: EventVoided, meta: Meta) -> None:
        """Record that an event counts as if it had never been made. What another service decides about may
        be voided again: that service knows whether there is anything left to void."""
        if data.type != AgencyEventRouted.TYPE or version in self.voiding:
            self.check_voidable(version)
        self.trigger_event(self.Voided, data=data, meta=meta)

    def review(self, data: ScreeningReviewed, meta: Meta) -> None:
        """Record what somebody found who looked into a screening whose claim differs from the computation:
        once, whatever the state of the case."""
        self.screenings.check_open(data.screening, stage(self.happened))
        self.trigger_event(self.Reviewed, data=data, meta=meta)

    def introduce(self, number: str, to_org: str, meta: Meta) -> None:
        """Part of evolving: a number is for this organisation to take the client up."""
        self.introductions = {**self.introductions, number: self.meant(meta)}
        self.parties = self.parties | {(to_org, self.meant(meta))}

    def leave_out(self, happened: Any) -> None:
        """A number that was voided stays known to whom it was sent, and cannot be taken up."""
        super().leave_out(happened)
        data = happened.data
        if isinstance(data, ClientIntroduced | ClientMoved) and data.number and data.to_org:
            self.withdrawn = self.withdrawn | {(data.number, data.to_org)}
        if isinstance(happened, facts.Moved):
            self.wrong_moves = {**self.wrong_moves, self.place_of(happened): happened.move(self)}
        elif isinstance(data, ConsentGiven):
            self.put_consent_right(event_id(happened))
            self.consents = self.consents.voided(event_id(happened), happened.meta)

    def told_first(self, happened: Any) -> Meta:
        """Part of evolving: when and by whom we were told of what an event puts right, or tells."""
        told: Meta = (self.in_place_of or happened).meta
        return told

    def place_of(self, happened: Any) -> int:
        """Part of evolving: the version in whose place an event counts."""
        return int((self.in_place_of or happened).originator_version)

    def put_consent_right(self, consent_id: str) -> None:
        """Part of evolving: a consent may stand in the place of one that was wrong."""
        if self.in_place_of is not None:
            self.consents = self.consents.in_place(consent_id, event_id(self.in_place_of))

    def withdraw(self, data: ConsentWithdrawn, meta: Meta, elsewhere: Given | None = None) -> None:
        """Record that the client takes back a consent, or something of it: at any time, also of a closed
        case. `elsewhere`: the consent meant, where it was given in the case of another."""
        self.trigger_event(self.Withdrawn, data=self.consents.named_by(data, meta, elsewhere), meta=meta)

    def expiring(self, consent_id: str) -> Given | None:
        """The consent, if its end is still to be recorded."""
        return self.consents.to_expire(consent_id)

    def expire(self, data: ConsentExpired, meta: Meta) -> None:
        """The clock says that the last day of a consent is over: recorded once."""
        if self.expiring(data.consent) is not None:
            self.trigger_event(self.Expired, data=data, meta=meta)

    def bind(self, data: AgencyReferenceBound, meta: Meta) -> None:
        """Record that an agency's own reference means this client; nothing if that is recorded already."""
        if (data.org, data.agency_ref) not in self.references:
            self.trigger_event(self.Bound, data=data, meta=meta)

    def route(self, data: AgencyEventRouted, meta: Meta) -> None:
        """Pass on what another service decides.

        News of a referral or stay, named by its number, goes on after the closing.
        """
        check_routed(self.group_of(meta), data.type, data.data)
        if data.number is None:
            self._allow(Step.ROUTED, meta)
        self.trigger_event(self.Routed, data=data, meta=meta)

    def note(self, data: OfPeople, meta: Meta) -> None:
        """Record what somebody found or decided about who is who, whatever the state of the case."""
        self.trigger_event(OF_PEOPLE[type(data)], data=data, meta=meta)

    def close_as_merged(self, into: UUID, meta: Meta) -> None:
        """The pathway goes on in another case of the same person."""
        self.trigger_event(self.Closed, data=CaseClosed(reason=CloseReason.MERGED, into_case=into), meta=meta)

    def close_as_told(self, closing: facts.Closed, client: UUID, meta: Meta) -> None:
        """What was told of this client in the case of another closes this case as well: on the day and by
        whom it was told there, which caused it."""
        told = {name: getattr(closing.meta, name) for name in _AS_TOLD}
        told |= {"client": self.another(client), "causation_id": event_id(closing)}
        self.trigger_event(self.Closed, data=closing.data, meta=meta.model_copy(update=told))

    def reopen_as_unmerged(self, meta: Meta) -> None:
        """The pathway goes on here again."""
        self.trigger_event(self.Reopened, data=CaseReopened(reason=ReopenReason.UNMERGED), meta=meta)

    def parties_of(self, clients: Collection[UUID]) -> frozenset[str]:
        """Who has registered one of these clients here, was sent one, or means the case's own by a reference:
        what it is told of a client it has to do with is that client's, in whichever case it stands."""
        told = {org for org, client in self.parties if client in clients}
        own = {org for org, _ in self.references} if self.client_id in clients else ()
        return frozenset(told.union(own))

    def meant(self, meta: Meta) -> UUID:
        """The client of whom an event of the case tells."""
        return meta.client or self.client_id

    def another(self, client: UUID) -> UUID | None:
        """The client as an envelope names one: none for the case's own."""
        return None if client == self.client_id else client

    def group_of(self, meta: Meta) -> ClientGroup:
        """The group whose path somebody goes of whom an event tells: as that client was registered here last,
        else as the case's own client."""
        own = self.groups[self.client_id]
        return own if meta.client is None else self.groups.get(meta.client, own)

    def belongs(self, told: Fact, commune: str, *, by_contact: bool) -> None:
        """Part of evolving: the case belongs where the client was met first; where nobody met the client, to
        the first residence. It stays there when the client moves."""
        place = Place(not by_contact, told.meta.occurred_at, told.originator_version, commune)
        self.place = min(place, self.place) if self.place is not None else place

    def tell(self, data: ClientRegistered | IdentityCorrected, meta: Meta, told_by: str) -> None:
        """Part of evolving: something was told of who somebody is."""
        first = self.in_place_of
        came = (first.meta, event_id(first)) if first is not None else None
        self.tellings = (*self.tellings, Telling.of(self.meant(meta), data, meta, told_by, came))

    def _allow(self, step: Step, meta: Meta, known: Known = ALONE) -> None:
        if known is ALONE and meta.client is None:
            self._allow_alone(step, meta)
            return
        whom, happened = {self.meant(meta)}, self.happened_of(self.same(meta, known), known.elsewhere)
        # an office may register a client anew in the case in which that one's own goes on
        here = [one for one in (*self.reports, *known.beside) if one.org == meta.org]
        check(
            step,
            happened,
            steps_of(here, whom),
            steps_of((*self.reports, *known.elsewhere), whom),
            occurred_at=meta.occurred_at,
            closed_at=self.closed_at,
        )

    def _allow_alone(self, step: Step, meta: Meta) -> None:
        """The same, of nearly all: the case's own client, of whom no other case tells."""
        if self.closed_at is None and step in UNBOUND:
            return
        told, own = steps_told(self.reports, self.client_id, meta.org)
        happened = told if self.closed_at is None else told | {Step.CLOSED}
        check(step, happened, own, told, occurred_at=meta.occurred_at, closed_at=self.closed_at)


FACTS: dict[type[Payload], type[Fact]] = {
    ClientContacted: Case.Contacted,
    ClientIntroduced: Case.Introduced,
    ClientRegistered: Case.Registered,
    ConsentGiven: Case.Consented,
    CounsellingProvided: Case.Counselled,
    ClientScreened: Case.Screened,
    BriefInterventionGiven: Case.Intervened,
    PlanAgreed: Case.Planned,
    PlanRevised: Case.Revised,
    ScreeningDeclined: Case.Declined,
    ClientMoved: Case.Moved,
    MoveAcknowledged: Case.Acknowledged,
    CaseClosed: Case.Closed,
    IdentityCorrected: Case.Corrected,
}
"""What agencies report of a case, and the fact that it becomes."""

OfPeople = ClientsMerged | ClientsUnmerged | ClientsDistinguished

OF_PEOPLE: dict[type[Payload], type[Aggregate.Event]] = {
    ClientsMerged: Case.Merged,
    ClientsUnmerged: Case.Unmerged,
    ClientsDistinguished: Case.Distinguished,
}
"""What is recorded in a case about who its client is."""
