"""Requests that wait for a consent, or for an office to be told of: kept in a stream of their own, tried
again whenever the client gives one, and by the clock.

A request waits only while its sender can know of no consent: then one may still be on its way, from the
sender itself or from whoever else takes care of the client. A consent that is known and does not cover it is
an answer, and so is one that comes later and does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from answering import Posting
from answering.consents import ConsentBook
from answering.people import Connect
from answering.unknown_offices import is_unknown, try_later, try_soon
from answering.voiding import Taking
from chassis import ids
from chassis.refusal import Refusal
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.events.common import AgencyEventDeferred
from reference import Policy

from referral.application.requests import Requests
from referral.domain import PutOff, TurnedAway

_READ = "SELECT routed_id, case_id FROM requests_put_off WHERE case_id = ANY(%s)"


class Waiting:
    """The requests of a batch's cases that wait, with what the batch itself put off and settled."""

    def __init__(
        self, requests: Requests, consents: ConsentBook, connect: Connect, policy: Policy, ids_key: bytes
    ) -> None:
        self._consents = consents
        self._connect = connect
        self._policy = policy
        self._key = ids_key
        self._ask: Callable[[UnitOfWork, Posting], None] = requests.posted
        self._waiting: dict[UUID, set[str]] = {}

    def replacing(self, ask: Callable[[UnitOfWork, Posting], None]) -> None:
        """What waits to replace something is asked for by this, which raises `Refusal`."""
        self._ask = ask

    def load(self, uow: UnitOfWork, case_ids: Iterable[UUID]) -> list[str]:
        """Read what waits of these people, in whichever case; the routed events that it came by."""
        cases = {each for case_id in case_ids for each in self._consents.people.around(case_id)}
        self._waiting = {}
        if not cases:
            return []
        with self._connect() as connection:
            for row in connection.execute(_READ, (list(cases),)):
                self._waiting.setdefault(row["case_id"], set()).add(row["routed_id"])
        found = [routed for each in self._waiting.values() for routed in each]
        uow.load(PutOff, map(self._stream, found))
        return found

    def put_off(self, uow: UnitOfWork, posting: Posting, refusal: Refusal) -> None:
        """Keep what was posted until a consent comes."""
        uow.add(PutOff.until_later(self._stream(posting.cause), posting, refusal, self._policy))
        uow.commit.extra.append(TableWrite(_WAITS, (posting.cause, posting.meta.subject)))
        self._waiting.setdefault(posting.meta.subject, set()).add(posting.cause)
        if is_unknown(refusal):
            try_soon(uow, posting.meta.subject, posting.cause)

    def turn_away(self, uow: UnitOfWork, posting: Posting, refusal: Refusal) -> None:
        """Refuse it for good."""
        stream = ids.derive(self._key, "turned-away", posting.cause)
        uow.add(TurnedAway.because(stream, refusal, posting.meta))

    def load_asked(self, uow: UnitOfWork, routed_ids: Iterable[str]) -> None:
        """Read what was put off of these, whether it waits or is settled."""
        uow.load(PutOff, map(self._stream, routed_ids))

    def was_withdrawn(self, uow: UnitOfWork, routed_id: str) -> bool:
        """Whether what was put off was voided before."""
        found = uow.get(PutOff, self._stream(routed_id))
        return found is not None and found.withdrawn

    def withdraw(self, uow: UnitOfWork, case_id: UUID, routed_id: str, taking: Taking) -> bool:
        """What was put off is asked no more; whether it waited."""
        cases = (
            each for each in self._consents.people.person(case_id) if routed_id in self._waiting.get(each, ())
        )
        case = next(cases, None)
        found = uow.get(PutOff, self._stream(routed_id)) if case is not None else None
        if case is None or found is None:
            return False
        found.withdraw(taking.of(f"{found.id}:1", AgencyEventDeferred.TYPE), taking.meta)
        self._settled(uow, case, routed_id)
        return True

    def was_to_replace(self, uow: UnitOfWork, routed_id: str) -> str | None:
        """The routed event in whose place that one was to stand when it was put off, if it was."""
        found = uow.get(PutOff, self._stream(routed_id))
        return found.posting.replaces if found is not None else None

    def try_again(self, uow: UnitOfWork, case_id: UUID) -> None:
        """What waits of this person, in the order in which it happened."""
        cases = self._consents.people.around(case_id)
        routed = [one for each in cases for one in self._waiting.get(each, ())]
        postings = [found.posting for one in routed if (found := uow.get(PutOff, self._stream(one)))]
        for posting in sorted(postings, key=lambda posting: posting.order):
            if self._consents.people.tells_of(case_id, posting.meta) and self._is_settled(uow, posting):
                self._settled(uow, posting.meta.subject, posting.cause)

    def _settled(self, uow: UnitOfWork, case_id: UUID, routed_id: str) -> None:
        uow.commit.extra.append(TableWrite(_SETTLED, (routed_id,)))
        self._waiting[case_id].discard(routed_id)

    def _is_settled(self, uow: UnitOfWork, posting: Posting) -> bool:
        try:
            self._ask(uow, posting)
        except Refusal as refusal:
            if is_unknown(refusal):
                try_later(uow, posting.meta.subject, posting.cause)
            if refusal.later:
                return False
            self.turn_away(uow, posting, refusal)
        return True

    def _stream(self, routed_id: str) -> UUID:
        return ids.derive(self._key, "put-off", routed_id)


_WAITS = Rows(
    65,
    "INSERT INTO requests_put_off (routed_id, case_id) SELECT * FROM {rows} ON CONFLICT DO NOTHING",
    *("text", "uuid"),
)
_SETTLED = Rows(
    66,
    "DELETE FROM requests_put_off AS p USING {rows} AS r (routed_id) WHERE p.routed_id = r.routed_id",
    "text",
)
