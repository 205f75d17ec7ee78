"""Intake's log as it would be: cases that open, and agencies' events routed to their owners."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.items import Record
from contracts.base import Label, Payload
from contracts.envelope import Meta, Recorded
from contracts.events.cases import CaseClosed
from contracts.events.consent import ConsentGiven, ConsentWithdrawn
from contracts.events.intake import AgencyEventRouted, CaseOpened
from contracts.vocabulary import ClientGroup, CloseReason, NumberKind, OrgKind, PurposeOfUse

SOURCE = "/services/intake"
EVERYBODY = (
    OrgKind.PROVIDER,
    OrgKind.METHADONE_CLINIC,
    OrgKind.DETOX_FACILITY,
    OrgKind.HEALTH_STATION,
    OrgKind.COMMUNE_SOCIAL,
    OrgKind.COMMUNE_AUTHORITY,
)
BEGUN = datetime(2019, 3, 2, 2, 15, tzinfo=UTC)
KINDS = {
    "ldtbxh": OrgKind.COMMUNE_SOCIAL,
    "methadone": OrgKind.METHADONE_CLINIC,
    "cai": OrgKind.DETOX_FACILITY,
    "ubnd": OrgKind.COMMUNE_AUTHORITY,
    "opc": OrgKind.PROVIDER,
    "tyt": OrgKind.HEALTH_STATION,
}


class IntakeLog:
    """Writes events of one partition of `topic`, in their order."""

    def __init__(self, topic: str = "intake.events.v1") -> None:
        self.topic = topic
        self._offsets = itertools.count()
        self._posted = itertools.count(1)

    def opened(self, case_id: UUID) -> Recorded[Payload]:
        return self.event(case_id, CaseOpened(client_id=uuid4(), client_group=ClientGroup.DRUG_USER))

    def consented(
        self,
        case_id: UUID,
        *,
        at: datetime | None = None,
        org: str = "ldtbxh-bo-de",
        client: UUID | None = None,
        **changes: Any,
    ) -> Recorded[Payload]:
        """The client agrees to everything that may be asked for here, or to what `changes` say."""
        usual: dict[str, Any] = {
            "purposes": (PurposeOfUse.TREATMENT, PurposeOfUse.COORDINATION),
            "recipients": EVERYBODY,
            "labels": tuple(set(Label) - {Label.IDENTITY}),
        }
        given = ConsentGiven(**usual | changes)
        return self.event(case_id, given, org=org, at=at or BEGUN - timedelta(days=1), client=client)

    def withdrawn(
        self, case_id: UUID, consent: Recorded[Payload] | None = None, *, at: datetime = BEGUN, **taken: Any
    ) -> Recorded[Payload]:
        """The client takes back a consent, or all; or only what is named."""
        data = ConsentWithdrawn(consent=consent.id if consent else None, **taken)
        return self.event(case_id, data, at=at, org="ldtbxh-bo-de")

    def closed(self, case_id: UUID, at: datetime) -> Recorded[Payload]:
        return self.event(case_id, CaseClosed(reason=CloseReason.GOALS_MET), at=at)

    def routed(
        self,
        case_id: UUID,
        payload: Payload,
        org: str,
        *,
        number: str | None = None,
        kind: NumberKind = NumberKind.REFERRAL,
        at: datetime = BEGUN,
        received_at: datetime | None = None,
        legal_basis: str | None = None,
        client: UUID | None = None,
    ) -> Recorded[Payload]:
        """What that organisation posted, on its way; `client`: of whom, if not of the case's own."""
        routed = AgencyEventRouted(
            type=payload.TYPE,
            event_source=f"/agencies/{org}",
            event_id=f"e-{next(self._posted)}",
            posted_by=org,
            org_kind=KINDS[org.split("-")[0]],
            number=number,
            number_kind=kind if number else None,
            data=payload.model_dump(mode="json"),
        )
        told: dict[str, Any] = {"received_at": received_at, "legal_basis": legal_basis, "client": client}
        return self.event(case_id, routed, org=org, at=at, **told)

    def event(
        self,
        case_id: UUID,
        payload: Payload,
        *,
        org: str = "cap-bo-de",
        at: datetime = BEGUN,
        received_at: datetime | None = None,
        legal_basis: str | None = None,
        client: UUID | None = None,
    ) -> Recorded[Payload]:
        meta = Meta(
            legal_basis=legal_basis,
            client=client,
            subject=case_id,
            occurred_at=at,
            received_at=received_at or at + timedelta(minutes=5),
            actor="nv-07",
            org=org,
            policy_version="vn-law-2008@1",
            correlation_id="c-1",
        )
        event_id = f"{case_id}:{next(self._posted)}"
        return Recorded(id=event_id, type=payload.TYPE, source=SOURCE, meta=meta, data=payload)

    def records(self, *events: Recorded[Payload]) -> list[Record]:
        """The events as the consumer would hand them over."""
        return [self.record(event.to_bytes(), str(event.meta.subject)) for event in events]

    def record(self, value: bytes, key: str) -> Record:
        offset = next(self._offsets)
        return Record(
            topic=self.topic,
            partition=0,
            offset=offset,
            key=key.encode(),
            headers={},
            value=value,
            timestamp=0,
            after=offset or None,
            source_position=offset + 1,
        )
