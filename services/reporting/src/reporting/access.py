"""Who may see what: the whole table as data, and the decisions taken from it. Default deny.

Source: domain.md, "Who takes part" (column "may see") and "Labels and who may see". A reader is one of a kind
of organisation; what ties the organisation to a case says which part of the case it sees, the kind says which
labels. What may not be seen leaves no trace: no marker that stands for one thing only, no count, no gap.
Purposes and consents narrow this later; nothing may widen it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, Protocol

from contracts.base import Label
from contracts.events import common, followup, intake, people, referral, screening, vault
from contracts.vocabulary import SERVICE_LABELS, OrgKind, Service
from reference.areas import Span

from reporting.pathway.entry import FOLLOWUP, INTAKE
from reporting.pathway.lookup import Tie

WITHHELD = "withheld"
"""What stands in place of a value that the reader may not see, whatever the value is."""

CARE = frozenset(Label) - {Label.IDENTITY}
"""All that reporting holds: identities are in intake's vault and nowhere else."""
HEALTH = frozenset({Label.DRUG, Label.HIV, Label.OST, Label.PSY, Label.TB, Label.HEALTH})

NOTHING: frozenset[Label] = frozenset()


class Part(IntEnum):
    """How much of a case is shown; of several ties the one that shows most counts."""

    NOTHING = 0
    CONTACTS = 1
    """Own contacts and whether the person reached a social worker: `CONTACT_EVENTS`, nothing else."""
    OWN = 2
    """What the organisation did, was sent or was told itself: its referrals, stays, events."""
    SCREENING = 3
    """The same, and every screening of the case."""
    WHOLE = 4


class Sight(NamedTuple):
    """One row of the table. `area_as`: the role in which it sees its whole area, and counts it in reports."""

    labels: frozenset[Label]
    ties: Mapping[Tie, Part] = MappingProxyType({})
    area_as: str | None = None


_TAKEN_UP = {
    Tie.CONTACTED: Part.WHOLE,
    Tie.INTRODUCED_TO: Part.WHOLE,
    Tie.REGISTERED: Part.WHOLE,
    Tie.HANDED_OVER_TO: Part.WHOLE,
    Tie.MOVED_TO: Part.WHOLE,
}
_OWN_CONTACTS = {Tie.CONTACTED: Part.CONTACTS}
_MEMBERS = {Tie.CONTACTED: Part.OWN, Tie.ASSIGNED_TO: Part.OWN}

TABLE: Mapping[str, Sight] = MappingProxyType(
    {
        OrgKind.WARD_POLICE: Sight(NOTHING, _OWN_CONTACTS),
        OrgKind.BORDER_GUARD: Sight(NOTHING, _OWN_CONTACTS),
        OrgKind.HOTLINE: Sight(NOTHING, _OWN_CONTACTS),
        OrgKind.DISTRICT_SOCIAL: Sight(CARE, _TAKEN_UP, "operator"),
        OrgKind.COMMUNE_SOCIAL: Sight(CARE, _TAKEN_UP, "operator"),
        OrgKind.HEALTH_STATION: Sight(HEALTH, {Tie.CONTACTED: Part.OWN, Tie.SCREENED: Part.SCREENING}),
        OrgKind.PROVIDER: Sight(NOTHING),
        OrgKind.DETOX_FACILITY: Sight(HEALTH | {Label.LEGAL}, {Tie.ADMITTED: Part.OWN}),
        OrgKind.METHADONE_CLINIC: Sight(HEALTH, {Tie.INDUCTED: Part.OWN}),
        OrgKind.COMMUNE_AUTHORITY: Sight(
            CARE - {Label.HIV},
            {Tie.HANDED_OVER_TO: Part.WHOLE, Tie.MOVED_TO: Part.WHOLE, Tie.ADMITTED: Part.OWN},
            "operator",
        ),
        OrgKind.VOLUNTEER_TEAM: Sight(frozenset({Label.DRUG}), _MEMBERS),
        OrgKind.CLUB: Sight(frozenset({Label.DRUG}), _MEMBERS),
        OrgKind.SUPERVISOR: Sight(CARE, area_as="supervisor"),
        OrgKind.AUDITOR: Sight(CARE, area_as="auditor"),
    }
)
"""Kind of organisation → labels, part of a case by tie, its area. A kind that is not here sees nothing.

A referral is always shown to who sent it and to whom it is addressed. A provider knows the labels of the
services that it offers, and no others.
"""

