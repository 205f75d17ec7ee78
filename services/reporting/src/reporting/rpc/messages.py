"""From rows and states to messages, each field as this reader may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from contracts.base import Label, labels_of
from contracts.events import intake
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import (
    CASE_FIELDS,
    WITHHELD,
    Part,
    Reader,
    may_see,
    may_see_referral,
    shown,
    shown_stage,
)
from reporting.indicators.period import HANOI
from reporting.pathway.cases import CaseStatus, Stay
from reporting.pathway.referrals import ReferralStatus
from reporting.rpc.facts import labels_within

_GROUP = labels_of(intake.CaseOpened.model_fields["client_group"])
_PLAN = labels_within(intake.PlanItem)


@dataclass(frozen=True)
class Surroundings:
    """What an answer about a case says that the case itself does not."""

    district: str = ""
    introduction_number: str = ""
    agency_refs: tuple[str, ...] = ()
    referrals: tuple[pb.Referral, ...] = field(default=())
    seq: int = 0
    goes_on_in: str = ""
    merged_cases: tuple[str, ...] = ()
    stays: tuple[Stay, ...] = ()
    """Those of the merged cases."""
    consent_ends: Mapping[str, str] = field(default_factory=dict)
    """Number of a stay → why the consent by which a commune was told of it covers that no more."""


def case_message(reader: Reader, part: Part, case: CaseStatus, around: Surroundings) -> pb.Case:
    """That part of a case; what the reader may not see is withheld or left out."""
    whole, shown_of_it = _whole_case(reader, part, case, around), pb.Case()
    if part is Part.WHOLE:
        return whole
    FieldMask(paths=CASE_FIELDS.get(part, ())).MergeMessage(whole, shown_of_it)
    return shown_of_it


def _whole_case(reader: Reader, part: Part, case: CaseStatus, around: Surroundings) -> pb.Case:
    return pb.Case(
        case_id=str(case.case_id),
        client_id=str(case.client_id or ""),
        client_group=shown(reader, case.client_group, _GROUP),
        stage=shown_stage(reader, part, case.stage, case.furthest),
        opened_on=_day(case.opened_at),
        closed_on=_day(case.closed_at),
        commune=case.commune,
        district=around.district,
        introduction_number=around.introduction_number,
        agency_refs=around.agency_refs,
        plan=_plan(reader, case),
        referrals=around.referrals,
        stays=_stays(reader, part, (*case.stays, *around.stays), around.consent_ends),
        followup_state=shown(reader, case.followup_state, {Label.DRUG, Label.OST}),
        seq=around.seq,
        goes_on_in=around.goes_on_in,
        merged_cases=around.merged_cases,
        moved_to=case.moved_to,
    )


def referral_message(
    reader: Reader,
    referral: ReferralStatus,
    *,
    case_id: UUID,
    commune: str,
    seq: int,
    consent_end: str = "",
    withheld: bool = False,
) -> pb.Referral:
    """A referral that the reader may see (`concerns`); of its own one of a service that it may not know, or
    of one that it knew by a consent which has ended (`withheld`), neither the service nor the outcome."""
    seen = referral.service in reader.services and not withheld
    status, business_status = referral.fhir
    return pb.Referral(
        number=referral.number,
        referral_id=str(referral.referral_id),
        case_id=str(case_id),
        service=referral.service if seen else WITHHELD,
        sender=referral.sender,
        provider=referral.provider,
        commune=commune,
        state=referral.state,
        fhir_status=status,
        fhir_business_status=business_status,
        moves=referral.moves,
        requested_at=_moment(referral.requested_at),
        changed_at=_moment(referral.changed_at),
        appointment_at=_moment(referral.appointment_at),
        result=referral.result if seen or not referral.result else WITHHELD,
        version=referral.version,
        seq=seq,
        consent_end=consent_end,
    )


def concerns(reader: Reader, part: Part, referral: ReferralStatus) -> bool:
    """Whether a referral belongs into the reader's part of a case: its own, or of a service it may know."""
    return may_see_referral(
        reader, part, service=referral.service, sender=referral.sender, provider=referral.provider
    )


def timestamp(at: datetime) -> Timestamp:
    """An aware instant as protobuf's."""
    message = Timestamp()
    message.FromDatetime(at)
    return message


def _moment(at: datetime | None) -> Timestamp | None:
    return timestamp(at) if at else None


def _plan(reader: Reader, case: CaseStatus) -> Iterable[pb.PlanItem]:
    """All of the plan, or nothing: a plan without the items that are withheld tells that there are some."""
    if not may_see(reader, _PLAN | {Label.DRUG}):
        return ()
    return (pb.PlanItem(service=item.service, goal=item.goal, due_on=item.due_on) for item in case.plan)


def _stays(
    reader: Reader, part: Part, stays: Iterable[Stay], consent_ends: Mapping[str, str]
) -> list[pb.Stay]:
    if not may_see(reader, {Label.DRUG, Label.LEGAL}):
        return []
    shown_of_them = (stay for stay in stays if part is Part.WHOLE or stay.facility == reader.org)
    return [_stay(stay, consent_ends.get(stay.number, "")) for stay in shown_of_them]


def _stay(stay: Stay, consent_end: str) -> pb.Stay:
    return pb.Stay(
        number=stay.number,
        kind=stay.kind,
        facility=stay.facility,
        admitted_on=_day(datetime.fromisoformat(stay.admitted_at)),
        completed_on=_day(datetime.fromisoformat(stay.completed_at)) if stay.completed_at else "",
        consent_end=consent_end,
    )


def _day(at: datetime | None) -> str:
    day: date | None = at.astimezone(HANOI).date() if at else None
    return day.isoformat() if day else ""
