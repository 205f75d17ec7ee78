"""The way that each group of clients goes: which steps, referrals and reports it has, as data with sources.

A path is a closed list of what it does *not* have: what nobody has ruled out is allowed, as the same points
of contact serve everybody (`domain.md`, beginning). Of a path that a reader may not know of (HIV, sex work)
nothing is ruled out that another agency could notice: a refusal must not tell it who somebody is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.events import followup
from contracts.events.intake import ClientContacted
from contracts.events.referral import ReferralRequestedPosted
from contracts.vocabulary import ClientGroup, OrgKind, Service

from intake.domain.order import Step

_DRUG_TREATMENT = frozenset(
    {
        Service.METHADONE,
        Service.BUPRENORPHINE,
        Service.VOLUNTARY_DETOX,
        Service.HOME_COMMUNITY_DETOX,
        Service.COMPULSORY_DETOX,
        Service.CEDEMEX,
    }
)
_VICTIMS_ONLY = frozenset({Service.VICTIM_RETURN})
_TREATMENT_AND_AFTER_CARE = frozenset(
    event.TYPE
    for event in (
        followup.DetoxAdmittedPosted,
        followup.DetoxCompleted,
        followup.MethadoneInductedPosted,
        followup.HandoverNotified,
        followup.HandoverReceived,
        followup.ManagementStarted,
        followup.ReintegrationEvaluated,
    )
)
_SCREENING = frozenset({Step.SCREENED, Step.DECLINED, Step.INTERVENED})


@dataclass(frozen=True)
class Path:
    """What a group's way does not have: steps in the case, services to be referred to, reports that go to
    other services. `goes`: the way in words; `source`: where the rule is from."""

    goes: str
    source: str
    no_steps: frozenset[Step] = frozenset()
    no_services: frozenset[Service] = frozenset()
    no_reports: frozenset[str] = frozenset()


PATHS: Mapping[ClientGroup, Path] = MappingProxyType(
    {
        ClientGroup.DRUG_USER: Path(
            goes="contact, registration, screening, brief intervention, plan, referrals, detoxification or"
            " substitution, after-care, evaluation",
            source="domain.md: the programme, first paragraph",
            no_services=_VICTIMS_ONLY,
        ),
        ClientGroup.SEX_WORKER: Path(
            goes="contact, registration, counselling, plan and referrals to health, law and work; screening"
            " only where drugs are used, and then treatment as for anybody else",
            source="domain.md: the same points also serve sex workers; that screening is open: our reading",
            no_services=_VICTIMS_ONLY,
        ),
        ClientGroup.PERSON_WITH_HIV: Path(
            goes="contact, registration, plan and referrals without screening; screening only where drugs are"
            " used",
            source="domain.md: the same points also serve people living with HIV; Law 64/2006: no duty to be"
            " screened for anything; that screening is open: our reading",
            no_services=_VICTIMS_ONLY,
        ),
        ClientGroup.TRAFFICKING_VICTIM: Path(
            goes="contact by border guards or the hotline, introduction, registration, reception and return,"
            " papers, legal aid, health, work and housing; no screening for drugs, no treatment of them",
            source="domain.md: border_guard, hotline; service victim_return; identity_papers, legal_aid",
            no_steps=_SCREENING,
            no_services=_DRUG_TREATMENT,
            no_reports=_TREATMENT_AND_AFTER_CARE,
        ),
        ClientGroup.RELATIVE: Path(
            goes="contact, registration, counselling (audience relative), plan and referrals; no screening,"
            " brief intervention or treatment: these are the drug user's",
            source="domain.md: the same points also serve relatives; counselling: audience relative",
            no_steps=_SCREENING,
            no_services=_DRUG_TREATMENT | _VICTIMS_ONLY,
            no_reports=_TREATMENT_AND_AFTER_CARE,
        ),
    }
)
"""Who uses drugs and belongs to another group besides is registered as a drug user by whoever treats it: the
group of the latest registration is the one whose way the case goes."""

CONTACTS_ONLY: Mapping[str, frozenset[ClientGroup]] = MappingProxyType(
    {
        OrgKind.BORDER_GUARD: frozenset({ClientGroup.TRAFFICKING_VICTIM}),
        OrgKind.HOTLINE: frozenset({ClientGroup.TRAFFICKING_VICTIM}),
    }
)
"""Kinds of organisation that report contacts with these groups alone (`domain.md`, Who takes part)."""


RULED_OUT = frozenset[Step]().union(*(path.no_steps for path in PATHS.values()))
"""The steps that some way does not have; all other steps are on every way."""


def check_step(group: ClientGroup, step: Step) -> None:
    """Raises `Refusal` for a step that the way of this group does not have."""
    if step in PATHS[group].no_steps:
        raise Refusal("not_in_path", field="ce_type")


def check_routed(group: ClientGroup, type_name: str, data: Mapping[str, Any]) -> None:
    """Raises `Refusal` for a report to another service that the way of this group does not have."""
    path = PATHS[group]
    if type_name in path.no_reports:
        raise Refusal("not_in_path", field="ce_type")
    if type_name == ReferralRequestedPosted.TYPE and data.get("service") in path.no_services:
        raise Refusal("service_not_in_path", field="/data/service")


def check_contact(data: Payload, kind: str) -> None:
    """Raises `Refusal` for a contact with a group that this kind of organisation does not report."""
    groups = CONTACTS_ONLY.get(kind)
    if groups is not None and isinstance(data, ClientContacted) and data.client_group not in groups:
        detail = {"allowed": ", ".join(sorted(groups))}
        raise Refusal("group_not_yours", field="/data/client_group", detail=detail)
