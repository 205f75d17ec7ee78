"""Who may see what: one decision, taken from tables. Default deny.

Source: design/domain.md, "Who takes part" (column "may see") and "Labels and who may see". Who may know an
HIV status is a closed list by Law 64/2006 as amended by Law 71/2020: police are not on it, nor is the commune
authority. Purposes, consents and the territory of an organisation narrow this later; nothing may widen it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contracts.base import Label
from contracts.events import followup, intake
from contracts.vocabulary import SERVICE_LABELS

from reporting.pathway.entry import FOLLOWUP

WITHHELD = "withheld"
"""What stands in place of a value that the reader may not see."""

HEALTH = frozenset({Label.DRUG, Label.HIV, Label.OST, Label.PSY, Label.TB})
CARE = frozenset(Label) - {Label.IDENTITY}

MAY_SEE: Mapping[str, frozenset[Label]] = MappingProxyType(
    {
        "ward_police": frozenset(),
        "border_guard": frozenset({Label.TRAFFICKING}),
        "hotline": frozenset({Label.TRAFFICKING}),
        "district_social": CARE,
        "commune_social": CARE,
        "health_station": HEALTH,
        "provider": CARE,
        "detox_facility": CARE,
        "methadone_clinic": HEALTH,
        "commune_authority": CARE - {Label.HIV},
        "volunteer_team": frozenset({Label.DRUG}),
        "club": frozenset({Label.DRUG}),
        "supervisor": CARE,
        "auditor": CARE,
    }
)
"""Labels that an organisation of each kind may see at all. A kind that is not here sees none."""

OF_AN_AREA = frozenset({"district_social", "commune_social", "commune_authority"})
"""Kinds of organisation that see the cases of their district or commune."""

OF_THE_PROVINCE = frozenset({"supervisor", "auditor"})
"""Kinds of organisation that count the whole province, where they have neither district nor commune."""

CONTACT_STAGES = ("contacted", "introduced", "registered", "closed")
"""Stages that tell nobody of drugs: whether the person reached a social worker, whether the case is over."""

TYPE_LABELS: Mapping[str, frozenset[Label]] = MappingProxyType(
    {
        intake.ClientScreened.TYPE: frozenset({Label.DRUG}),
        intake.BriefInterventionGiven.TYPE: frozenset({Label.DRUG}),
        intake.PlanAgreed.TYPE: frozenset({Label.DRUG}),
        followup.FollowupOpened.TYPE: frozenset({Label.DRUG}),
        followup.DetoxAdmitted.TYPE: frozenset({Label.DRUG}),
        followup.DetoxCompleted.TYPE: frozenset({Label.DRUG}),
        followup.MethadoneInducted.TYPE: frozenset({Label.OST}),
        followup.HandoverNotified.TYPE: frozenset({Label.DRUG}),
        followup.HandoverReceived.TYPE: frozenset({Label.DRUG}),
        followup.ManagementStarted.TYPE: frozenset({Label.DRUG}),
        followup.SupportProvided.TYPE: frozenset({Label.DRUG}),
        followup.EvaluationDue.TYPE: frozenset({Label.DRUG}),
        followup.ReintegrationEvaluated.TYPE: frozenset({Label.DRUG}),
    }
)
"""Events whose mere happening tells what the label protects. A referral's events carry its service's."""


@dataclass(frozen=True)
class Reader:
    """Who asks: organisation, its kind (`org_kind`), the token's role, the communes that it answers for."""

    org: str
    org_kind: str
    role: str
    communes: frozenset[str] = frozenset()

    @property
    def sees_every_case(self) -> bool:
        """Supervisors and auditors are not bound to their own organisation's cases."""
        return self.role in {"supervisor", "auditor"}

    @property
    def area(self) -> frozenset[str]:
        """Communes whose cases an operator sees even if its organisation has not acted in them."""
        return self.communes if self.role == "operator" and self.org_kind in OF_AN_AREA else frozenset()


def may_see(reader: Reader, labels: Iterable[Label]) -> bool:
    """True if every one of the labels may be shown to this reader."""
    return frozenset(labels) <= MAY_SEE.get(reader.org_kind, frozenset())


def shown(reader: Reader, value: str, labels: Iterable[Label]) -> str:
    """The value, or `withheld` in its place."""
    return value if may_see(reader, labels) else WITHHELD


def service_labels(service: str) -> frozenset[Label]:
    """The label that the name of a service carries, if it carries one."""
    return frozenset({SERVICE_LABELS[service]} if service in SERVICE_LABELS else ())


def event_labels(type_: str, service: str | None = None) -> frozenset[Label]:
    """The labels of an event's mere happening; `service`: of the referral that it is about, if it is."""
    return TYPE_LABELS.get(type_, frozenset()) | (service_labels(service) if service else frozenset())


def answer_labels(source: str, service: str) -> frozenset[Label]:
    """The labels of a refusal or a deferral: whom it answers and the state it met tell of what it is about.

    A request that was turned away says of no service, so it may be any.
    """
    if source == FOLLOWUP:
        return frozenset({Label.DRUG, Label.OST})
    return service_labels(service) if service else CARE


def shown_stage(reader: Reader, stage: str) -> str:
    """The stage of a case. Screening and what follows tell of drug use: who may not see that learns only
    that the person was registered by a social worker."""
    if stage in CONTACT_STAGES or not stage or may_see(reader, {Label.DRUG}):
        return stage
    return "registered"
