"""An aggregate that answers every agency event: carried out, deferred or refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chassis.aggregate import Aggregate
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused
from reference import Policy
from reference.days import local_day

from answering.posting import Posting


class Answering(Aggregate):
    """One road for agencies' events and operators' commands.

    A subclass says in `carry_out` what a posting does. Both roads lead through it: an agency's event that is
    not allowed is answered on the log (`AgencyEventDeferred` where moves not yet reported would allow it,
    otherwise `AgencyEventRefused`), a command is refused at once. Each event caused bears the routed event as
    its cause; each routed event ends with exactly one of: what it changed, or `AgencyEventRefused`.
    """

    kept: tuple[Posting, ...] = ()
    """What came too early: tried again after each later move, for as long as it takes. Past the term that its
    `AgencyEventDeferred` names it stands on intake's list of what is overdue, and a person looks into it."""

    happened: tuple[str, ...] = ()
    """What was recorded, one word an event (`referral-accepted`): the n-th is version n."""

    class Event(Aggregate.Event):
        """Whatever happened: an event that was deferred is kept; anything else settles the event that caused
        it."""

        def apply(self, aggregate: Any) -> None:
            super().apply(aggregate)
            aggregate.happened = (*aggregate.happened, _word(self.data))
            if isinstance(self.data, AgencyEventDeferred):
                aggregate.kept = (*aggregate.kept, Posting.deferred(self.data, self.meta))
            elif aggregate.kept:
                aggregate.kept = _without(aggregate.kept, self.meta.causation_id)

    class Created(Event, Aggregate.Created):
        pass

    class Refused(Event):
        data: AgencyEventRefused

    class Deferred(Event):
        data: AgencyEventDeferred

    def carry_out(self, posting: Posting, policy: Policy) -> None:
        """Decides and records one posting. Raises `Refusal` before anything is recorded."""
        raise NotImplementedError

    def command(self, posting: Posting, policy: Policy) -> None:
        """Carries out an operator's command or raises `Refusal`; then tries what was waiting for it."""
        self.carry_out(posting, policy)
        self.try_kept(policy)

    def answer(self, posting: Posting, policy: Policy) -> None:
        """Carries out an agency's event, or defers it, or refuses it. Never raises."""
        try:
            self.carry_out(posting, policy)
        except Refusal as refusal:
            self._answer_no(posting, refusal, policy)
        else:
            self.try_kept(policy)

    def try_kept(self, policy: Policy) -> None:
        """Tries every kept event again, in the order in which they happened, until none of them moves."""
        while any(self._try(kept, policy) for kept in sorted(self.kept, key=_happened)):
            continue

    def has_happened(self, data: Payload) -> bool:
        """Whether an event of this type was recorded before."""
        return _word(data) in self.happened

    def state_met(self) -> str:
        """The state that a refusal names."""
        raise NotImplementedError

    def moves_allowed(self) -> tuple[str, ...]:
        """The moves that a refusal names."""
        raise NotImplementedError

    def refusal(self, code: str, *, later: bool = False, **detail: str) -> Refusal:
        """A refusal that names the state met and the moves allowed, to machines and in words."""
        met, moves = self.state_met(), self.moves_allowed()
        words = {**detail, "state": met, "moves": ", ".join(moves) or "–"}
        return Refusal(code, detail=words, later=later, state=met, moves=moves)

    def _try(self, posting: Posting, policy: Policy) -> bool:
        """Whether the kept event was settled, one way or the other."""
        try:
            self.carry_out(posting, policy)
        except Refusal as refusal:
            if refusal.later:
                return False
            self._refuse(refusal, posting.meta)
        return True

    def _answer_no(self, posting: Posting, refusal: Refusal, policy: Policy) -> None:
        if refusal.later:
            self._defer(posting, refusal, policy)
        else:
            self._refuse(refusal, posting.meta)

    def _refuse(self, refusal: Refusal, meta: Meta) -> None:
        self.trigger_event(self.Refused, data=refused(refusal), meta=meta)

    def _defer(self, posting: Posting, refusal: Refusal, policy: Policy) -> None:
        received_at = posting.meta.received_at
        term = timedelta(days=policy.on(local_day(received_at)).wait_term_days)
        data = AgencyEventDeferred(
            type=posting.type,
            number=posting.number,
            org_kind=posting.org_kind,
            data=dict(posting.data),
            code=refusal.code,
            until=received_at + term,
            waiting_for=refusal.detail.get("awaits"),
            state=refusal.state,
            moves=refusal.moves,
        )
        self.trigger_event(self.Deferred, data=data, meta=posting.meta)


def refused(refusal: Refusal) -> AgencyEventRefused:
    """The answer on the log that a refusal becomes."""
    return AgencyEventRefused(
        code=refusal.code,
        field=refusal.field,
        detail=refusal.detail,
        state=refusal.state,
        moves=refusal.moves,
    )


def _without(kept: tuple[Posting, ...], cause: str | None) -> tuple[Posting, ...]:
    return tuple(one for one in kept if one.cause != cause)


def _word(data: Payload) -> str:
    """`org.reftrack.referral-accepted.v1` → `referral-accepted`."""
    return data.TYPE.rsplit(".", 2)[-2]


def _happened(kept: Posting) -> tuple[Any, ...]:
    return kept.order