BY_SERVICES_OFFERED = frozenset({OrgKind.PROVIDER})
OF_THE_PROVINCE = frozenset({OrgKind.SUPERVISOR, OrgKind.AUDITOR})
"""Kinds whose area is the whole province where they have neither district nor commune."""

BESIDE_THE_LISTS: Mapping[str, str] = MappingProxyType(
    {
        OrgKind.SUPERVISOR: "our reading of domain.md (its territory); the law does not name it",
        OrgKind.AUDITOR: "our reading of domain.md (histories); the law does not name it",
    }
)
"""Who knows what a closed list of the law keeps from all others without standing on it, each with our ground.
The lists themselves (who may know an HIV status: Law 64/2006, Article 30) are values of the policy packs."""

CONTACT_EVENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        intake.CaseOpened.TYPE: frozenset(),
        intake.AgencyReferenceBound.TYPE: frozenset({"org", "agency_ref"}),
        intake.ClientContacted.TYPE: frozenset({"channel", "commune"}),
        intake.ClientIntroduced.TYPE: frozenset({"to_org", "number"}),
        intake.ClientRegistered.TYPE: frozenset(),
        common.EventVoided.TYPE: frozenset({"reason"}),
    }
)
"""The events that `Part.CONTACTS` shows, each with the fields that it shows. Only own ones, save
registrations: they tell that the person reached a social worker. A voiding is shown with what it voids."""

SCREENING_EVENTS = frozenset(
    {
        screening.ClientScreened.TYPE,
        screening.ScreeningReviewed.TYPE,
        intake.BriefInterventionGiven.TYPE,
    }
)

_FRAME = frozenset({"case_id", "commune", "district", "agency_refs", "referrals", "seq"})
CASE_FIELDS: Mapping[Part, frozenset[str]] = MappingProxyType(
    {
        Part.CONTACTS: _FRAME | {"stage", "opened_on", "introduction_number"},
        Part.OWN: _FRAME | {"stays"},
        Part.SCREENING: _FRAME | {"stays"},
    }
)
"""The fields of `Case` that each part shows; the whole shows all."""

CONTACT_STAGES = ("contacted", "introduced", "registered")
"""Stages that tell nobody of drugs: whether the person reached a social worker."""

TYPE_LABELS: Mapping[str, frozenset[Label]] = MappingProxyType(
    {
        screening.ClientScreened.TYPE: frozenset({Label.DRUG}),
        intake.BriefInterventionGiven.TYPE: frozenset({Label.DRUG}),
        screening.ScreeningDeclined.TYPE: frozenset({Label.DRUG}),
        screening.ScreeningReviewed.TYPE: frozenset({Label.DRUG}),
        intake.PlanAgreed.TYPE: frozenset({Label.DRUG}),
        intake.PlanRevised.TYPE: frozenset({Label.DRUG}),
        followup.FollowupOpened.TYPE: frozenset({Label.DRUG}),
        followup.DetoxAdmitted.TYPE: frozenset({Label.DRUG}),
        followup.DetoxCompleted.TYPE: frozenset({Label.DRUG}),
        followup.MethadoneInducted.TYPE: frozenset({Label.OST}),
        followup.HandoverNotified.TYPE: frozenset({Label.DRUG}),
        followup.HandoverConsentLapsed.TYPE: frozenset({Label.DRUG}),
        followup.HandoverReceived.TYPE: frozenset({Label.DRUG}),
        followup.ManagementStarted.TYPE: frozenset({Label.DRUG}),
        followup.SupportProvided.TYPE: frozenset({Label.DRUG}),
        followup.EvaluationDue.TYPE: frozenset({Label.DRUG}),
        followup.ReintegrationEvaluated.TYPE: frozenset({Label.DRUG}),
        vault.IdentityRead.TYPE: frozenset({Label.IDENTITY}),
        vault.IdentityReadRefused.TYPE: frozenset({Label.IDENTITY}),
    }
)
"""Events whose mere happening tells what the label protects. A referral's events carry its service's."""

OF_A_CONSENT_ENDED = frozenset({"service", "plan_item", "note", "note_labels", "shared"})
"""What a request tells a provider by the client's consent alone; withheld when that has ended."""

