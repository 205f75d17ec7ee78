"""A request that one provider gives one service to one client, from sent to closed loop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from answering import Answering, Posting
from answering.terms import Running, Terms
from chassis.aggregate import event
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.common import DeadlinePassed, EventVoided
from contracts.events.referral import (
    AppointmentMissed,
    AppointmentScheduled,
    ConsentLapsed,
    InterimReported,
    LoopClosed,
    ReferralAccepted,
    ReferralCancelled,
    ReferralReceived,
    ReferralRejected,
    ReferralRequested,
    ServiceCompleted,
    ServiceFailed,
    ServiceHeld,
    ServiceResumed,
    ServiceStarted,
)
from contracts.states import MOVE_OF, Move, Party, ReferralState, may_still_come, moves_from
from contracts.vocabulary import ConsentEnd
from reference import Policy

from referral.domain.deadlines import WHILE, begun_by
from referral.domain.sharing import labels_shared, purpose_of

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far two clocks may stand apart before one event counts as earlier than another."""


class Referral(Answering):
    """Moves only as the table `contracts.states.MOVES` says, and only by the party the table names.

    A move that the state does not allow is refused; `later` where moves not yet reported could still allow
    it. It is addressed to an organisation's queue, never to a worker: whoever acts for the provider may
    answer.
    """

    running: Running | None = None
    """The term that the latest move began."""

    passed: frozenset[str | None] = frozenset()
    """What the terms that have ended were counted from."""

    class Event(Answering.Event):
        """Whatever happened: if it is a move, the table says which state it leads to."""

        def apply(self, aggregate: Any) -> None:
            super().apply(aggregate)
            if (move := MOVE_OF.get(type(self.data))) is not None:
                if move.to is not aggregate.state:
                    aggregate.entered_at = self.meta.occurred_at
                aggregate.state = move.to
            if move is not None or self.originator_version == 1:
                aggregate.running = begun_by(self, aggregate)

    class Created(Event, Answering.Created):
        data: ReferralRequested

    class Received(Event):
        data: ReferralReceived

    class Accepted(Event):
        data: ReferralAccepted

    class Rejected(Event):
        data: ReferralRejected

    class Scheduled(Event):
        data: AppointmentScheduled

    class Missed(Event):
        data: AppointmentMissed

    class Started(Event):
        data: ServiceStarted

    class Interim(Event):
        data: InterimReported

    class Held(Event):
        data: ServiceHeld

    class Resumed(Event):
        data: ServiceResumed

    class Completed(Event):
        data: ServiceCompleted

    class Failed(Event):
        data: ServiceFailed

    class LoopClosed(Event):
        data: LoopClosed

    class Cancelled(Event):
        data: ReferralCancelled

        def apply(self, aggregate: Any) -> None:
            """Stopped, unless what happened before is still to be reported."""
            super().apply(aggregate)
            aggregate.stopped = self

    class Lapsed(Event):
        data: ConsentLapsed

        def apply(self, aggregate: Any) -> None:
            """Marked once: what is covered now is asked whenever it is read."""
            super().apply(aggregate)
            aggregate.lapsed = True

    class Voided(Answering.Voided):
        data: EventVoided

        @property
        def voids(self) -> int | None:  # type: ignore[override]
            """The version of a move; none where the request itself was voided: that number was given out."""
            version = super().voids
            return version if version > 1 else None

        def apply(self, aggregate: Any) -> None:
            """A request that should never have been made ends, whatever had become of it."""
            was_stale = aggregate.stale
            super().apply(aggregate)
            if self.voids is None:
                aggregate.voided = aggregate.voided | {1}
                aggregate.state, aggregate.running, aggregate.stale = ReferralState.VOIDED, None, was_stale

    class Passed(Event):
        data: DeadlinePassed

        def apply(self, aggregate: Any) -> None:
            """Told once; the term stands on the work list until somebody acts."""
            super().apply(aggregate)
            aggregate.passed = aggregate.passed | {self.data.about}

    @event(Created)
    def __init__(self, data: ReferralRequested, meta: Meta) -> None:
        self.asked = meta
        self.case_id: UUID = meta.subject
        self.number = data.number
        self.service = data.service
        self.sender = meta.org
        self.provider = data.provider
        self.state = ReferralState.REQUESTED
        self.entered_at = meta.occurred_at
        self.consent_id = data.consent_id
        self.labels = labels_shared(data)
        self.purpose = purpose_of(data)
        self.stopped: Referral.Cancelled | None = None
        self.lapsed = False

    @classmethod
    def request(cls, referral_id: UUID, data: ReferralRequested, meta: Meta) -> Self:
        """A new referral; `meta.org` is its sender. Whether it may be made, `may_request` says."""
        return cls._create(cls.Created, id=referral_id, data=data, meta=meta)

    def carry_out(self, posting: Posting, policy: Policy) -> None:
        """Makes the move that the posting reports. Raises `Refusal`, before anything is recorded."""
        move = MOVE_OF.get(type(posting.payload))
        if move is None:
            raise self.refusal("not_a_move", type=posting.type)
        self._allow_party(move, posting.meta.org)
        self._allow_state(move, self._state_at(posting.meta))
        self._allow_time(move, posting)
        was_stopped = self.state is ReferralState.CANCELLED
        self.trigger_event(_RECORDS[move.records], data=posting.payload, meta=posting.meta)
        if was_stopped and self.stopped is not None:
            self._mark(self.stopped.data.reason, self.stopped.meta)

    def record_in_place(self, posting: Posting, policy: Policy) -> None:
        move = MOVE_OF.get(type(posting.payload))
        if move is None:
            raise self.refusal("not_a_move", type=posting.type)
        self._allow_party(move, posting.meta.org)
        if self.state is ReferralState.VOIDED:
            raise self.refusal("move_not_allowed", move=move.name)
        self.trigger_event(_RECORDS[move.records], data=posting.payload, meta=posting.meta)

    def end_consent(self, why: ConsentEnd, meta: Meta, policy: Policy) -> None:
        """The consent on which it rests covers it no more: stopped if the provider does not have it yet,
        marked if it has gone out. Once, however often it is said; nothing that rests on a law is touched."""
        over = self.state in (ReferralState.CANCELLED, ReferralState.VOIDED)
        if self.consent_id is None or self.lapsed or over:
            return
        if self.state is not ReferralState.REQUESTED:
            self._mark(why, meta)
            return
        data = ReferralCancelled(reason=why, consent=self.consent_id)
        self.trigger_event(self.Cancelled, data=data, meta=meta)
        self.try_kept(policy)

    def _mark(self, why: ConsentEnd, meta: Meta) -> None:
        data = ConsentLapsed(reason=why, consent=self.consent_id)
        self.trigger_event(self.Lapsed, data=data, meta=meta)

    def _state_at(self, meta: Meta) -> ReferralState:
        """The state that a move met: what happened before the consent ended was not stopped by that, however
        late it is reported."""
        stopped = self.stopped if self.state is ReferralState.CANCELLED else None
        if stopped is not None and meta.occurred_at < stopped.meta.occurred_at:
            return ReferralState.REQUESTED
        return self.state

    @property
    def due(self) -> tuple[Running, ...]:
        """The term that runs, if one does."""
        running = self.running
        return (running,) if running is not None and self.state in WHILE[running.which] else ()

    def pass_deadline(self, key: str, terms: Terms, now: datetime) -> None:
        """The clock says that this term has ended: recorded once, and only while it still runs."""
        for running in self.due:
            if running.key == key and running.about not in self.passed:
                meta = terms.meta("referral", self.asked, running, now)
                self.trigger_event(self.Passed, data=terms.passed(running), meta=meta)

    def state_met(self) -> str:
        return str(self.state)

    def moves_allowed(self) -> tuple[str, ...]:
        return moves_from(self.state)

    def _allow_party(self, move: Move, org: str) -> None:
        party = self.sender if move.who is Party.SENDER else self.provider
        if org not in (self.sender, self.provider):
            raise Refusal("referral_unknown", field="/about/referral")
        if org != party:
            raise Refusal("not_your_move", field="source", detail={"move": move.name, "party": str(move.who)})

    def _allow_state(self, move: Move, state: ReferralState) -> None:
        if state in move.from_:
            return
        if may_still_come(move.name, state):
            awaits = ", ".join(sorted(str(state) for state in move.from_))
            raise self.refusal("too_early", later=True, move=move.name, awaits=awaits)
        raise self.refusal("move_not_allowed", move=move.name)

    def _allow_time(self, move: Move, posting: Posting) -> None:
        """A move that can be made again (hold, miss) is not made again by old news of it: what happened
        before the state was entered would undo what happened since."""
        is_old = posting.meta.latest_at < self.entered_at - CLOCKS_DIFFER
        if is_old and move.to is not self.state and self.has_happened(posting.payload):
            raise self.refusal("overtaken", move=move.name)


_RECORDS: dict[type[Payload], type[Referral.Event]] = {
    ReferralReceived: Referral.Received,
    ReferralAccepted: Referral.Accepted,
    ReferralRejected: Referral.Rejected,
    AppointmentScheduled: Referral.Scheduled,
    AppointmentMissed: Referral.Missed,
    ServiceStarted: Referral.Started,
    InterimReported: Referral.Interim,
    ServiceHeld: Referral.Held,
    ServiceResumed: Referral.Resumed,
    ServiceCompleted: Referral.Completed,
    ServiceFailed: Referral.Failed,
    LoopClosed: Referral.LoopClosed,
}
"""The payload of each move and the event that records it."""
