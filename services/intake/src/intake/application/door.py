"""The road of an agency's event: seen before? allowed? about whom? recorded, waiting or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.items import Woken
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.events.cases import EventVoidedPosted
from contracts.vocabulary import NumberKind
from reference import Living
from reference.rights import Rights

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
    load_merged,
    match,
    reference_awaited,
    taking_case_id,
)
from intake.application.originals import case_key_of, load_originals, named_by
from intake.application.outcome import ACCEPTED, NONE, ROUTED, Outcome, quarantined, rejected, waiting
from intake.application.people import cases_waited_for, latest_case_id, load_people
from intake.application.reading import Event, Naming, Reading, day_of
from intake.application.recording import Recorded, Recording
from intake.domain.case import Case
from intake.domain.directory import Directory
from intake.domain.front_door import Admitted, Arrival, admit
from intake.domain.places import check_home


class FrontDoor:
    """Decides every reading of a batch, in its order.

    `load` reads what all of them need, in a handful of queries.
    """

    def __init__(
        self,
        ledger: Ledger,
        recording: Recording,
        identities: Identities,
        organisations: Directory,
        country: Living,
        policy: Policy,
        says_what_had: Callable[[bytes, Reading], bool],
        rights: Rights,
    ) -> None:
        self._ledger = ledger
        self._recording = recording
        self._identities = identities
        self._organisations = organisations
        self._country = country
        self._policy = policy
        self._rights = rights
        self._says_what_had = says_what_had

    def load(self, uow: UnitOfWork, readings: Iterable[Reading]) -> None:
        """Read in bulk: inbox, claims, cases, waits, and the data keys of those who are being registered."""
        readings = list(readings)
        told = [(reading, event) for reading in readings if (event := reading.event) is not None]
        namings = {event.naming for _, event in told}
        uow.ask(
            uow.asks_inbox([(reading.source, reading.event_id) for reading in readings]),
            uow.asks_claims_of(_said(namings)),
            uow.asks_waits(_reference_waits(namings)),
            self._recording.foresee(uow, told),
        )
        clients = _load_meant(uow, namings)
        cases = {case_id for client in clients if (case_id := latest_case_id(uow, client)) is not None}
        cases |= {case_id for one in namings if one.number and (case_id := case_id_of(uow, one)) is not None}
        uow.load(Case, cases)
        load_merged(uow, cases)
        cases |= load_people(uow, clients)
        uow.load_waits(map(keys.until_case, cases))
        load_originals(uow, [name for one, event in told if (name := named_by(one, event)) is not None])
        self._recording.registrar.load(uow, [event for _, event in told])

    def arrive(self, uow: UnitOfWork, reading: Reading) -> bytes:
        """Decide one delivery; the body of its receipt."""
        row = uow.received(reading.source, reading.event_id)
        if row is None:
            return self._ledger.first(uow, reading, self._judge(uow, reading))
        if row.content_hash == reading.content_hash or self._says_what_had(row.content_hash, reading):
            return self._ledger.repeated(uow, reading, row)
        return self._ledger.reused(uow, reading)

    def again(self, uow: UnitOfWork, reading: Reading) -> bytes:
        """Decide again what had been waiting, or had been in quarantine."""
        row = uow.received(reading.source, reading.event_id)
        assert row is not None, "what is decided again was received once"
        return self._ledger.later(uow, reading, row, self._judge(uow, reading))

    def retry(self, uow: UnitOfWork, waiting_one: Woken, reading: Reading) -> bool:
        """Wake what waits, if by now it would go on, and leave it untouched if it still has to wait; which.

        It is tried here and taken back, so that it goes on as all do that is woken: behind what is parked of
        its case, and alone in it if it breaks. An earlier item of the batch may have let it go on.
        """
        if waiting_one not in uow.waiting(waiting_one.key):
            return False
        row = uow.received(reading.source, reading.event_id)
        mark = uow.mark()
        uow.stop_waiting(waiting_one)
        outcome = self._judge(uow, reading)
        uow.roll_back(mark, refused=True)
        if row is None or outcome.wait_key == waiting_one.key:
            return False
        uow.wake_one(waiting_one)
        return True

    def case_key(self, uow: UnitOfWork, reading: Reading) -> str:
        """What its order depends on: its case, or the number or reference that names nobody yet."""
        event = reading.event
        if event is None:
            return f"{reading.source}/{reading.event_id}"
        if (name := named_by(reading, event)) is not None:
            return case_key_of(uow, name)
        case_id = taking_case_id(uow, event)
        return keys.as_text(case_id) if case_id else _nobody_yet(event.naming)

    def _judge(self, uow: UnitOfWork, reading: Reading) -> Outcome:
        event = reading.event
        if event is None:
            return quarantined(reading.problems)
        found: Match | None = None
        try:
            admitted = self._admit(uow.now, reading, event)
            if reading.refusal is not None:
                raise reading.refusal
            if type(event.data) is EventVoidedPosted:
                recorded = self._recording.void(uow, reading, event, event.data, admitted.kind)
                found = Match(recorded.case, None, False)
            else:
                found = match(uow, event, self._organisations, self._recording.registrar.compare)
                if found.binds:
                    self._check_taken_up(event)
                recorded = self._recording.record(uow, reading, event, found, admitted.kind)
        except NotKnownYet as unknown:
            return waiting(unknown.key, unknown.told, self._term(reading), unknown.refusal)
        except Refusal as refusal:
            return self._refused(refusal, reading, found)
        _wake(uow, event.naming, recorded, found)
        return _recorded(recorded, admitted.units)

    def _check_taken_up(self, event: Event) -> None:
        """Raise `NotKnownYet` for an office that names somebody of elsewhere for the first time: once it has
        met that person in its territory, or was sent the person by a number, it goes on. What it puts right
        it has recorded of that person before, maybe under another reference."""
        naming = event.naming
        if event.posted.corrects is not None or naming.number is not None or naming.reference is None:
            return
        try:
            check_home(event.data, naming.org, self._organisations, day_of(event.occurred_at))
        except Refusal as refusal:
            raise reference_awaited(naming.org, naming.reference, refusal) from None

    def _admit(self, now: datetime, reading: Reading, event: Event) -> Admitted:
        """Raise `Refusal` unless this agency may post this."""
        arrival = Arrival(
            *(reading.submission.agency, reading.source, event.claimed_source, event.occurred_at, event.data),
            "ce_time" if event.posted.occurred_on is None else "/occurred_on",
            event.in_clear,
        )
        return admit(
            arrival,
            rights=self._rights,
            organisations=self._organisations,
            communes=self._country.now,
            now=now,
        )

    def _refused(self, refusal: Refusal, reading: Reading, found: Match | None) -> Outcome:
        if refusal.later and found is not None and found.case is not None:
            told = refusal.detail.get("awaits", "")
            return waiting(keys.until_case(found.case.id), told, self._term(reading), refusal)
        if refusal.later and found is None:
            agency = reading.submission.agency
            return waiting(keys.until_agency(agency), f"agency {agency}", self._term(reading), refusal)
        return rejected(refusal)

    def _term(self, reading: Reading) -> datetime:
        """Until when an event waits, by the policy of the day on which it came."""
        came = reading.submission.received_at
        return came + timedelta(days=self._policy.on(day_of(came)).wait_term_days)


def _said(namings: set[Naming]) -> list[tuple[str, str]]:
    """The claims of all that somebody is named by: references, numbers and identities."""
    said = [(keys.REFERENCE, keys.reference_key(one.org, one.reference)) for one in namings if one.reference]
    said += [(keys.NUMBER, keys.number_key(*one.number)) for one in namings if one.number]
    return said + [(keys.ID_NUMBER, one.identity) for one in namings if one.identity]


def _load_meant(uow: UnitOfWork, namings: set[Naming]) -> set[str]:
    """Read where the clients go on who are meant, and whom the cases of the numbers concern; the clients."""
    clients = {client for one in namings if (client := client_of(uow, one) or identified(uow, one))}
    numbers = (keys.number_key(*one.number) for one in namings if one.number)
    cases = (keys.number_of(uow.holder(keys.NUMBER, number))[0] for number in numbers)
    names = [(keys.LATEST_CASE, client) for client in clients]
    uow.load_claims_of([*names, *((keys.ADDRESSED, keys.as_text(case)) for case in cases if case)])
    return clients


def _nobody_yet(naming: Naming) -> str:
    return keys.number_key(*naming.number) if naming.number else f"{naming.org}/{naming.reference}"


def _reference_waits(namings: set[Naming]) -> list[str]:
    return [keys.until_reference(one.org, one.reference) for one in namings if one.reference]


def _recorded(recorded: Recorded, units: Sequence[Mapping[str, Any]]) -> Outcome:
    return Outcome(
        ROUTED if recorded.routed_id else ACCEPTED,
        numbers={NumberKind.INTRODUCTION: recorded.number} if recorded.number else NONE,
        routed_id=recorded.routed_id,
        case_key=keys.as_text(recorded.case.id),
        units=units,
        warnings=recorded.warnings,
    )


def _wake(uow: UnitOfWork, naming: Naming, recorded: Recorded, found: Match) -> None:
    """Whatever waited for what is now known is decided right after this, also where somebody known came back
    to a new case. What another service decides changes nothing in what the person's other cases wait for."""
    if found.case is not None or found.client is not None:
        case = recorded.case
        is_it_alone = recorded.routed_id is not None or (found.is_alone and found.rival is None)
        for one in (case.id,) if is_it_alone else cases_waited_for(uow, case):
            uow.wake(keys.until_case(one))
    if found.binds and naming.reference is not None:
        uow.wake(keys.until_reference(naming.org, naming.reference))