TOLD_BY_THE_EVENT: Mapping[str, frozenset[str]] = MappingProxyType(
    {referral.ReferralRequested.TYPE: frozenset({"service", "provider"})}
)
"""Fields whose labels were looked at when it was decided to show the event: they tell nothing more."""


OF_OTHER_CASES = frozenset(
    {
        people.ClientsMerged.TYPE,
        people.ClientsUnmerged.TYPE,
        people.MatchesProposed.TYPE,
        people.ClientsDistinguished.TYPE,
    }
)
"""Events that tell of another case. Merges are for who may see the whole of both; what was proposed, and what
was found different, for who sees every case."""

ANOTHER_CASE = frozenset({"into_case", "merge"})
"""Fields that tell of another case: for who may see the whole of that one too."""
CASES_NAMED = ("into_case", "survivor_case", "merged_case")
"""Fields that hold the id of a case."""

VOIDS_FOR_OTHERS = frozenset({OrgKind.SUPERVISOR, OrgKind.DISTRICT_SOCIAL})
"""Kinds that void what another office of their area recorded (`domain.md`: corrections)."""

NAMES_OF_EVENTS = frozenset(
    {"event_id", "consent", "consent_id", "earlier", "screening", "move", "about", "replaces"}
)
"""Fields that hold the id of an event of ours, for who sees all: `<stream>:<place>` counts what is left
out."""


def lies_within(
    codes: frozenset[str] | None, at_times: Mapping[str, tuple[Span, ...]], commune: str, told_on: date | None
) -> bool:
    """Whether a code that was told on that day is one of these, or of those that count on that day."""
    if codes is None or commune in codes:
        return True
    spans = at_times.get(commune, ())
    return told_on is not None and any(first <= told_on <= last for first, last in spans)


def spans_of(at_times: Mapping[str, tuple[Span, ...]]) -> list[tuple[str, date, date]]:
    """(code, first day, last day), in the order of the codes."""
    return [(code, *span) for code, spans in sorted(at_times.items()) for span in spans]


@dataclass(frozen=True)
class Reader:
    """Who asks: organisation, its kind, the role that counts, and what follows from them.

    `area`: communes whose cases it sees and counts, None for all; `at_times`: codes that mean another place
    at another time, with the days on which they mean one of its area (`reference.areas.Codes`).
    `hidden_orgs`: organisations whose very name tells what it may not know (a clinic that does nothing but
    HIV).
    """

    org: str
    kind: str = ""
    role: str = "operator"
    labels: frozenset[Label] = NOTHING
    area: frozenset[str] | None = frozenset()
    at_times: Mapping[str, tuple[Span, ...]] = field(default_factory=dict, hash=False)
    hidden_orgs: frozenset[str] = frozenset()

    @property
    def sees_every_case(self) -> bool:
        """Whether its area is everywhere."""
        return self.area is None

    @property
    def has_an_area(self) -> bool:
        """Whether it answers for an area, and so may count it."""
        return self.area is None or bool(self.area) or bool(self.at_times)

    def answers_for(self, commune: str, told_on: date | None) -> bool:
        """Whether what that code meant on the day on which it was told lies in its area."""
        return lies_within(self.area, self.at_times, commune, told_on)

    @cached_property
    def services(self) -> frozenset[str]:
        """The services whose names it may know."""
        return frozenset(str(service) for service in Service if may_see(self, service_labels(service)))

    def part(self, ties: Iterable[str], commune: str, told_on: date | None = None) -> Part:
        """How much it sees of a case to which its organisation has these ties, of that commune, as was told
        on that day."""
        if self.answers_for(commune, told_on):
            return Part.WHOLE
        return self.part_by_ties(ties)

    def part_by_ties(self, ties: Iterable[str]) -> Part:
        """How much it sees of a case for what its organisation did in it."""
        by_tie = TABLE[self.kind].ties if self.kind in TABLE else {}
        return max((by_tie.get(Tie(tie), Part.NOTHING) for tie in ties), default=Part.NOTHING)


def role_that_counts(kind: str, role: str) -> str:
    """A token's role, if the kind of organisation fits it; else an operator's, of its own organisation."""
    fits = kind == role or role not in ("supervisor", "auditor")
    return role if fits else "operator"


