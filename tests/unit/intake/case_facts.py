"""Facts of one case for the tests of intake: each a payload, and the envelope that dates it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from contracts.base import Label
from contracts.envelope import Meta
from contracts.events.cases import CaseClosed
from contracts.events.consent import ConsentGiven
from contracts.events.intake import (
    AgencyEventRouted,
    AgencyReferenceBound,
    BriefInterventionGiven,
    CaseOpened,
    ClientContacted,
    ClientIntroduced,
    ClientRegistered,
    CounsellingProvided,
    PlanAgreed,
    PlanItem,
)
from contracts.events.people import IdentityCorrected
from contracts.events.screening import ClientScreened, SubstanceScore
from contracts.vocabulary import (
    Channel,
    ClientGroup,
    CloseReason,
    CounsellingMode,
    CounsellingTopic,
    IdentityCorrection,
    Instrument,
    NumberKind,
    OrgKind,
    PurposeOfUse,
    RiskBand,
    Service,
    Sex,
    Substance,
)
from intake.domain.case import Case

CASE_ID = UUID("00000000-0000-8000-8000-00000000ca5e")
CLIENT_ID = UUID("00000000-0000-8000-8000-0000000c11e7")
DAY_ONE = datetime(2019, 3, 2, 2, 15, tzinfo=UTC)

opened = CaseOpened(client_id=CLIENT_ID, client_group=ClientGroup.DRUG_USER)
bound = AgencyReferenceBound(org="ca-bo-de", agency_ref="PX-0001")
contacted = ClientContacted(channel=Channel.STREET, commune="00145", client_group=ClientGroup.DRUG_USER)
introduced = ClientIntroduced(
    to_org="cap-bo-de", instead_of_administrative_file=True, number="GT-4F7K-92QX-T6WE-M"
)
registered = ClientRegistered(
    client_group=ClientGroup.DRUG_USER, birth_year=1990, sex=Sex.MALE, residence_commune="00145"
)
consented = ConsentGiven(
    purposes=(PurposeOfUse.TREATMENT,),
    recipients=(OrgKind.PROVIDER,),
    labels=(Label.DRUG,),
    expires_on=date(2021, 1, 1),
)
counselled = CounsellingProvided(
    topic=CounsellingTopic.TREATMENT_OPTIONS, mode=CounsellingMode.OFFICE, minutes=30
)
screened = ClientScreened(
    instrument=Instrument.WHO_ASSIST,
    scores=(SubstanceScore(substance=Substance.OPIOIDS, score=30),),
    risk=RiskBand.HIGH,
)
intervened = BriefInterventionGiven(minutes=15)
planned = PlanAgreed(items=(PlanItem(service=Service.METHADONE),))
corrected = IdentityCorrected(reason=IdentityCorrection.PAPERS_SEEN, birth_year=1991)
closed = CaseClosed(reason=CloseReason.GOALS_MET)


def routed(number: str | None = None) -> AgencyEventRouted:
    """An event that referral owns, about a referral's number or about the person."""
    return AgencyEventRouted(
        type="org.reftrack.referral-received.v1" if number else "org.reftrack.referral-requested.v1",
        event_source="/agencies/cap-bo-de",
        event_id="e-1",
        posted_by="cap-bo-de",
        org_kind=OrgKind.COMMUNE_SOCIAL,
        number=number,
        number_kind=NumberKind.REFERRAL if number else None,
        data={} if number else {"service": "methadone", "provider": "pk-long-bien"},
    )


def on_day(day: int) -> Meta:
    """The envelope of what occurred so many days after the first."""
    return Meta(
        subject=CASE_ID,
        occurred_at=DAY_ONE + timedelta(days=day),
        received_at=DAY_ONE + timedelta(days=day, hours=3),
        actor="cap-bo-de/01",
        org="cap-bo-de",
        policy_version="default@1",
        correlation_id="c-1",
    )


def a_case() -> Case:
    """A case just opened, of which nothing else is known."""
    return Case.open(CASE_ID, opened, on_day(0))
