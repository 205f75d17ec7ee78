"""What is recorded in a case, and what each event changes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from chassis.aggregate import Aggregate, Voiding, event_id
from contracts.events.cases import CaseClosed, CaseReopened, ClientMoved, MoveAcknowledged
from contracts.events.common import DeadlinePassed, EventVoided
from contracts.events.consent import ConsentExpired, ConsentGiven, ConsentWithdrawn
from contracts.events.intake import (
    AgencyEventRouted,
    AgencyReferenceBound,
    BriefInterventionGiven,
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
from contracts.vocabulary import CloseReason
from reference.days import local_day

from intake.domain.moving import Move, put
from intake.domain.order import Step
from intake.domain.reports import Report

if TYPE_CHECKING:
    from intake.domain.case import Case


class Fact(Aggregate.Event):
    """Something that happened with the client: one step of the order in `intake.domain.order`."""

    step: ClassVar[Step]

    def apply(self, aggregate: Case) -> None:
        """The step is known of the client from now on."""
        meta = self.meta
        report = Report(meta.client or aggregate.client_id, self.step, meta.org)
        aggregate.reports[report] = aggregate.told_first(self).received_at


class Bound(Aggregate.Event):
    data: AgencyReferenceBound

    def apply(self, aggregate: Case) -> None:
        """The reference means this client from now on."""
        aggregate.references = aggregate.references | {(self.data.org, self.data.agency_ref)}


class Contacted(Fact):
    data: ClientContacted
    step = Step.CONTACTED

    def apply(self, aggregate: Case) -> None:
        """The case belongs where its own client was met first."""
        super().apply(aggregate)
        if self.meta.client is None:
            aggregate.belongs(self, self.data.commune, by_contact=True)


class Introduced(Fact):
    data: ClientIntroduced
    step = Step.INTRODUCED

    def apply(self, aggregate: Case) -> None:
        """Whom the client was sent to may take up the number."""
        super().apply(aggregate)
        aggregate.introduce(self.data.number, self.data.to_org, self.meta)


class Registered(Fact):
    data: ClientRegistered
    step = Step.REGISTERED

    def apply(self, aggregate: Case) -> None:
        """Each organisation takes the client on once."""
        super().apply(aggregate)
        aggregate.parties = aggregate.parties | {(self.meta.org, aggregate.meant(self.meta))}
        aggregate.tell(self.data, self.meta, event_id(self))
        aggregate.groups = {**aggregate.groups, aggregate.meant(self.meta): self.data.client_group}
        if self.meta.client is None and self.data.residence_commune is not None:
            aggregate.belongs(self, self.data.residence_commune, by_contact=False)


class Consented(Fact):
    data: ConsentGiven
    step = Step.CONSENTED

    def apply(self, aggregate: Case) -> None:
        """It can be withdrawn and expire."""
        super().apply(aggregate)
        aggregate.put_consent_right(event_id(self))
        aggregate.consents = aggregate.consents.given(event_id(self), self.data, self.meta)


class Withdrawn(Aggregate.Event):
    data: ConsentWithdrawn

    def apply(self, aggregate: Case) -> None:
        """What was withdrawn as a whole is not withdrawn again, and does not expire."""
        first = aggregate.told_first(self)
        aggregate.consents = aggregate.consents.withdrawn(self.data, self.meta, first)


class Expired(Aggregate.Event):
    data: ConsentExpired

    def apply(self, aggregate: Case) -> None:
        """The clock ends each consent once."""
        aggregate.consents = aggregate.consents.expired(self.data.consent)


class Counselled(Fact):
    data: CounsellingProvided
    step = Step.COUNSELLED


class Screened(Fact):
    data: ClientScreened
    step = Step.SCREENED

    def apply(self, aggregate: Case) -> None:
        """A later screening names this one; somebody looks into what differs."""
        super().apply(aggregate)
        aggregate.screenings = aggregate.screenings.with_one(
            *(event_id(self), self.meta.occurred_at, self.meta.org),
            differs=bool(self.data.differences),
            client=self.meta.client,
        )


class Reviewed(Aggregate.Event):
    data: ScreeningReviewed

    def apply(self, aggregate: Case) -> None:
        """Somebody has looked into it."""
        aggregate.screenings = aggregate.screenings.looked_into(self.data.screening)


class Declined(Fact):
    data: ScreeningDeclined
    step = Step.DECLINED


class Intervened(Fact):
    data: BriefInterventionGiven
    step = Step.INTERVENED


class Planned(Fact):
    data: PlanAgreed
    step = Step.PLANNED


class Revised(Fact):
    data: PlanRevised
    step = Step.REVISED


class Moved(Fact):
    data: ClientMoved
    step = Step.MOVED

    def apply(self, aggregate: Case) -> None:
        """Whoever takes up the client of whom it is told may take up the number."""
        super().apply(aggregate)
        data = self.data
        if data.number is not None and data.to_org is not None:
            aggregate.introduce(data.number, data.to_org, self.meta)
        aggregate.moves = (*aggregate.moves, self.move(aggregate))

    def move(self, aggregate: Case) -> Move:
        """The move as it counts where it stands."""
        data = self.data
        told = (self.meta.org, local_day(self.meta.received_at))
        sent = (data.number, data.to_org, data.due_at)
        move = Move(self.originator_version, *sent, *told, client=self.meta.client)
        return move.in_place_of(aggregate.wrong_moves.get(aggregate.place_of(self)))


class Acknowledged(Fact):
    data: MoveAcknowledged
    step = Step.ACKNOWLEDGED

    def apply(self, aggregate: Case) -> None:
        """Nobody owes an answer any more."""
        super().apply(aggregate)
        aggregate.moves = put(aggregate.moves, version_of(self.data.move), acknowledged=True)


class Overdue(Aggregate.Event):
    data: DeadlinePassed

    def apply(self, aggregate: Case) -> None:
        """The clock says so once."""
        aggregate.moves = put(aggregate.moves, version_of(self.data.about), overdue=True)


class Voided(Voiding):
    data: EventVoided


class Closed(Fact):
    data: CaseClosed
    step = Step.CLOSED

    def apply(self, aggregate: Case) -> None:
        """Nothing that occurs later belongs to this case."""
        aggregate.closed_at = self.meta.latest_at
        aggregate.ended_on = aggregate.told_first(self).received_at
        aggregate.is_merged = self.data.reason is CloseReason.MERGED
        aggregate.closing = None if aggregate.is_merged else self


class Reopened(Aggregate.Event):
    data: CaseReopened

    def apply(self, aggregate: Case) -> None:
        """The pathway goes on."""
        aggregate.closed_at = aggregate.ended_on = aggregate.closing = None
        aggregate.is_merged = False
        aggregate.was_reopened = True


class Corrected(Fact):
    data: IdentityCorrected
    step = Step.CORRECTED

    def apply(self, aggregate: Case) -> None:
        """What is told of the person here counts from now on."""
        super().apply(aggregate)
        aggregate.tell(self.data, self.meta, event_id(self))


class Merged(Aggregate.Event):
    data: ClientsMerged


class Unmerged(Aggregate.Event):
    data: ClientsUnmerged


class Distinguished(Aggregate.Event):
    data: ClientsDistinguished


class Routed(Aggregate.Event):
    data: AgencyEventRouted

    def apply(self, aggregate: Case) -> None:
        """Another service decides; here it stands that somebody reported it."""
        aggregate.has_routed = True


def version_of(recorded_id: str | None) -> int:
    """The version that the id of a recorded event names; 0 for none."""
    return int(recorded_id.rpartition(":")[2]) if recorded_id else 0