def labels_of_kind(kind: str, offers: Iterable[str]) -> frozenset[Label]:
    """The labels that an organisation of a kind, which offers these services, may see."""
    if kind in BY_SERVICES_OFFERED:
        return NOTHING.union(*map(service_labels, offers))
    return TABLE[kind].labels if kind in TABLE else NOTHING


class Law(Protocol):
    """What the policy of a day lays down, as far as it closes lists of who may know something."""

    def may_know(self, label: str, /) -> frozenset[str] | None:
        """The kinds of organisation that may know what a label protects; none where no list is closed."""
        ...


def within_the_law(labels: frozenset[Label], kind: str, law: Law) -> frozenset[Label]:
    """Those of the labels that no closed list of the day keeps from this kind. The table may narrow what
    the law allows, and a change of the law narrows the table from its day on."""
    if kind in BESIDE_THE_LISTS:
        return labels
    lists = {label: law.may_know(label) for label in labels}
    return frozenset(label for label, known in lists.items() if known is None or kind in known)


def told_by_name(offers: Iterable[str]) -> frozenset[Label]:
    """What an organisation's name tells of whoever it deals with: what all its services have in common."""
    labels = [service_labels(service) for service in offers]
    return frozenset.intersection(*labels) if labels else NOTHING


def may_see(reader: Reader, labels: Iterable[Label]) -> bool:
    """True if every one of the labels may be shown to this reader."""
    return reader.labels.issuperset(labels)


def shown(reader: Reader, value: str, labels: Iterable[Label]) -> str:
    """The value, or `withheld` in its place. `labels`: all that the field can carry, not those of this value,
    else the marker would tell the value."""
    return value if may_see(reader, labels) else WITHHELD


def may_see_all(reader: Reader, part: Part) -> bool:
    """Whether nothing of the case is left out: what tells of other cases is, save for who sees every case.
    Who does not see all learns no place within a stream (event ids, the last place of a case): it counts."""
    return reader.sees_every_case and part is Part.WHOLE and may_see(reader, CARE)


def told_places(reader: Reader) -> bool:
    """Whether it is told places in the whole history, which count what happened in all cases; whoever is not
    is told how many events of its own answer there are up to one."""
    return may_see_all(reader, Part.WHOLE)


def may_void(reader: Reader, part: Part, org: str) -> bool:
    """Whether it may be told by what name to void what that organisation recorded; the services ask besides
    whether it answers for who did (`answering.taking_back`)."""
    return org == reader.org or (part is Part.WHOLE and reader.kind in VOIDS_FOR_OTHERS)


def may_see_referral(reader: Reader, part: Part, *, service: str, sender: str, provider: str) -> bool:
    """Whether a referral of a case of which the reader sees that part is shown to it."""
    if reader.org in (sender, provider):
        return True
    if part is not Part.WHOLE or service not in reader.services:
        return False
    return reader.hidden_orgs.isdisjoint((sender, provider))


def service_labels(service: str) -> frozenset[Label]:
    """The label that the name of a service carries, if it carries one."""
    return frozenset({SERVICE_LABELS[service]} if service in SERVICE_LABELS else ())


def event_labels(type_: str, service: str | None = None) -> frozenset[Label]:
    """The labels of an event's mere happening; `service`: of the referral that it is about, if it is."""
    return TYPE_LABELS.get(type_, NOTHING) | (service_labels(service) if service else NOTHING)


def answer_labels(source: str, service: str) -> frozenset[Label]:
    """The labels of a refusal, a deferral, a deadline: whom it answers, the state it met and what is due tell
    of what it is about. Intake's deadlines are of moves from commune to commune.

    A request that was turned away says of no service, so it may be any.
    """
    if source == INTAKE:
        return NOTHING
    if source == FOLLOWUP:
        return frozenset({Label.DRUG, Label.OST})
    return service_labels(service) if service else CARE


def shown_stage(reader: Reader, part: Part, stage: str, furthest: str) -> str:
    """The stage of a case. Screening and what follows tell of drug use: who may not see that learns only
    whether the person reached a social worker."""
    if part is Part.WHOLE and may_see(reader, {Label.DRUG}):
        return stage
    return furthest if furthest in CONTACT_STAGES or not furthest else CONTACT_STAGES[-1]
