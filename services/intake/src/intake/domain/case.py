"""One pathway of one client, from first contact to plan: what intake itself decides and remembers."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.aggregate import Aggregate, event
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.consent import ConsentGiven
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
)
from contracts.events.people import (
    ClientsDistinguished,
    ClientsMerged,
    ClientsUnmerged,
    IdentityCorrected,
    MatchesProposed,
)
from contracts.events.screening import ClientScreened
from contracts.vocabulary import CloseReason, ReopenReason

from intake.domain.order import Step, check


class Fact(Aggregate.Event):
    """Something that happened with the client: one step of the order in `intake.domain.order`."""

    step: ClassVar[Step]

    def apply(self, aggregate: Case) -> None:
        """The step is known from now on."""
        if self.step not in aggregate.happened:
            aggregate.happened = aggregate.happened | {self.step}


class Case(Aggregate):
    """A case opens at the first contact (or the registration of a walk-in) and takes facts until it is
    closed.

    Each method decides by the table in `intake.domain.order` and raises `Refusal` before anything has
    changed.
    """

    class Created(Aggregate.Created):
        data: CaseOpened

    class Bound(Aggregate.Event):
        data: AgencyReferenceBound

        def apply(self, aggregate: Case) -> None:
            """The reference means this client from now on."""
            aggregate.references = aggregate.references | {(self.data.org, self.data.agency_ref)}

    class Contacted(Fact):
        data: ClientContacted
        step = Step.CONTACTED

    class Introduced(Fact):
        data: ClientIntroduced
        step = Step.INTRODUCED

        def apply(self, aggregate: Case) -> None:
            """Whom the client was sent to may take up the number."""
            super().apply(aggregate)
            aggregate.introduced_to = aggregate.introduced_to | {self.data.to_org}

    class Registered(Fact):
        data: ClientRegistered
        step = Step.REGISTERED

        def apply(self, aggregate: Case) -> None:
            """Each organisation takes the client on once."""
            super().apply(aggregate)
            aggregate.registered_by = aggregate.registered_by | {self.meta.org}
            aggregate.told(self.data.birth_year, self.data.sex)

    class Consented(Fact):
        data: ConsentGiven
        step = Step.CONSENTED

    class Counselled(Fact):
        data: CounsellingProvided
        step = Step.COUNSELLED

    class Screened(Fact):
        data: ClientScreened
        step = Step.SCREENED

    class Intervened(Fact):
        data: BriefInterventionGiven
        step = Step.INTERVENED

    class Planned(Fact):
        data: PlanAgreed
        step = Step.PLANNED

    class Closed(Fact):
        data: CaseClosed
        step = Step.CLOSED

        def apply(self, aggregate: Case) -> None:
            """Nothing that occurs later belongs to this case."""
            super().apply(aggregate)
            aggregate.closed_at = self.meta.latest_at
            aggregate.is_merged = self.data.reason is CloseReason.MERGED

    class Reopened(Aggregate.Event):
        data: CaseReopened

        def apply(self, aggregate: Case) -> None:
            """The pathway goes on."""
            aggregate.happened = aggregate.happened - {Step.CLOSED}
            aggregate.closed_at, aggregate.is_merged = None, False

    class Corrected(Fact):
        data: IdentityCorrected
        step = Step.CORRECTED

        def apply(self, aggregate: Case) -> None:
            """What is told of the person here counts from now on."""
            super().apply(aggregate)
            aggregate.told(self.data.birth_year, self.data.sex)

    class Proposed(Aggregate.Event):
        data: MatchesProposed

    class Merged(Aggregate.Event):
        data: ClientsMerged

    class Unmerged(Aggregate.Event):
        data: ClientsUnmerged

    class Distinguished(Aggregate.Event):
        data: ClientsDistinguished

    class Routed(Aggregate.Event):
        data: AgencyEventRouted

    @event(Created)
    def __init__(self, data: CaseOpened, meta: Meta) -> None:
        self.client_id: UUID = data.client_id
        self.happened: frozenset[Step] = frozenset()
        self.closed_at: datetime | None = None
        self.is_merged = False
        self.birth_year: int | None = None
        self.sex: str | None = None
        self.references: frozenset[tuple[str, str]] = frozenset()
        self.registered_by: frozenset[str] = frozenset()
        self.introduced_to: frozenset[str] = frozenset()

    @classmethod
    def open(cls, case_id: UUID, data: CaseOpened, meta: Meta) -> Case:
        """A new case; the fact that opens it follows at once."""
        return cls._create(cls.Created, id=case_id, data=data, meta=meta)

    def take(self, data: Payload, meta: Meta) -> None:
        """Record a fact that an agency reports, unless it comes too early or is not allowed any more."""
        fact = FACTS[type(data)]
        self._allow(fact.step, meta)
        self.trigger_event(fact, data=data, meta=meta)

    def bind(self, data: AgencyReferenceBound, meta: Meta) -> None:
        """Record that an agency's own reference means this client; nothing if that is recorded already."""
        if (data.org, data.agency_ref) not in self.references:
            self.trigger_event(self.Bound, data=data, meta=meta)

    def route(self, data: AgencyEventRouted, meta: Meta) -> None:
        """Pass on what another service decides.

        News of a referral or stay, named by its number, goes on after the closing.
        """
        if data.number is None:
            self._allow(Step.ROUTED, meta)
        self.trigger_event(self.Routed, data=data, meta=meta)

    def note(self, data: OfPeople, meta: Meta) -> None:
        """Record what somebody found or decided about who is who, whatever the state of the case."""
        self.trigger_event(OF_PEOPLE[type(data)], data=data, meta=meta)

    def close_as_merged(self, into: UUID, meta: Meta) -> None:
        """The pathway goes on in another case of the same person."""
        self.trigger_event(self.Closed, data=CaseClosed(reason=CloseReason.MERGED, into_case=into), meta=meta)

    def reopen_as_unmerged(self, meta: Meta) -> None:
        """The pathway goes on here again."""
        self.trigger_event(self.Reopened, data=CaseReopened(reason=ReopenReason.UNMERGED), meta=meta)

    def told(self, birth_year: int | None, sex: str | None) -> None:
        """What was told of the person last; what was not told stays."""
        self.birth_year = self.birth_year if birth_year is None else birth_year
        self.sex = self.sex if sex is None else sex

    def _allow(self, step: Step, meta: Meta) -> None:
        own = _REGISTERED if meta.org in self.registered_by else ()
        check(step, self.happened, own, occurred_at=meta.occurred_at, closed_at=self.closed_at)


_REGISTERED = (Step.REGISTERED,)

FACTS: dict[type[Payload], type[Fact]] = {
    ClientContacted: Case.Contacted,
    ClientIntroduced: Case.Introduced,
    ClientRegistered: Case.Registered,
    ConsentGiven: Case.Consented,
    CounsellingProvided: Case.Counselled,
    ClientScreened: Case.Screened,
    BriefInterventionGiven: Case.Intervened,
    PlanAgreed: Case.Planned,
    CaseClosed: Case.Closed,
    IdentityCorrected: Case.Corrected,
}
"""What agencies report of a case, and the fact that it becomes."""

OfPeople = MatchesProposed | ClientsMerged | ClientsUnmerged | ClientsDistinguished

OF_PEOPLE: dict[type[Payload], type[Aggregate.Event]] = {
    MatchesProposed: Case.Proposed,
    ClientsMerged: Case.Merged,
    ClientsUnmerged: Case.Unmerged,
    ClientsDistinguished: Case.Distinguished,
}
"""What is recorded in a case about who its client is."""
