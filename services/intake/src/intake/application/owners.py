"""What referral and followup answer: verdicts on routed events, numbers of new referrals and stays."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.events.followup import DetoxAdmitted, FollowupOpened, HandoverNotified
from contracts.events.referral import ReferralRequested
from contracts.vocabulary import NumberKind, Verdict

from intake.application import keys
from intake.application.given_up import GIVEN_UP, cases_of, given_up
from intake.application.ledger import Ledger
from intake.application.outcome import ROUTED, Outcome, rejected
from intake.domain.case import Case


class OwnersLogs:
    """Takes in the logs of referral and followup, in the order of each case."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def load(self, uow: UnitOfWork, told: Iterable[Recorded[Payload]]) -> None:
        """Read in bulk: the inbox rows of the events answered, the claims on new numbers and what waits for
        them.
        """
        told = list(told)
        uow.load(Case, cases_of(told))
        routed = (id for one in told for id in (one.meta.causation_id, given_up(uow, one)))
        uow.load_routed({id for id in routed if id is not None})
        numbers = [number for one in told if (number := number_in(one.data))]
        uow.load_claims(keys.NUMBER, [keys.number_key(*number) for number in numbers])
        cases = {one.meta.subject for one in told if concerned(one) or isinstance(one.data, EventVoided)}
        uow.load_claims(keys.ADDRESSED, map(keys.as_text, cases))
        uow.load_waits([*map(keys.until_case, cases), *(keys.until_number(*number) for number in numbers)])

    def take(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Take in one event of an owner. What was decided already is not decided again."""
        number = number_in(told.data)
        if number is not None:
            self._learn(uow, *number, told.meta)
        _address(uow, told)
        self._give_up(uow, told)
        cause = told.meta.causation_id
        row = uow.routed(cause) if cause is not None else None
        if (
            row is not None
            and row.verdict in (ROUTED, Verdict.WAITING)
            and not _comes_before_the_answer(told.data)
        ):
            self._ledger.answered(uow, row, _outcome(told.data, number))

    def _give_up(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """What waited is waited for no more: whoever posted it has voided it, or put another in its place."""
        routed_id = given_up(uow, told)
        row = uow.routed(routed_id) if routed_id is not None else None
        if row is not None and row.verdict == Verdict.WAITING:
            self._ledger.answered(uow, row, GIVEN_UP)

    def _learn(self, uow: UnitOfWork, kind: NumberKind, number: str, meta: Meta) -> None:
        key = keys.number_key(kind, number)
        if uow.holder(keys.NUMBER, key) is None:
            named = (meta.subject, meta.client) if meta.client else (meta.subject,)
            uow.claim(keys.NUMBER, key, " ".join(map(keys.as_text, named)))
            uow.wake(keys.until_number(kind, number))


def concerned(told: Recorded[Payload]) -> frozenset[str]:
    """Whom an owner's event concerns from now on: who sends or takes in a client, who is told of one."""
    data = told.data
    if isinstance(data, ReferralRequested):
        return frozenset({told.meta.org, data.provider})
    if isinstance(data, DetoxAdmitted):
        return frozenset({data.facility})
    return frozenset({data.to_org}) if isinstance(data, HandoverNotified) else frozenset()


def _address(uow: UnitOfWork, told: Recorded[Payload]) -> None:
    """Numbers of the case are for these too: what they posted about it goes on. Each has to do with the
    client of whom the event tells, for as long as that stands."""
    key, client, orgs = keys.as_text(told.meta.subject), told.meta.client, concerned(told)
    voided = f"@{told.data.event_id}" if isinstance(told.data, EventVoided) else None
    if not orgs and voided is None:
        return
    kept = frozenset((uow.holder(keys.ADDRESSED, key) or "").split())
    now = frozenset(one + keys.VOIDED if voided and one.endswith(voided) else one for one in kept)
    now |= {f"{org}/{client or ''}@{told.id}" for org in orgs}
    if now == kept:
        return
    if kept:
        uow.release(keys.ADDRESSED, key)
    uow.claim(keys.ADDRESSED, key, " ".join(sorted(now)))
    if orgs:
        uow.wake(keys.until_case(told.meta.subject))


def number_in(data: Payload) -> tuple[NumberKind, str] | None:
    """The number that an owner's event brings into being."""
    if isinstance(data, ReferralRequested):
        return NumberKind.REFERRAL, data.number
    return (NumberKind.STAY, data.stay_number) if isinstance(data, DetoxAdmitted) else None


def _comes_before_the_answer(data: Payload) -> bool:
    """Whether an event only makes room for the answer: a pathway that is opened, an event that gives its
    place to the one that corrects it."""
    return isinstance(data, FollowupOpened) or (isinstance(data, EventVoided) and data.replaced)


def _outcome(data: Payload, number: tuple[NumberKind, str] | None) -> Outcome:
    if isinstance(data, AgencyEventRefused):
        refusal = Refusal(data.code, field=data.field, detail=data.detail, state=data.state, moves=data.moves)
        return rejected(refusal)
    if isinstance(data, AgencyEventDeferred):
        return Outcome(
            Verdict.WAITING,
            code=data.code,
            waiting_for=data.waiting_for,
            until=data.until,
            state=data.state,
            moves=data.moves,
        )
    return Outcome(Verdict.ACCEPTED, numbers=dict([number]) if number else {})
