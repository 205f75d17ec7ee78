"""An aggregate that answers every agency event: carried out, deferred or refused."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from chassis.aggregate import Aggregate, Voiding
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta, handle_of
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
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

    case_id: UUID
    """The case that it is about."""

    kept: tuple[Posting, ...] = ()
    """What came too early: tried again after each later move, for as long as it takes. Past the term that its
    `AgencyEventDeferred` names it stands on intake's list of what is overdue, and a person looks into it."""

    OPENING: ClassVar[frozenset[str]] = frozenset()
    """Types of events that only make the stream: they say nothing that could be wrong."""

    log: tuple[Logged, ...] = ()
    """What was recorded, in the order in which it counts."""

    takes_part: Callable[[str], bool] | None = None
    """Whether an office takes part today: whose life has ended is told of its own doing alone. Lent while it
    decides, as all that `LENT` names; everybody does where nothing is lent."""

    LENT: ClassVar[tuple[str, ...]] = ("takes_part",)
    """What it is lent from outside: no part of its state, so kept where that is folded anew."""

    class Event(Aggregate.Event):
        """Whatever happened: an event that was deferred is kept; anything else settles the event that caused
        it."""

        def apply(self, aggregate: Any) -> None:
            super().apply(aggregate)
            aggregate.log = (*aggregate.log, Logged.of(self))
            if isinstance(self.data, AgencyEventDeferred):
                aggregate.kept = (*aggregate.kept, Posting.deferred(self.data, self.meta))
            elif aggregate.kept and not _gives_up(self.data):
                aggregate.kept = _without(aggregate.kept, self.meta.causation_id)

    class Created(Event, Aggregate.Created):
        pass

    class Refused(Event):
        data: AgencyEventRefused

    class Deferred(Event):
        data: AgencyEventDeferred

    class Voided(Event, Voiding):
        data: EventVoided

    def happened_since(self, version: int, org: str, kind: str) -> tuple[str, ...]:
        """One word an event (`referral-accepted`), those voided too, of what was recorded after that version
        (`version_for`): all of it to whom it is known, their own to all others."""
        recorded = sorted(self.log)
        if self.is_known_to(org, kind):
            return tuple(each.word for each in recorded if each.version > version)
        return tuple([each.word for each in recorded if each.org == org][version:])

    def version_for(self, org: str, kind: str) -> int:
        """The version to whom all of it is known. To all others the number of their own events: nobody is to
        count what others did."""
        if self.is_known_to(org, kind):
            return self.version
        return sum(each.org == org for each in self.log)

    def name_for(self, org: str, kind: str) -> str:
        """The id of what was recorded last, which counts all that was; to whom not all is known, a handle
        (`contracts.envelope`) of what was recorded just now."""
        recorded_id = f"{self.id}:{self.version}"
        if self.is_known_to(org, kind):
            return recorded_id
        last: Any = self.pending_events[-1] if self.pending_events else None
        return handle_of(recorded_id, last.meta, last.data) if last is not None else ""

    def leave_out(self, happened: Any) -> None:
        """What was voided stays on the list of what was recorded."""
        super().leave_out(happened)
        self.log = (*self.log, Logged.of(happened))

    def caused_by(self, cause: str) -> list[Logged]:
        """What that event caused here and was not voided."""
        return [each for each in self.log if each.cause == cause and each.version not in self.voided]

    def void(self, data: EventVoided, meta: Meta) -> None:
        """Records that an event counts as if it had never been made; `uow.refold` before it decides again."""
        self.trigger_event(self.Voided, data=data, meta=meta)

    def stand_in(self, posting: Posting, policy: Policy) -> None:
        """Records what replaces an event that was voided just now; `uow.refold` before it decides again: the
        place is that event's, so the order of moves is not asked again. Raises `Refusal`."""
        try:
            self.record_in_place(posting, policy)
        except Refusal as refusal:
            self._as_told(refusal, posting)
            raise
        self.stale = True

    def record_in_place(self, posting: Posting, policy: Policy) -> None:
        """Records a posting whose place is settled. Raises `Refusal` for who may not, and for content that
        can stand nowhere."""
        raise NotImplementedError

    def carry_out(self, posting: Posting, policy: Policy) -> None:
        """Decides and records one posting. Raises `Refusal` before anything is recorded."""
        raise NotImplementedError

    def command(self, posting: Posting, policy: Policy) -> None:
        """Carries out an operator's command or raises `Refusal`; then tries what was waiting for it."""
        try:
            self.carry_out(posting, policy)
        except Refusal as refusal:
            self._as_told(refusal, posting)
            raise
        self.try_kept(policy)

    def answer(self, posting: Posting, policy: Policy) -> None:
        """Carries out an agency's event, or defers it, or refuses it. Never raises."""
        try:
            self.carry_out(posting, policy)
        except Refusal as refusal:
            self.answer_no(posting, refusal, policy)
        else:
            self.try_kept(policy)

    def try_kept(self, policy: Policy) -> None:
        """Tries every kept event again, in the order in which they happened, until none of them moves. What
        is to replace something, `answering.voiding.stand_in` tries."""
        while any(self.settle(one, policy) for one in sorted(self.kept, key=_happened) if not one.replaces):
            continue

    def has_happened(self, data: Payload) -> bool:
        """Whether an event of this type was recorded before."""
        word = _word(data.TYPE)
        return any(each.word == word and each.version not in self.voided for each in self.log)

    def state_met(self) -> str:
        """The state that a refusal names."""
        raise NotImplementedError

    def moves_allowed(self) -> tuple[str, ...]:
        """The moves that a refusal names."""
        raise NotImplementedError

    def is_known_to(self, org: str, _kind: str, /) -> bool:
        """Whether that organisation may know all that is recorded here: every party that takes part today,
        where nothing narrower is said."""
        return self.takes_part is None or self.takes_part(org)

    def standing_for(self, org: str, kind: str, /) -> tuple[str, tuple[str, ...]]:
        """The state and the moves that it allows, as far as that organisation may know them."""
        return (self.state_met(), self.moves_allowed()) if self.is_known_to(org, kind) else ("", ())

    def refusal(self, code: str, *, later: bool = False, **detail: str) -> Refusal:
        """A refusal that names the state met and the moves allowed, to machines and in words."""
        met, moves = self.state_met(), self.moves_allowed()
        return Refusal(code, detail={**detail, **_in_words(met, moves)}, later=later, state=met, moves=moves)

    def settle(self, posting: Posting, policy: Policy) -> bool:
        """Whether the kept event was settled, one way or the other."""
        try:
            self.carry_out(posting, policy)
        except Refusal as refusal:
            if refusal.later:
                return False
            self._refuse(self._as_told(refusal, posting), posting.meta)
        return True

    def _as_told(self, refusal: Refusal, posting: Posting) -> Refusal:
        """What is refused says no more of the state than whoever posted may know."""
        if refusal.state is not None:
            state, moves = self.standing_for(posting.meta.org, posting.org_kind)
            refusal.state, refusal.moves = state or None, moves
            if "state" in refusal.detail:
                refusal.detail |= _in_words(state, moves)
        return refusal

    def answer_no(self, posting: Posting, refusal: Refusal, policy: Policy) -> None:
        """Records that a posting is deferred, or refused."""
        self._as_told(refusal, posting)
        if refusal.later:
            self._defer(posting, refusal, policy)
        else:
            self._refuse(refusal, posting.meta)

    def takes(self, posting: Posting, policy: Policy) -> bool:
        """Whether the posting would be carried out now: tried on a copy."""
        trial = copy(self)
        trial._pending_events = []
        try:
            trial.carry_out(posting, policy)
        except Refusal:
            return False
        return True

    def refuse(self, refusal: Refusal, meta: Meta) -> None:
        """Answers no to what `meta.causation_id` names."""
        self._refuse(refusal, meta)

    def _refuse(self, refusal: Refusal, meta: Meta) -> None:
        self.trigger_event(self.Refused, data=refused(refusal), meta=meta)

    def _defer(self, posting: Posting, refusal: Refusal, policy: Policy) -> None:
        self.trigger_event(self.Deferred, data=deferred(posting, refusal, policy), meta=posting.meta)


