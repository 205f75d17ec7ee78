"""A whole pathway for tests, with organisations of the reference data and valid numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from chassis.ids import number
from contracts.events import followup, intake, referral, screening
from contracts.vocabulary import (
    Channel,
    ClientGroup,
    DetoxKind,
    Instrument,
    ManagementModel,
    RiskBand,
    Service,
    ServiceOutcome,
    Substance,
)

from tests.unit.reporting.story import Story, named

KEY = b"n" * 32
GROUP = ClientGroup.DRUG_USER
BO_DE, NGOC_LAM, ME_TRI = "00139", "00133", "00631"
POLICE, SOCIAL = "cap-bo-de", "ldtbxh-bo-de"
CLINIC, HIV_CLINIC = "methadone-long-bien", "opc-long-bien"
SUPERVISOR, AUDITOR = "pctnxh-ha-noi", "thanh-tra-ha-noi"


def numbered(prefix: str, name: str) -> str:
    """A valid number that is the same in every run."""
    return number(KEY, prefix, name)


def at(day: int, month: int = 3, year: int = 2019) -> datetime:
    """Nine in the morning in Ha Noi on a day of 2019."""
    return datetime(year, month, day, 2, tzinfo=UTC)


SCREENED = screening.ClientScreened(
    instrument=Instrument.WHO_ASSIST,
    scores=(screening.SubstanceScore(substance=Substance.OPIOIDS, score=20),),
    risk=RiskBand.MODERATE,
)
INTERVENED = intake.BriefInterventionGiven(minutes=15)


def contacted(commune: str = BO_DE) -> intake.ClientContacted:
    return intake.ClientContacted(channel=Channel.STREET, commune=commune, client_group=GROUP)


def registered(commune: str = BO_DE) -> intake.ClientRegistered:
    return intake.ClientRegistered(client_group=GROUP, residence_commune=commune)


def opened(client: str) -> intake.CaseOpened:
    return intake.CaseOpened(client_id=named("client", client), client_group=GROUP)


def planned(*services: Service) -> intake.PlanAgreed:
    return intake.PlanAgreed(items=tuple(intake.PlanItem(service=service) for service in services))


def requested(name: str, service: Service, provider: str) -> referral.ReferralRequested:
    return referral.ReferralRequested(service=service, provider=provider, number=numbered("CG", name))


def reached(story: Story, name: str, commune: str = BO_DE, *, day: int = 2) -> None:
    """A person contacted, registered, screened, intervened, planned; case and client of one name."""
    story.intake(name, opened(name), contacted(commune), at=at(day), org=POLICE)
    story.intake(name, registered(commune), SCREENED, INTERVENED, at=at(day + 1), org=SOCIAL)
    story.intake(name, planned(Service.METHADONE, Service.HIV_TEST), at=at(day + 2), org=SOCIAL)


def referred(story: Story, name: str, service: Service, provider: str, *, day: int = 5) -> None:
    """A referral of the name's case, called `<name>/<service>`."""
    call = f"{name}/{service}"
    story.referral(name, call, requested(call, service, provider), at=at(day), org=SOCIAL)


def whole_pathway(story: Story, name: str = "an") -> SimpleNamespace:
    """One person from the first contact to post-detox management; returns the numbers given on the way."""
    numbers = SimpleNamespace(
        introduction=numbered("GT", name),
        stay=numbered("LT", name),
        methadone=numbered("CG", f"{name}/methadone"),
    )
    reached(story, name)
    bound = intake.AgencyReferenceBound(org=POLICE, agency_ref=f"LB-{name}")
    introduced = intake.ClientIntroduced(
        to_org=SOCIAL, instead_of_administrative_file=True, number=numbers.introduction
    )
    story.intake(name, bound, introduced, at=at(2), org=POLICE)
    referred(story, name, Service.METHADONE, CLINIC)
    referred(story, name, Service.HIV_TEST, HIV_CLINIC)
    call = f"{name}/methadone"
    received, accepted, started = (
        referral.ReferralReceived(),
        referral.ReferralAccepted(),
        referral.ServiceStarted(),
    )
    story.referral(name, call, received, accepted, started, at=at(8), org=CLINIC)
    done = referral.ServiceCompleted(outcome=ServiceOutcome.GOAL_MET)
    story.referral(name, call, done, at=at(20), org=CLINIC)
    admitted = followup.DetoxAdmitted(
        kind=DetoxKind.VOLUNTARY, facility="cai-nghien-ha-noi", stay_number=numbers.stay
    )
    first = followup.FollowupOpened(client_id=named("client", name))
    story.followup(name, first, admitted, at=at(10), org="cai-nghien-ha-noi")
    story.followup(name, followup.DetoxCompleted(months=1), at=at(25), org="cai-nghien-ha-noi")
    managed = followup.ManagementStarted(model=ManagementModel.CLUB)
    story.followup(name, managed, at=at(25) + timedelta(days=30), org="ubnd-bo-de")
    return numbers
