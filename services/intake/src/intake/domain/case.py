"""One pathway of one client, from first contact to plan: what intake itself decides and remembers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.aggregate import Aggregate, event
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.intake import (
    AgencyEventRouted,
    AgencyReferenceBound,
    BriefInterventionGiven,
    CaseClosed,
    CaseOpened,
    ClientContacted,
    ClientIntroduced,
    ClientRegistered,
    ClientScreened,
    ConsentGiven,
    CounsellingProvided,
    PlanAgreed,
)

from intake.domain.order import Step, check


class Case(Aggregate):
    """A case opens at the first contact (or at the registration of a walk-in) and takes facts until it is
    closed.

    Each public method decides by the table in `intake.domain.order` and raises `Refusal` before anything has
    changed; the method beside it, named in the past tense, evolves.
    """

    class Created(Aggregate.Created):
        data: CaseOpened

    class Bound(Aggregate.Event):
        data: AgencyReferenceBound

    class Contacted(Aggregate.Event):
        data: ClientContacted

    class Introduced(Aggregate.Event):
        data: ClientIntroduced

    class Registered(Aggregate.Event):
        data: ClientRegistered

    class Consented(Aggregate.Event):
        data: ConsentGiven

    class Counselled(Aggregate.Event):
        data: CounsellingProvided

    class Screened(Aggregate.Event):
        data: ClientScreened

    class Intervened(Aggregate.Event):
        data: BriefInterventionGiven

    class Planned(Aggregate.Event):
        data: PlanAgreed

    class Closed(Aggregate.Event):
        data: CaseClosed

    class Routed(Aggregate.Event):
        data: AgencyEventRouted

    @event(Created)
    def __init__(self, data: CaseOpened, meta: Meta) -> None:
        self.client_id: UUID = data.client_id
        self.happened: frozenset[Step] = frozenset()
        self.closed_at: datetime | None = None
        self.references: frozenset[tuple[str, str]] = frozenset()
        self.registered_by: frozenset[str] = frozenset()

    @classmethod
    def open(cls, case_id: UUID, data: CaseOpened, meta: Meta) -> Case:
        """A new case; the fact that opens it follows at once."""
        return cls._create(cls.Created, id=case_id, data=data, meta=meta)

    def bind(self, data: AgencyReferenceBound, meta: Meta) -> None:
        """Record that an agency's own reference means this client.

        What is bound already is not recorded again.
        """
        if (data.org, data.agency_ref) not in self.references:
            self._bound(data=data, meta=meta)

    @event(Bound)
    def _bound(self, data: AgencyReferenceBound, meta: Meta) -> None:
        self.references = self.references | {(data.org, data.agency_ref)}

    def contact(self, data: ClientContacted, meta: Meta) -> None:
        """Record that somebody reached the client."""
        self._allow(Step.CONTACTED, meta)
        self._contacted(data=data, meta=meta)

    @event(Contacted)
    def _contacted(self, data: ClientContacted, meta: Meta) -> None:
        self._has(Step.CONTACTED)

    def introduce(self, data: ClientIntroduced, meta: Meta) -> None:
        """Record that the client was introduced to a social worker, under the number in `data`."""
        self._allow(Step.INTRODUCED, meta)
        self._introduced(data=data, meta=meta)

    @event(Introduced)
    def _introduced(self, data: ClientIntroduced, meta: Meta) -> None:
        self._has(Step.INTRODUCED)

    def register(self, data: ClientRegistered, meta: Meta) -> None:
        """Record that an organisation took the client on. Who it is stands in the vault, not here."""
        self._allow(Step.REGISTERED, meta)
        self._registered(data=data, meta=meta)

    @event(Registered)
    def _registered(self, data: ClientRegistered, meta: Meta) -> None:
        self._has(Step.REGISTERED)
        self.registered_by = self.registered_by | {meta.org}

    def consent(self, data: ConsentGiven, meta: Meta) -> None:
        """Record what the client agreed to have shared, with whom and until when."""
        self._allow(Step.CONSENTED, meta)
        self._consented(data=data, meta=meta)

    @event(Consented)
    def _consented(self, data: ConsentGiven, meta: Meta) -> None:
        self._has(Step.CONSENTED)

    def counsel(self, data: CounsellingProvided, meta: Meta) -> None:
        """Record one turn of counselling."""
        self._allow(Step.COUNSELLED, meta)
        self._counselled(data=data, meta=meta)

    @event(Counselled)
    def _counselled(self, data: CounsellingProvided, meta: Meta) -> None:
        self._has(Step.COUNSELLED)

    def screen(self, data: ClientScreened, meta: Meta) -> None:
        """Record a screening with its scores."""
        self._allow(Step.SCREENED, meta)
        self._screened(data=data, meta=meta)

    @event(Screened)
    def _screened(self, data: ClientScreened, meta: Meta) -> None:
        self._has(Step.SCREENED)

    def intervene(self, data: BriefInterventionGiven, meta: Meta) -> None:
        """Record a brief intervention; it follows a screening."""
        self._allow(Step.INTERVENED, meta)
        self._intervened(data=data, meta=meta)

    @event(Intervened)
    def _intervened(self, data: BriefInterventionGiven, meta: Meta) -> None:
        self._has(Step.INTERVENED)

    def agree_plan(self, data: PlanAgreed, meta: Meta) -> None:
        """Record the client's own plan."""
        self._allow(Step.PLANNED, meta)
        self._planned(data=data, meta=meta)

    @event(Planned)
    def _planned(self, data: PlanAgreed, meta: Meta) -> None:
        self._has(Step.PLANNED)

    def close(self, data: CaseClosed, meta: Meta) -> None:
        """End the case: it takes nothing that occurs afterwards."""
        self._allow(Step.CLOSED, meta)
        self._closed(data=data, meta=meta)

    @event(Closed)
    def _closed(self, data: CaseClosed, meta: Meta) -> None:
        self._has(Step.CLOSED)
        self.closed_at = meta.occurred_at

    def route(self, data: AgencyEventRouted, meta: Meta) -> None:
        """Pass on what another service decides.

        What names a number (a referral, a stay) goes on after closing.
        """
        if data.number is None:
            self._allow(Step.ROUTED, meta)
        self._routed(data=data, meta=meta)

    @event(Routed)
    def _routed(self, data: AgencyEventRouted, meta: Meta) -> None:
        """Nothing of the case changes: its owner decides."""

    def take(self, data: Payload, meta: Meta) -> None:
        """Decide on any of intake's own facts by its type; raises `Refusal` as the method for that type
        does.
        """
        _DECIDES[type(data)](self, data, meta)

    def _allow(self, step: Step, meta: Meta) -> None:
        own = _REGISTERED if meta.org in self.registered_by else ()
        check(step, self.happened, own, occurred_at=meta.occurred_at, closed_at=self.closed_at)

    def _has(self, step: Step) -> None:
        if step not in self.happened:
            self.happened = self.happened | {step}


_REGISTERED = (Step.REGISTERED,)
_DECIDES: dict[type[Payload], Callable[[Case, Any, Meta], None]] = {
    ClientContacted: Case.contact,
    ClientIntroduced: Case.introduce,
    ClientRegistered: Case.register,
    ConsentGiven: Case.consent,
    CounsellingProvided: Case.counsel,
    ClientScreened: Case.screen,
    BriefInterventionGiven: Case.intervene,
    PlanAgreed: Case.agree_plan,
    CaseClosed: Case.close,
}
"""The fact that an agency reports and the decision that takes it."""
