"""From a posted event that may be recorded to the facts of its case, and the claims that go with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from chassis.aggregate import event_id
from chassis.ids import derive, number
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.intake import (
    AgencyEventRouted,
    AgencyReferenceBound,
    CaseOpened,
    ClientIntroduced,
    ClientIntroducedPosted,
    ClientRegistered,
    ClientRegisteredPosted,
)
from contracts.registry import POSTABLE
from contracts.vocabulary import NumberKind, OrgKind, Owner

from intake.application import keys
from intake.application.envelope import Policy, envelope
from intake.application.identity import Identities
from intake.application.matching import Match
from intake.application.reading import Reading
from intake.domain.case import Case


@dataclass(slots=True)
class Recorded:
    """What recording led to: the case, the numbers given, and the routing event where another service
    decides.
    """

    case: Case
    numbers: dict[str, str] = field(default_factory=dict)
    routed_id: str | None = None


class Recording:
    """Records events in their cases. The same reading gives the same ids and numbers again after a crash."""

    def __init__(self, ids_key: bytes, policy: Policy, identities: Identities) -> None:
        self._ids_key = ids_key
        self._policy = policy
        self._identities = identities

    def record(self, uow: UnitOfWork, reading: Reading, match: Match, org_kind: str) -> Recorded:
        """Raises `Refusal` before anything has changed when the case does not allow it."""
        case_id = match.case.id if match.case else self._derive("case", reading)
        meta = envelope(reading, case_id, self._policy)
        case = match.case or self._opened(case_id, match, reading, meta)
        recorded = Recorded(case)
        self._take(uow, recorded, reading, meta, org_kind, known=match.case is not None)
        if match.case is None:
            self._claim_case(uow, case)
        if match.binds:
            self._bind(uow, case, reading, meta)
        return recorded

    def _opened(self, case_id: UUID, match: Match, reading: Reading, meta: Meta) -> Case:
        assert reading.posted is not None
        client_id = match.client_id or self._derive("client", reading)
        group = reading.posted.data.client_group  # type: ignore[attr-defined]
        return Case.open(case_id, CaseOpened(client_id=client_id, client_group=group), meta)

    def _take(
        self, uow: UnitOfWork, recorded: Recorded, reading: Reading, meta: Meta, org_kind: str, *, known: bool
    ) -> None:
        assert reading.posted is not None
        assert reading.type is not None
        case, data = recorded.case, reading.posted.data
        if POSTABLE[reading.type].owner is not Owner.INTAKE:
            case.route(_routed(reading, data, org_kind), meta)
            recorded.routed_id = event_id(case.pending_events[-1])
        elif isinstance(data, ClientIntroducedPosted):
            self._introduce(uow, recorded, reading, data, meta)
        elif isinstance(data, ClientRegisteredPosted):
            self._register(uow, case, reading, data, meta, known=known)
        else:
            case.take(data, meta)

    def _introduce(
        self, uow: UnitOfWork, recorded: Recorded, reading: Reading, data: ClientIntroducedPosted, meta: Meta
    ) -> None:
        kind = NumberKind.INTRODUCTION
        given = number(self._ids_key, keys.PREFIX[kind], reading.source, reading.event_id)
        recorded.case.introduce(ClientIntroduced(**dict(data), number=given), meta)
        uow.claim(keys.NUMBER, keys.number_key(kind, given), str(recorded.case.id))
        recorded.numbers[kind] = given

    def _register(
        self,
        uow: UnitOfWork,
        case: Case,
        reading: Reading,
        data: ClientRegisteredPosted,
        meta: Meta,
        *,
        known: bool,
    ) -> None:
        fields = {name: value for name, value in data if name != "identity"}
        case.register(ClientRegistered(**fields), meta)
        record_id = event_id(case.pending_events[-1])
        self._identities.seal(uow, case.client_id, record_id, data.identity, known=known)
        assert reading.posted is not None
        key = self._identities.key_of(reading.posted)
        if key is not None and uow.holder(keys.ID_NUMBER, key) is None:
            uow.claim(keys.ID_NUMBER, key, str(case.client_id))

    def _claim_case(self, uow: UnitOfWork, case: Case) -> None:
        uow.add(case)
        client = str(case.client_id)
        if uow.holder(keys.LATEST_CASE, client) is not None:
            uow.release(keys.LATEST_CASE, client)
        uow.claim(keys.LATEST_CASE, client, str(case.id))

    def _bind(self, uow: UnitOfWork, case: Case, reading: Reading, meta: Meta) -> None:
        assert reading.posted is not None
        org, reference = reading.submission.agency, reading.posted.about.agency_ref
        assert reference is not None
        case.bind(AgencyReferenceBound(org=org, agency_ref=reference), meta)
        uow.claim(keys.REFERENCE, keys.reference_key(org, reference), str(case.client_id))

    def _derive(self, kind: str, reading: Reading) -> UUID:
        return derive(self._ids_key, kind, reading.source, reading.event_id)


def _routed(reading: Reading, data: Payload, org_kind: str) -> AgencyEventRouted:
    assert reading.posted is not None
    named = reading.posted.about.number
    return AgencyEventRouted(
        type=data.TYPE,
        event_source=reading.source,
        event_id=reading.event_id,
        posted_by=reading.submission.agency,
        org_kind=OrgKind(org_kind),
        number=named[1] if named else None,
        number_kind=named[0] if named else None,
        data=data.model_dump(mode="json"),
    )
