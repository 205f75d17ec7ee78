"""From rows and states to messages, each field as this reader may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from contracts.base import Label
from contracts.vocabulary import GROUP_LABELS
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import WITHHELD, Reader, may_see, service_labels, shown, shown_stage
from reporting.indicators.period import HANOI
from reporting.pathway.cases import CaseStatus, Stay
from reporting.pathway.referrals import ReferralStatus


@dataclass(frozen=True)
class Surroundings:
    """What an answer about a case says that the case itself does not."""

    district: str = ""
    introduction_number: str = ""
    agency_refs: tuple[str, ...] = ()
    referrals: tuple[pb.Referral, ...] = field(default=())
    seq: int = 0


def case_message(reader: Reader, case: CaseStatus, around: Surroundings) -> pb.Case:
    """A case; what the reader may not see is withheld or left out."""
    return pb.Case(
        case_id=str(case.case_id),
        client_id=str(case.client_id or ""),
        client_group=shown(reader, case.client_group, _group_labels(case.client_group)),
        stage=shown_stage(reader, case.stage),
        opened_on=_day(case.opened_at),
        closed_on=_day(case.closed_at),
        commune=case.commune,
        district=around.district,
        introduction_number=around.introduction_number,
        agency_refs=around.agency_refs,
        plan=_plan(reader, case),
        referrals=around.referrals,
        stays=[_stay(stay) for stay in case.stays] if may_see(reader, {Label.DRUG, Label.LEGAL}) else (),
        followup_state=shown(reader, case.followup_state, {Label.DRUG, Label.OST}),
        seq=around.seq,
    )


def referral_message(reader: Reader, referral: ReferralStatus, *, commune: str, seq: int) -> pb.Referral:
    """A referral; of a service that the reader may not know, not who gives it nor its outcome either."""
    seen = may_see(reader, service_labels(referral.service))
    status, business_status = referral.fhir
    return pb.Referral(
        number=referral.number,
        referral_id=str(referral.referral_id),
        case_id=str(referral.case_id),
        service=referral.service if seen else WITHHELD,
        sender=referral.sender,
        provider=referral.provider if seen or reader.org == referral.provider else WITHHELD,
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
    )


def concerns(reader: Reader, referral: ReferralStatus) -> bool:
    """Whether a referral belongs into the reader's picture of a case: its own, or a service it may know."""
    own = reader.org in (referral.sender, referral.provider)
    return own or may_see(reader, service_labels(referral.service))


def timestamp(at: datetime) -> Timestamp:
    """An aware instant as protobuf's."""
    message = Timestamp()
    message.FromDatetime(at)
    return message


def _moment(at: datetime | None) -> Timestamp | None:
    return timestamp(at) if at else None


def _plan(reader: Reader, case: CaseStatus) -> Iterable[pb.PlanItem]:
    return (
        pb.PlanItem(service=item.service, goal=item.goal, due_on=item.due_on)
        for item in case.plan
        if may_see(reader, {Label.DRUG} | service_labels(item.service))
    )


def _stay(stay: Stay) -> pb.Stay:
    return pb.Stay(
        number=stay.number,
        kind=stay.kind,
        facility=stay.facility,
        admitted_on=_day(datetime.fromisoformat(stay.admitted_at)),
        completed_on=_day(datetime.fromisoformat(stay.completed_at)) if stay.completed_at else "",
    )


def _group_labels(group: str) -> frozenset[Label]:
    return frozenset({GROUP_LABELS[group]} if group in GROUP_LABELS else ())


def _day(at: datetime | None) -> str:
    day: date | None = at.astimezone(HANOI).date() if at else None
    return day.isoformat() if day else ""
