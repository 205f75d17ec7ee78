"""What agencies take back or correct: requests and moves, recorded, put off or never carried out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from answering import Posting
from answering.aggregate import Logged
from answering.requests import outcome_of
from answering.taking_back import recorded_wrongly
from answering.voiding import Taking, caused, stand_in, stands, void_all, was_voided
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
        waiting.replacing(self.request)
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

    def replace(self, uow: UnitOfWork, routed: Recorded[AgencyEventRouted], wrong: str) -> None:
        """Put what is right in the place of what an event led to, or keep that: both or neither. What only
        waited is given up for what corrects it, which replaces what that was to: also where it was given up
        before, for another that was refused. Raises `Refusal` with the wrong one standing."""
        posting = replace(Posting.routed(routed, about=NumberKind.REFERRAL), replaces=wrong)
        case_id = routed.meta.subject
        concerned = self._lapses.around(uow, case_id)
        if not any(stands(caused(each, wrong)) for each in concerned):
            posting = replace(posting, replaces=self._waiting.was_to_replace(uow, wrong) or wrong)
        self._waiting.withdraw(uow, case_id, wrong, Taking.for_another(posting))
        for each in concerned:
            if not stands(found := caused(each, wrong)):
                self._undo(uow, each, found, Taking.for_another(posting), settle=False)
        if not self._standing(uow, posting):
            posting = replace(posting, replaces=None)
        if posting.type == ReferralRequestedPosted.TYPE:
            self._request(uow, posting)
        elif posting.replaces is None:
            self._moves.routed(uow, routed)
        else:
            self._move(uow, posting)

    def _request(self, uow: UnitOfWork, posting: Posting) -> None:
        try:
            self.request(uow, posting)
        except Refusal as refusal:
            if not refusal.later:
                raise
            self._waiting.put_off(uow, posting, refusal)

    def request(self, uow: UnitOfWork, posting: Posting) -> None:
        """Ask for what is right, judged without what was wrong; that is voided only if it may be asked for.
        Raises `Refusal`."""
        with uow.attempt():
            self._give_place(uow, posting)
            self._requests.posted(uow, posting)

    def _move(self, uow: UnitOfWork, posting: Posting) -> None:
        """A move on the same referral stands in its place. One on another does not wait there: that is moved
        by commands, which read nothing of the first."""
        held = next((one for one in self._standing(uow, posting) if one.number == posting.number), None)
        if held is not None:
            due = held.due
            stand_in(uow, held, self._moves.about(held, posting), self._policy)
            held.try_kept(self._policy)
            self._deadlines.follow(uow, held, due)
            return
        try:
            with uow.attempt():
                self._give_place(uow, posting)
                self._moves.posted(uow, posting)
        except Refusal as refusal:
            refusal.later = False
            raise

    def _standing(self, uow: UnitOfWork, posting: Posting) -> list[Referral]:
        """Where something is recorded that the posting is to replace."""
        around = self._lapses.around(uow, posting.meta.subject)
        return [one for one in around if stands(caused(one, posting.replaces or ""))]

    def _give_place(self, uow: UnitOfWork, posting: Posting) -> None:
        for each in self._standing(uow, posting):
            found = caused(each, posting.replaces or "")
            self._undo(uow, each, found, Taking.for_another(posting), settle=False)

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
