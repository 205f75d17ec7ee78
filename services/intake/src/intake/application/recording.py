"""From a posted event that may be recorded to the facts of its case, and the claims that go with them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from typing import NamedTuple
from uuid import UUID

from chassis.aggregate import event_id
from chassis.ids import derive, number
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.consent import ConsentGivenPosted, ConsentWithdrawn
from contracts.events.intake import (
    AgencyEventRouted,
    AgencyReferenceBound,
    CaseOpened,
    ClientIntroduced,
    ClientIntroducedPosted,
    ClientRegistered,
    ClientRegisteredPosted,
)
from contracts.registry import POSTABLE, as_recorded
from contracts.vocabulary import NumberKind, OrgKind, Owner

from intake.application import keys
from intake.application.consents import ConsentDesk
from intake.application.envelope import Policy, envelope
from intake.application.identity import Identities
from intake.application.matching import OPENS, Match
from intake.application.reading import Event, Reading
from intake.domain.case import Case

_OWN = frozenset(name for name, postable in POSTABLE.items() if postable.owner is Owner.INTAKE)


class Recorded(NamedTuple):
    """What recording led to: the case, the number given, the routing event where another service decides."""

    case: Case
    number: str | None = None
    routed_id: str | None = None


class Recording:
    """Records events in their cases. The same reading gives the same ids and numbers again after a crash."""

    def __init__(
        self, ids_key: bytes, policy: Policy, identities: Identities, consents: ConsentDesk
    ) -> None:
        self._ids_key = ids_key
        self._policy = policy
        self._identities = identities
        self._consents = consents
        self._derive = lru_cache(maxsize=16_384)(partial(derive, ids_key))

    def foresee(self, uow: UnitOfWork, events: Iterable[tuple[Reading, Event]]) -> None:
        """Read in bulk what would be claimed and waited for if these open cases or get numbers."""
        clients, cases, numbers = [], [], []
        registered = []
        for reading, event in events:
            if isinstance(event.data, OPENS):
                client_id = self._derived("client", reading)
                clients.append(keys.as_text(client_id))
                if isinstance(event.data, ClientRegisteredPosted):
                    registered.append(client_id)
                cases.append(keys.until_case(self._derived("case", reading)))
            elif isinstance(event.data, ClientIntroducedPosted):
                numbers.append(keys.number_key(NumberKind.INTRODUCTION, self._number(reading)))
        uow.load_claims(keys.LATEST_CASE, clients)
        uow.load_claims(keys.NUMBER, numbers)
        uow.load_waits(cases)
        self._identities.load(registered)

    def record(
        self, uow: UnitOfWork, reading: Reading, event: Event, match: Match, org_kind: str
    ) -> Recorded:
        """Raises `Refusal` before anything has changed when the case does not allow it."""
        known = match.case
        meta = envelope(reading, event, known.id if known else self._derived("case", reading), self._policy)
        case = known or self._opened(reading, event, match, meta)
        recorded = self._take(uow, case, reading, event, meta, org_kind)
        if known is None:
            _claim_case(uow, case)
        if match.binds:
            _bind(uow, case, event, meta)
        return recorded

    def _opened(self, reading: Reading, event: Event, match: Match, meta: Meta) -> Case:
        client_id = UUID(match.client) if match.client else self._derived("client", reading)
        group = event.data.client_group  # type: ignore[attr-defined]
        return Case.open(meta.subject, CaseOpened(client_id=client_id, client_group=group), meta)

    def _take(
        self,
        uow: UnitOfWork,
        case: Case,
        reading: Reading,
        event: Event,
        meta: Meta,
        org_kind: str,
    ) -> Recorded:
        data = event.data
        if event.type not in _OWN:
            case.route(_routed(reading, event, org_kind), meta)
            return Recorded(case, routed_id=event_id(case.pending_events[-1]))
        if isinstance(data, ClientIntroducedPosted):
            return self._introduce(uow, case, reading, data, meta)
        if isinstance(data, ClientRegisteredPosted):
            self._register(uow, case, event, data, meta)
        elif isinstance(data, ConsentGivenPosted):
            self._consents.give(uow, case, data, meta)
        elif isinstance(data, ConsentWithdrawn):
            case.withdraw(data, meta)
        else:
            case.take(as_recorded(data), meta)
        return Recorded(case)

    def _introduce(
        self, uow: UnitOfWork, case: Case, reading: Reading, data: ClientIntroducedPosted, meta: Meta
    ) -> Recorded:
        given = self._number(reading)
        case.take(ClientIntroduced(**dict(data), number=given), meta)
        uow.claim(keys.NUMBER, keys.number_key(NumberKind.INTRODUCTION, given), keys.as_text(case.id))
        return Recorded(case, number=given)

    def _register(
        self,
        uow: UnitOfWork,
        case: Case,
        event: Event,
        data: ClientRegisteredPosted,
        meta: Meta,
    ) -> None:
        assert data.identity is not None, "what was sealed is opened"
        fields = {name: value for name, value in data if name in ClientRegistered.model_fields}
        case.take(ClientRegistered(**fields), meta)
        record_id = event_id(case.pending_events[-1])
        self._identities.seal(uow, case.client_id, record_id, data.identity)
        key = event.naming.identity
        if key is not None and uow.holder(keys.ID_NUMBER, key) is None:
            uow.claim(keys.ID_NUMBER, key, keys.as_text(case.client_id))

    def _derived(self, kind: str, reading: Reading) -> UUID:
        return self._derive(kind, reading.source, reading.event_id)

    def _number(self, reading: Reading) -> str:
        prefix = keys.PREFIX[NumberKind.INTRODUCTION]
        return number(self._ids_key, prefix, reading.source, reading.event_id)


def _claim_case(uow: UnitOfWork, case: Case) -> None:
    uow.add(case)
    client = keys.as_text(case.client_id)
    if uow.holder(keys.LATEST_CASE, client) is not None:
        uow.release(keys.LATEST_CASE, client)
    uow.claim(keys.LATEST_CASE, client, keys.as_text(case.id))


def _bind(uow: UnitOfWork, case: Case, event: Event, meta: Meta) -> None:
    assert event.naming.reference is not None
    case.bind(AgencyReferenceBound(org=meta.org, agency_ref=event.naming.reference), meta)
    client = keys.as_text(case.client_id)
    uow.claim(keys.REFERENCE, keys.reference_key(meta.org, event.naming.reference), client)


def _routed(reading: Reading, event: Event, org_kind: str) -> AgencyEventRouted:
    kind, number = event.naming.number or (None, None)
    return AgencyEventRouted(
        type=event.type,
        event_source=reading.source,
        event_id=reading.event_id,
        posted_by=reading.submission.agency,
        org_kind=OrgKind(org_kind),
        number=number,
        number_kind=kind,
        data=event.data.model_dump(mode="json"),
    )