def _in_words(state: str, moves: tuple[str, ...]) -> dict[str, str]:
    return {"state": state or "–", "moves": ", ".join(moves) or "–"}


def refused(refusal: Refusal) -> AgencyEventRefused:
    """The answer on the log that a refusal becomes."""
    return AgencyEventRefused(
        code=refusal.code,
        field=refusal.field,
        detail=refusal.detail,
        state=refusal.state,
        moves=refusal.moves,
    )


def deferred(posting: Posting, refusal: Refusal, policy: Policy) -> AgencyEventDeferred:
    """The answer on the log that a refusal for now becomes: until when it is waited for is the policy's."""
    received_at = posting.meta.received_at
    term = timedelta(days=policy.on(local_day(received_at)).wait_term_days)
    return AgencyEventDeferred(
        type=posting.type,
        number=posting.number,
        org_kind=posting.org_kind,
        data=dict(posting.data),
        code=refusal.code,
        until=received_at + term,
        waiting_for=refusal.detail.get("awaits"),
        state=refusal.state,
        moves=refusal.moves,
        replaces=posting.replaces,
    )


def _gives_up(data: Payload) -> bool:
    """Whether it voids what only waited: what gave cause to that may itself have to wait, in its place."""
    return isinstance(data, EventVoided) and data.type == AgencyEventDeferred.TYPE


def _without(kept: tuple[Posting, ...], cause: str | None) -> tuple[Posting, ...]:
    return tuple(one for one in kept if one.cause != cause)


class Logged(NamedTuple):
    """One event of a stream: its version, one word for its type, the event that caused it, its type, whose it
    is; in which case it stands, and of whom it tells. `replaces`: the routed event in whose place it was to
    stand, of what was deferred."""

    version: int
    word: str
    cause: str | None
    type: str
    org: str
    subject: UUID
    client: UUID | None
    replaces: str | None = None

    @classmethod
    def of(cls, happened: Any) -> Logged:
        """What is kept of an event."""
        type_name, data = happened.data.TYPE, happened.data
        return cls(
            happened.originator_version,
            _word(type_name),
            happened.meta.causation_id,
            type_name,
            happened.meta.org,
            happened.meta.subject,
            happened.meta.client,
            data.replaces if isinstance(data, AgencyEventDeferred) else None,
        )


@cache
def _word(type_name: str) -> str:
    """`org.reftrack.referral-accepted.v1` → `referral-accepted`."""
    return type_name.rsplit(".", 2)[-2]


def _happened(kept: Posting) -> tuple[Any, ...]:
    return kept.order
