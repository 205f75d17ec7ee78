"""The road of an agency's event: seen before? allowed? about whom? recorded, waiting or refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from chassis.items import Woken
from chassis.refusal import Refusal
from chassis.store.rows import InboxRow
from chassis.store.unit_of_work import UnitOfWork
from contracts.registry import POSTABLE
from contracts.vocabulary import Verdict

from intake.application import keys
from intake.application.envelope import Policy, day_of, occurred_at
from intake.application.identity import Identities
from intake.application.ledger import Ledger
from intake.application.matching import (
    Match,
    Naming,
    NotKnownYet,
    client_of,
    identified,
    match,
)
from intake.application.outcome import ROUTED, Outcome, quarantined, rejected, waiting
from intake.application.reading import Reading
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
        uow.load_inbox((reading.source, reading.event_id) for reading in readings)
        namings = [self._naming(reading) for reading in readings if reading.posted is not None]
        self._load_claims(uow, namings)
        clients = {client for naming in namings if (client := _client(uow, naming))}
        uow.load_claims(keys.LATEST_CASE, map(str, clients))
        cases = {case_id for naming in namings if (case_id := case_of(uow, naming))}
        uow.load(Case, cases)
        uow.load_waits([*map(keys.until_case, cases), *_reference_waits(namings)])
        registered = [naming for naming in namings if naming.identity is not None]
        if registered:
            known = (uow.get(Case, case_id) for naming in registered if (case_id := case_of(uow, naming)))
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
        if reading.posted is None:
            return f"{reading.source}/{reading.event_id}"
        naming = self._naming(reading)
        return str(case_of(uow, naming) or f"{naming.org}/{naming.about.agency_ref}")

    def _judge(self, uow: UnitOfWork, reading: Reading) -> Outcome:
        if reading.posted is None:
            return quarantined(reading.problems)
        found: Match | None = None
        try:
            org_kind = self._admit(uow.now, reading)
            found = match(uow, self._naming(reading))
            recorded = self._recording.record(uow, reading, found, org_kind)
        except NotKnownYet as unknown:
            return waiting(unknown.key, unknown.told, self._term(reading), unknown.refusal)
        except Refusal as refusal:
            return self._refused(refusal, reading, found)
        _wake(uow, reading, recorded, found)
        return Outcome(
            ROUTED if recorded.routed_id else Verdict.ACCEPTED,
            numbers=recorded.numbers,
            routed_id=recorded.routed_id,
            case_key=str(recorded.case.id),
        )

    def _admit(self, now: datetime, reading: Reading) -> str:
        """Raise `Refusal` unless this agency may post this; the kind of organisation that it is."""
        event, posted, agency = reading.event, reading.posted, reading.submission.agency
        assert event is not None
        assert posted is not None
        arrival = Arrival(agency, event.source, event.type, occurred_at(reading), posted.data)
        admit(arrival, kinds=POSTABLE[event.type].by, organisations=self._organisations, now=now)
        organisation = self._organisations.get(agency)
        assert organisation is not None
        return organisation.kind

    def _refused(self, refusal: Refusal, reading: Reading, found: Match | None) -> Outcome:
        if refusal.later and found is not None and found.case is not None:
            told = refusal.detail.get("awaits", "")
            return waiting(keys.until_case(found.case.id), told, self._term(reading), refusal)
        return rejected(refusal)

    def _term(self, reading: Reading) -> datetime:
        """Until when an event waits, by the policy of the day on which it came."""
        came = reading.submission.received_at
        return came + timedelta(days=self._policy.on(day_of(came)).wait_term_days)

    def _naming(self, reading: Reading) -> Naming:
        posted = reading.posted
        assert posted is not None
        identity = self._identities.key_of(posted)
        return Naming(reading.submission.agency, posted.about, posted.data, occurred_at(reading), identity)

    def _load_claims(self, uow: UnitOfWork, namings: list[Naming]) -> None:
        references = {
            keys.reference_key(naming.org, naming.about.agency_ref)
            for naming in namings
            if naming.about.agency_ref is not None
        }
        numbers = {keys.number_key(*naming.about.number) for naming in namings if naming.about.number}
        uow.load_claims(keys.REFERENCE, references)
        uow.load_claims(keys.NUMBER, numbers)
        uow.load_claims(keys.ID_NUMBER, {naming.identity for naming in namings if naming.identity})


def case_of(uow: UnitOfWork, naming: Naming) -> UUID | None:
    """The case that a naming leads to, as far as it is known."""
    if naming.about.number is not None:
        holder = uow.holder(keys.NUMBER, keys.number_key(*naming.about.number))
    else:
        client = _client(uow, naming)
        holder = uow.holder(keys.LATEST_CASE, str(client)) if client else None
    return UUID(holder) if holder else None


def is_verdict_due(row: InboxRow) -> bool:
    """Whether an owner's word still changes the verdict on this row."""
    return row.verdict in (ROUTED, Verdict.WAITING)


def _client(uow: UnitOfWork, naming: Naming) -> UUID | None:
    bound = client_of(uow, naming.org, naming.about.agency_ref)
    return bound or identified(uow, naming.identity)


def _reference_waits(namings: list[Naming]) -> set[str]:
    return {
        keys.until_reference(naming.org, naming.about.agency_ref)
        for naming in namings
        if naming.about.agency_ref is not None
    }


def _wake(uow: UnitOfWork, reading: Reading, recorded: Recorded, found: Match) -> None:
    """Whatever waited for what is now known is decided right after this."""
    posted = reading.posted
    assert posted is not None
    if found.case is not None:
        uow.wake(keys.until_case(recorded.case.id))
    if found.binds and posted.about.agency_ref is not None:
        uow.wake(keys.until_reference(reading.submission.agency, posted.about.agency_ref))
