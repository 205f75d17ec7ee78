"""The road of an agency's event: seen before? allowed? about whom? recorded, waiting or refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from chassis.items import Woken
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.registry import POSTABLE
from contracts.vocabulary import NumberKind, Verdict

from intake.application import keys
from intake.application.envelope import Policy
from intake.application.identity import Identities
from intake.application.ledger import Ledger
from intake.application.matching import (
    Match,
    NotKnownYet,
    case_id_of,
    client_of,
    identified,
    match,
)
from intake.application.outcome import ROUTED, Outcome, quarantined, rejected, waiting
from intake.application.reading import Event, Reading, day_of
from intake.application.recording import Recorded, Recording
from intake.domain.case import Case
from intake.domain.front_door import Arrival, Organisations, admit


class FrontDoor:
    """Decides every reading of a batch, in its order.

    `load` reads what all of them need, in a handful of queries.
    """

    def __init__(
        self,
        ledger: Ledger,
        recording: Recording,
        identities: Identities,
        organisations: Organisations,
        policy: Policy,
    ) -> None:
        self._ledger = ledger
        self._recording = recording
        self._identities = identities
        self._organisations = organisations
        self._policy = policy

    def load(self, uow: UnitOfWork, readings: Iterable[Reading]) -> None:
        """Read in bulk: inbox, claims, cases, waits, and the data keys of those who are being registered."""
        readings = list(readings)
        uow.load_inbox([(reading.source, reading.event_id) for reading in readings])
        told = [(reading, reading.event) for reading in readings if reading.event is not None]
        waits = _load_claims(uow, told)
        cases = {
            case_id
            for reading, event in told
            if (case_id := case_id_of(uow, reading.submission.agency, event)) is not None
        }
        uow.load(Case, cases)
        uow.load_waits([*waits, *map(keys.until_case, cases)])
        self._recording.foresee(uow, told)
        if any(event.identity is not None for _, event in told):
            known = (uow.get(Case, case_id) for case_id in cases)
            self._identities.load({case.client_id for case in known if case is not None})

    def arrive(self, uow: UnitOfWork, reading: Reading) -> bytes:
        """Decide one delivery; the body of its receipt."""
        row = uow.received(reading.source, reading.event_id)
        if row is None:
            return self._ledger.first(uow, reading, self._judge(uow, reading))
        if row.content_hash == reading.content_hash:
            return self._ledger.repeated(uow, reading, row)
        return self._ledger.reused(uow, reading)

    def again(self, uow: UnitOfWork, reading: Reading) -> bytes:
        """Decide again what had been waiting, or had been in quarantine."""
        row = uow.received(reading.source, reading.event_id)
        assert row is not None, "what is decided again was received once"
        return self._ledger.later(uow, reading, row, self._judge(uow, reading))

    def retry(self, uow: UnitOfWork, waiting_one: Woken, reading: Reading) -> bool:
        """Decide once more what waits, and leave it untouched if it still has to; whether it went on."""
        row = uow.received(reading.source, reading.event_id)
        outcome = self._judge(uow, reading)
        if row is None or outcome.wait_key == waiting_one.key:
            return False
        uow.stop_waiting(waiting_one)
        self._ledger.later(uow, reading, row, outcome)
        return True

    def case_key(self, uow: UnitOfWork, reading: Reading) -> str:
        """What the order of this reading depends on: its case, or the reference that names nobody yet."""
        event, agency = reading.event, reading.submission.agency
        if event is None:
            return f"{reading.source}/{reading.event_id}"
        case_id = case_id_of(uow, agency, event)
        return keys.as_text(case_id) if case_id else f"{agency}/{event.reference}"

    def _judge(self, uow: UnitOfWork, reading: Reading) -> Outcome:
        event = reading.event
        if event is None:
            return quarantined(reading.problems)
        found: Match | None = None
        try:
            org_kind = self._admit(uow.now, reading, event)
            found = match(uow, reading.submission.agency, event)
            recorded = self._recording.record(uow, reading, event, found, org_kind)
        except NotKnownYet as unknown:
            return waiting(unknown.key, unknown.told, self._term(reading), unknown.refusal)
        except Refusal as refusal:
            return self._refused(refusal, reading, found)
        _wake(uow, reading, event, recorded, found)
        return Outcome(
            ROUTED if recorded.routed_id else Verdict.ACCEPTED,
            numbers={NumberKind.INTRODUCTION: recorded.number} if recorded.number else {},
            routed_id=recorded.routed_id,
            case_key=keys.as_text(recorded.case.id),
        )

    def _admit(self, now: datetime, reading: Reading, event: Event) -> str:
        """Raise `Refusal` unless this agency may post this; the kind of organisation that it is."""
        arrival = Arrival(
            reading.submission.agency, reading.source, event.claimed_source, event.occurred_at, event.data
        )
        return admit(arrival, kinds=POSTABLE[event.type].by, organisations=self._organisations, now=now).kind

    def _refused(self, refusal: Refusal, reading: Reading, found: Match | None) -> Outcome:
        if refusal.later and found is not None and found.case is not None:
            told = refusal.detail.get("awaits", "")
            return waiting(keys.until_case(found.case.id), told, self._term(reading), refusal)
        return rejected(refusal)

    def _term(self, reading: Reading) -> datetime:
        """Until when an event waits, by the policy of the day on which it came."""
        came = reading.submission.received_at
        return came + timedelta(days=self._policy.on(day_of(came)).wait_term_days)


def _load_claims(uow: UnitOfWork, told: list[tuple[Reading, Event]]) -> set[str]:
    """Read who is meant by references, numbers and identities; what waits for the references."""
    named = {
        (reading.submission.agency, event.reference) for reading, event in told if event.reference is not None
    }
    uow.load_claims(keys.REFERENCE, [keys.reference_key(*name) for name in named])
    uow.load_claims(keys.NUMBER, [keys.number_key(*event.number) for _, event in told if event.number])
    uow.load_claims(keys.ID_NUMBER, [event.identity for _, event in told if event.identity])
    clients = {client_of(uow, *name) for name in named}
    clients |= {identified(uow, event.identity) for _, event in told if event.identity}
    uow.load_claims(keys.LATEST_CASE, [client for client in clients if client])
    return {keys.until_reference(*name) for name in named}


def _wake(uow: UnitOfWork, reading: Reading, event: Event, recorded: Recorded, found: Match) -> None:
    """Whatever waited for what is now known is decided right after this."""
    if found.case is not None:
        uow.wake(keys.until_case(recorded.case.id))
    if found.binds and event.reference is not None:
        uow.wake(keys.until_reference(reading.submission.agency, event.reference))
