"""The way of one client from treatment to reintegration, within one case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID, uuid5

from answering import Answering, Posting
from answering.terms import Running, Terms
from answering.whom import Whom
from chassis.aggregate import event
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.common import DeadlinePassed
from contracts.events.followup import (
    DetoxAdmitted,
    DetoxAdmittedPosted,
    DetoxCompleted,
    EvaluationDue,
    FollowupOpened,
    HandoverConsentLapsed,
    HandoverNotified,
    HandoverReceived,
    ManagementStarted,
    MethadoneInducted,
    MethadoneInductedPosted,
    ReintegrationEvaluated,
    SupportProvided,
)
from contracts.vocabulary import Deadline
from reference import Policy
from reference.days import local_day

from followup.domain.deciding import DECIDES, about, check_shared, told_anew_of, too_early
from followup.domain.evaluation import check_checker, window_of
from followup.domain.knowing import Sight, knows_the_way, own_facts
from followup.domain.posted import as_recorded
from followup.domain.sharing import Sharing
from followup.domain.stays import Stay, Stays
from followup.domain.way import WAY, Fact, Rule, furthest, moves_after


class Pathway(Answering):
    """Takes what facilities, clinics and communes report, in whatever order it comes.

    `carry_out` decides by the table `followup.domain.way.WAY` and by the rules beside it
    (`followup.domain.deciding`). The methods named in the past tense evolve.
    """

    passed: frozenset[str | None] = frozenset()
    """What the terms that have ended were counted from."""

    lapsed: frozenset[str] = frozenset()
    """The notices of which it was told that the consent on which they rest holds no more."""

    sharing: Sharing | None = None
    """What is known of the client's consents: lent while it decides, no part of its state."""

    sight: Sight | None = None
    """Whom the case is shown to for what intake tells of it: lent likewise."""
    LENT = (*Answering.LENT, "sharing", "sight")
    OPENING = frozenset({FollowupOpened.TYPE})

    class Event(Answering.Event):
        pass

    class Created(Event, Answering.Created):
        data: FollowupOpened

    class Admitted(Event):
        data: DetoxAdmitted

    class Completed(Event):
        data: DetoxCompleted

    class Inducted(Event):
        data: MethadoneInducted

    class Notified(Event):
        data: HandoverNotified

    class Lapsed(Event):
        data: HandoverConsentLapsed

        def apply(self, aggregate: Any) -> None:
            """Told once a notice: what is covered now is asked whenever it is read."""
            super().apply(aggregate)
            aggregate.lapsed = aggregate.lapsed | {self.data.about}

    class Received(Event):
        data: HandoverReceived

    class Managed(Event):
        data: ManagementStarted

    class Supported(Event):
        data: SupportProvided

    class FellDue(Event):
        data: EvaluationDue

    class Evaluated(Event):
        data: ReintegrationEvaluated

    class Passed(Event):
        data: DeadlinePassed

        def apply(self, aggregate: Any) -> None:
            """Told once; the term stands on the work list until somebody acts."""
            super().apply(aggregate)
            aggregate.passed = aggregate.passed | {self.data.about}

    @event(Created)
    def __init__(self, data: FollowupOpened, meta: Meta) -> None:
        self.case_id: UUID = meta.subject
        self.client_id: UUID = data.client_id
        self.known: frozenset[Fact] = frozenset({Fact.OPENED})
        self.stays = Stays()
        self.clinics: frozenset[str] = frozenset()
        self.managed_on: date | None = None
        self.managed_by: str | None = None
        self.managed_of: UUID | None = None
        self.management: str | None = None
        self.due: EvaluationDue | None = None
        self.evaluated = False

    @staticmethod
    def stream_of(case_id: UUID) -> UUID:
        """The stream of a case's pathway."""
        return uuid5(case_id, "followup")

    @classmethod
    def open(cls, client_id: UUID, meta: Meta) -> Self:
        """The pathway of the case `meta.subject`, before anything is known of it."""
        stream = cls.stream_of(meta.subject)
        return cls._create(cls.Created, id=stream, data=FollowupOpened(client_id=client_id), meta=meta)

    def carry_out(self, posting: Posting, policy: Policy) -> None:
        """Records what the posting reports. Raises `Refusal`, before anything is recorded."""
        rule = WAY.get(type(posting.payload))
        if rule is None:
            raise self.refusal("not_a_move", type=posting.type)
        self._check_number(rule, posting.number)
        posting = self._of_stay(posting)
        self._allow(rule)
        taken = DECIDES[rule.posted](self, posting.payload, posting, policy)
        _RECORDS[rule.posted](self, data=taken.data, meta=taken.meta)

    def answer(self, posting: Posting, policy: Policy) -> None:
        """Carries it out, defers or refuses it, as of whom it tells. Never raises."""
        super().answer(self._of_stay(posting), policy)

    def record_in_place(self, posting: Posting, policy: Policy) -> None:
        rule, data = WAY.get(type(posting.payload)), posting.payload
        if rule is None:
            raise self.refusal("not_a_move", type=posting.type)
        self._check_number(rule, posting.number)
        posting = self._of_stay(posting)
        if isinstance(data, DetoxAdmittedPosted):
            facility, number = posting.meta.org, posting.number or ""
            data = as_recorded(DetoxAdmitted, data, facility=facility, stay_number=number)
        elif isinstance(data, MethadoneInductedPosted):
            data = as_recorded(MethadoneInducted, data, clinic=posting.meta.org)
        elif isinstance(data, ReintegrationEvaluated):
            check_checker(data, posting.meta, posting.org_kind)
        elif isinstance(data, HandoverNotified):
            posting = check_shared(self, told_anew_of(self, posting), data, posting, policy)
        _RECORDS[rule.posted](self, data=data, meta=posting.meta)

    def fall_due(self, management: str, policy: Policy, meta: Meta) -> None:
        """The clock says that a year has passed since `management` (its event id) started: recorded once."""
        if self.management != management or self.managed_on is None or self.due is not None:
            return
        window = window_of(self.managed_on, policy)
        due = EvaluationDue(due_on=window.due_on, window_from=window.since, window_until=window.until)
        self._fell_due(data=due, meta=meta)

    @property
    def terms(self) -> tuple[Running, ...]:
        """The terms that run: whoever was told of a handover confirms that the person has come."""
        return tuple(
            Running(
                *(Deadline.HANDOVER_RECEIPT, stay.notice, stay.receipt_from),
                *(stay.notified_to, stay.facility, stay.number),
            )
            for stay in self.stays
            if stay.handover_pending and stay.notice and stay.receipt_from and stay.notified_to
        )

    def pass_deadline(self, key: str, terms: Terms, now: datetime) -> None:
        """The clock says that this term has ended: recorded once, and only while it still runs."""
        for running in self.terms:
            if running.key == key and running.about not in self.passed:
                meta = terms.meta("followup", self._told_by(running.about), running, now)
                self.trigger_event(self.Passed, data=terms.passed(running), meta=meta)

    def _told_by(self, notice: str) -> Whom:
        """Of whom a notice tells."""
        return Whom(self.case_id, next((stay.told_of for stay in self.stays if stay.notice == notice), None))

    @property
    def on_consent(self) -> tuple[Stay, ...]:
        """The stays of which a commune was told by the client's consent, as far as is known to hold still."""
        return tuple(stay for stay in self.stays if stay.by_consent and stay.notice not in self.lapsed)

    def end_consents(
        self,
        at: datetime,
        policy: Policy,
        meta: Callable[[Whom, datetime], Meta],
        concerns: Callable[[Whom], bool],
    ) -> None:
        """Records of each notice which no consent of the client covers any more that it is so, once.

        `meta`: the envelope of what happened then with somebody; `concerns`: of whom this is asked. A notice
        that rests on a law is not touched.
        """
        for stay in self.on_consent:
            whom = Whom(self.case_id, stay.told_of)
            if self.sharing is None or not concerns(whom):
                continue
            if (ended := self.sharing.ended(stay, at, policy)) is None:
                continue
            data = HandoverConsentLapsed(
                stay=stay.number,
                facility=stay.facility,
                to_org=stay.notified_to or "",
                reason=ended.why,
                consent=ended.consent,
                about=stay.notice or "",
                labels=ended.labels,
            )
            self.trigger_event(self.Lapsed, data=data, meta=meta(whom, ended.since))

    def state_met(self) -> str:
        return str(furthest(self.known))

    def moves_allowed(self) -> tuple[str, ...]:
        return moves_after(self.known)

    def is_known_to(self, org: str, kind: str, /) -> bool:
        return super().is_known_to(org, kind) and knows_the_way(org, kind, self.stays, self.sight)

    def standing_for(self, org: str, kind: str, /) -> tuple[str, tuple[str, ...]]:
        known = self.known
        if not self.is_known_to(org, kind):
            known = own_facts(org, self.stays, self.clinics)
        return str(furthest(known)), moves_after(known)

    def _of_stay(self, posting: Posting) -> Posting:
        """The posting as one of whom the stay is that it names: by its number nobody else is meant."""
        stay = self.stays.numbered(posting.number) if posting.number else None
        return posting if stay is None else about(stay.client, posting)

    def _check_number(self, rule: Rule, number: str | None) -> None:
        """A number was given out by an admission, so one that names no stay of this case never will."""
        if number and rule.posted is not DetoxAdmittedPosted and self.stays.numbered(number) is None:
            raise Refusal("stay_unknown", field="/about/stay")

    def _allow(self, rule: Rule) -> None:
        if rule.needs and not rule.needs & self.known:
            raise too_early(self, rule.move, *rule.needs)

    @event(Admitted)
    def _admitted(self, data: DetoxAdmitted, meta: Meta) -> None:
        day = local_day(meta.occurred_at)
        stay = Stay(data.stay_number, data.facility, data.kind, day, client=meta.client)
        self.stays = self.stays.with_new(stay)
        self.known |= {Fact.ADMITTED}

    @event(Completed)
    def _completed(self, data: DetoxCompleted, meta: Meta) -> None:
        day = local_day(meta.occurred_at)
        self.stays = self.stays.changed(self.stays.open_at(meta.org, day), completed_on=day)
        self.known |= {Fact.COMPLETED}

    @event(Notified)
    def _notified(self, data: HandoverNotified, meta: Meta) -> None:
        self.stays = self.stays.changed(
            self.stays.to_notify(meta.org),
            notified_to=data.to_org,
            notice=f"{self.id}:{self.version + 1}",
            receipt_from=max(data.due_on, local_day(meta.received_at)),
            told_at=meta.occurred_at,
            told_of=meta.client,
            by_consent=meta.legal_basis is None,
        )
        self.known |= {Fact.NOTIFIED}

    @event(Received)
    def _received(self, data: HandoverReceived, meta: Meta) -> None:
        day = local_day(meta.occurred_at)
        self.stays = self.stays.changed(self.stays.to_receive(meta.org), received_on=day)
        self.known |= {Fact.RECEIVED}

    @event(Inducted)
    def _inducted(self, data: MethadoneInducted, meta: Meta) -> None:
        self.clinics |= {data.clinic}
        self.known |= {Fact.INDUCTED}

    @event(Managed)
    def _managed(self, data: ManagementStarted, meta: Meta) -> None:
        """A management that begins anew, after another stay, begins another year."""
        self.stays = self.stays.now_managed()
        self.managed_on = local_day(meta.occurred_at)
        self.managed_by, self.managed_of = meta.org, meta.client
        self.management = f"{self.id}:{self.version + 1}"
        self.due, self.evaluated = None, False
        self.known = self.known - {Fact.DUE, Fact.EVALUATED} | {Fact.MANAGED}

    @event(Supported)
    def _supported(self, data: SupportProvided, meta: Meta) -> None:
        """A support changes nothing in what may follow."""

    @event(FellDue)
    def _fell_due(self, data: EvaluationDue, meta: Meta) -> None:
        self.due = data
        self.known |= {Fact.DUE}

    @event(Evaluated)
    def _was_evaluated(self, data: ReintegrationEvaluated, meta: Meta) -> None:
        self.evaluated = True
        self.known |= {Fact.EVALUATED}


_RECORDS: dict[type[Payload], Callable[..., None]] = {
    DetoxAdmittedPosted: Pathway._admitted,
    DetoxCompleted: Pathway._completed,
    MethadoneInductedPosted: Pathway._inducted,
    HandoverNotified: Pathway._notified,
    HandoverReceived: Pathway._received,
    ManagementStarted: Pathway._managed,
    SupportProvided: Pathway._supported,
    ReintegrationEvaluated: Pathway._was_evaluated,
}
"""What an agency reports and the event that records it."""
