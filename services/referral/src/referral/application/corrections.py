"""What agencies take back or correct: requests and moves, recorded, put off or never carried out."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from answering import Posting
from answering.aggregate import Logged
from answering.requests import outcome_of
from answering.taking_back import recorded_wrongly
from answering.voiding import Taking, caused, refold, stands, void_all, was_voided
from chassis import ids
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Recorded
from contracts.events.common import EventVoided
from contracts.events.intake import AgencyEventRouted
from contracts.events.referral import ReferralRequestedPosted
from contracts.vocabulary import NumberKind
from reference import Reference

from referral.application.due import Deadlines
from referral.application.lapses import Lapses
from referral.application.moves import Moves
from referral.application.put_off import Waiting
from referral.application.requests import Requests
from referral.domain import Referral, TurnedAway


class Corrections:
    """A request that was voided ends as if it had never been made: its number was given out, and says so. A
    move that was voided is no move, and what replaces it stands in its place."""

    def __init__(
        self,
        reference: Reference,
        requests: Requests,
        moves: Moves,
        waiting: Waiting,
        lapses: Lapses,
        deadlines: Deadlines,
        ids_key: bytes,
    ) -> None:
        self._reference = reference
        self._policy = reference.policy
        self._requests = requests
        self._moves = moves
        self._waiting = waiting
        self._lapses = lapses
        self._deadlines = deadlines
        self._key = ids_key

    def load(self, uow: UnitOfWork, routed_ids: Iterable[str]) -> None:
        """Read which of these routed events were turned away or put off; the referrals of their cases are
        read by `Lapses`, what waits by `Waiting`."""
        routed_ids = list(routed_ids)
        uow.load(TurnedAway, map(self._turned_away, routed_ids))
        self._waiting.load_asked(uow, routed_ids)

    def void(self, uow: UnitOfWork, told: Recorded[EventVoided]) -> None:
        """Void what a routed event led to, if it was for this service; then it is answered in any case."""
        routed_id, case_id, taking = told.data.event_id, told.meta.subject, Taking.back(told)
        concerned = self._lapses.around(uow, case_id)
        undone = [each for each in concerned if self._undo(uow, each, caused(each, routed_id), taking)]
        if undone or self._waiting.withdraw(uow, case_id, routed_id, taking):
            return
        if (why := self._why_not(uow, concerned, routed_id)) is not None:
            refusal = Refusal(why, field="/data/event_id")
            uow.add(TurnedAway.because(self._turned_away(told.id), refusal, taking.meta))

    def commanded(self, uow: UnitOfWork, command: Command) -> bytes:
        """Void what another command had recorded; the answer is an `Outcome`. Raises `Refusal`."""
        wrong = recorded_wrongly(uow, command, Referral, self._reference)
        self._undo(uow, wrong.of, [wrong.event], wrong.taking)
        return outcome_of(wrong.of, wrong.taking.meta.org, wrong.kind).SerializeToString()

    def replace(self, uow: UnitOfWork, routed: Recorded[AgencyEventRouted], replaces: str) -> None:
        """Void what the event led to in whose place this one stands, and let this one be decided. Raises
        `Refusal`."""
        posting = Posting.routed(routed, about=NumberKind.REFERRAL)
        case_id, taking = routed.meta.subject, Taking.for_another(posting)
        held = [
            referral
            for referral in self._lapses.around(uow, case_id)
            if stands(caused(referral, replaces)) and referral.number == posting.number
        ]
        for each in self._lapses.around(uow, case_id):
            self._undo(uow, each, caused(each, replaces), taking, settle=False)
        self._waiting.withdraw(uow, case_id, replaces, taking)
        if routed.data.type == ReferralRequestedPosted.TYPE:
            self._requests.routed(uow, routed)
        elif held:
            self._stand_in(uow, held[0], posting)
        else:
            self._moves.routed(uow, routed)

    def _undo(
        self, uow: UnitOfWork, referral: Referral, found: list[Logged], taking: Taking, *, settle: bool = True
    ) -> bool:
        """Whether there was anything to void. `settle`: nothing replaces it; what waited is tried again."""
        if found:
            due = referral.due
            void_all(uow, referral, found, taking)
            if settle:
                referral.try_kept(self._policy)
            self._deadlines.follow(uow, referral, due)
        return bool(found)

    def _stand_in(self, uow: UnitOfWork, referral: Referral, posting: Posting) -> None:
        due = referral.due
        referral.stand_in(self._moves.about(referral, posting), self._policy)
        refold(uow, referral)
        referral.try_kept(self._policy)
        self._deadlines.follow(uow, referral, due)

    def _why_not(self, uow: UnitOfWork, concerned: Iterable[Referral], routed_id: str) -> str | None:
        """Why there is nothing to void; none for an event that this service never answered."""
        if any(was_voided(referral, routed_id) for referral in concerned):
            return "already_voided"
        if self._waiting.was_withdrawn(uow, routed_id):
            return "already_voided"
        refused = any(referral.caused_by(routed_id) for referral in concerned)
        turned_away = uow.get(TurnedAway, self._turned_away(routed_id)) is not None
        return "nothing_to_void" if refused or turned_away else None

    def _turned_away(self, routed_id: str) -> UUID:
        return ids.derive(self._key, "turned-away", routed_id)
