"""Where a case stands: a fold that gives the same in whatever order the three logs came in.

Within one log the order of a case is kept, so what one log alone tells (stage, closed, plan, stays) is its
latest or furthest. What several logs tell (last event, how many) is a greatest or a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from contracts.events import cases, common, followup, intake, screening, vault
from contracts.vocabulary import CloseReason

from reporting.pathway.corrections import standing
from reporting.pathway.entry import NAMES_A_CLIENT, Entry, Moment

STAGES: MappingProxyType[str, str] = MappingProxyType(
    {
        intake.ClientContacted.TYPE: "contacted",
        intake.ClientIntroduced.TYPE: "introduced",
        intake.ClientRegistered.TYPE: "registered",
        screening.ClientScreened.TYPE: "screened",
        intake.BriefInterventionGiven.TYPE: "brief_intervention_given",
        intake.PlanAgreed.TYPE: "plan_agreed",
    }
)
"""Intake's stages in order; a case stands at the furthest reached, however late the others are told."""

FOLLOWUP_STATES: MappingProxyType[str, str] = MappingProxyType(
    {
        followup.DetoxAdmitted.TYPE: "in_detox",
        followup.DetoxCompleted.TYPE: "detox_completed",
        followup.MethadoneInducted.TYPE: "on_methadone",
        followup.HandoverNotified.TYPE: "handover_notified",
        followup.HandoverReceived.TYPE: "handed_over",
        followup.ManagementStarted.TYPE: "under_management",
        followup.EvaluationDue.TYPE: "evaluation_due",
        followup.ReintegrationEvaluated.TYPE: "evaluated",
    }
)
"""Followup's states (list FollowupStage of the catalogue); a case is in the one that was entered last."""

_DUE = FOLLOWUP_STATES[followup.EvaluationDue.TYPE]
_EVALUATED = FOLLOWUP_STATES[followup.ReintegrationEvaluated.TYPE]
_RANK = {stage: rank for rank, stage in enumerate(["", *STAGES.values()])}
_READ = vault.IdentityRead.TYPE
_COMPLETED = followup.DetoxCompleted.TYPE


class Planned(NamedTuple):
    """One item of the plan; `due_on` is YYYY-MM-DD, empty if none."""

    service: str
    goal: str
    due_on: str


class Stay(NamedTuple):
    """One stay in a facility; times are RFC 3339, `completed_at` empty while it lasts.

    Where the consent by which a commune was told of it was found to hold no more: `told_to`, that commune's
    office; `told_labels`, what that told of (codes, one space between two); `consent_id`, that consent, where
    it is known which.
    """

    number: str
    kind: str
    facility: str
    admitted_at: str
    completed_at: str
    told_to: str = ""
    told_labels: str = ""
    consent_id: str = ""
    client: str = ""
    """Of whom it tells, where that is not the case's own client."""


@dataclass(slots=True)
class CaseStatus:
    """One case, as it tells of its own client. Fields are empty until the log that tells them has told them.

    `voids`: how many of its events void others. `merged_into`: the case that went on when it was closed by
    merging. `moved_to`: the commune to which the client moved last; `moved_recorded_at` and
    `plan_recorded_at`: when that and the plan were recorded. What it tells of another client, who was the
    same person then, stands beside it (`tell`), but for closings and stays: these are the case's.
    """

    case_id: UUID
    client_id: UUID | None = None
    client_group: str = ""
    commune: str = ""
    commune_by_contact: bool = False
    furthest: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    followup_state: str = "none"
    events: int = 0
    last_type: str = ""
    voids: int = 0
    merged_into: UUID | None = None
    moved_to: str = ""
    moved_recorded_at: datetime | None = None
    plan_recorded_at: datetime | None = None
    plan: tuple[Planned, ...] = ()
    stays: tuple[Stay, ...] = ()
    commune_told: Moment | None = None
    followup_told: Moment | None = None
    last: Moment | None = None

    @property
    def stage(self) -> str:
        """How far the case has come: the furthest of intake's stages, or `closed`."""
        return "closed" if self.closed_at else self.furthest

    @property
    def is_merged(self) -> bool:
        """Whether it is closed because another case of the same person goes on."""
        return self.close_reason == CloseReason.MERGED

    def fold(self, entry: Entry) -> None:
        """Takes in one entry of the case, each entry once."""
        if NAMES_A_CLIENT not in entry.value or entry.told_of is None:
            self.tell(entry)
        told = entry.type
        if told in _OF_THE_CASE:
            _OF_THE_CASE[told](self, entry, entry.data)
        elif told == _COMPLETED:
            self.stays = _completed(self.stays, entry.org, entry.occurred_at)

    def tell(self, entry: Entry) -> None:
        """Takes in what an entry tells of the client. That somebody was shown who the client is changes
        nothing."""
        told = entry.type
        if told == _READ:
            return
        self.events += 1
        if self.last is None or entry.occurred_at >= self.last.occurred_at:
            self._last(entry)
        if told in STAGES:
            self.furthest = max(self.furthest, STAGES[told], key=_RANK.__getitem__)
        elif told in FOLLOWUP_STATES:
            self._follow_up(FOLLOWUP_STATES[told], entry.moment)
        if told in _OF_THE_CLIENT:
            _OF_THE_CLIENT[told](self, entry, entry.data)

    def _last(self, entry: Entry) -> None:
        moment = entry.moment
        if self.last is None or moment > self.last:
            self.last, self.last_type = moment, entry.type

    def place(self, commune: str, moment: Moment, *, by_contact: bool) -> None:
        """Keeps the commune of the first contact; a residence only while there was no contact."""
        told = (not self.commune_by_contact, self.commune_told)
        if self.commune_told is None or (not by_contact, moment) < told:
            self.commune, self.commune_told, self.commune_by_contact = commune, moment, by_contact

    def _follow_up(self, state: str, moment: Moment) -> None:
        """The state entered last; the year's evaluation, made early in its window, is not due any more."""
        change = self.followup_state, state
        if change == (_EVALUATED, _DUE):
            return
        if self.followup_told is None or moment > self.followup_told or change == (_DUE, _EVALUATED):
            self.followup_state, self.followup_told = state, moment

    def join(self, other: CaseStatus) -> None:
        """Takes in what another tells of the same person: how far, what and when last, how much."""
        self.events += other.events
        self.furthest = max(self.furthest, other.furthest, key=_RANK.__getitem__)
        if other.last is not None and (self.last is None or other.last > self.last):
            self.last, self.last_type = other.last, other.last_type
        if other.followup_told is not None:
            self._follow_up(other.followup_state, other.followup_told)

    def copy(self) -> CaseStatus:
        """The same, for a fold that must leave this one as it is."""
        return replace(self)


def case_after(case_id: UUID, entries: Sequence[Entry]) -> CaseStatus:
    """The case whose entries these are, all from its first: what was voided does not count, what replaces it
    stands in its place. A notice that was voided needed no consent."""
    status, counting = CaseStatus(case_id), standing(entries)
    ids = {entry.event_id for entry in counting}
    for entry in counting:
        if entry.type != followup.HandoverConsentLapsed.TYPE or entry.data.about in ids:
            status.fold(entry)
    return status


def _opened(case: CaseStatus, entry: Entry, said: intake.CaseOpened) -> None:
    case.client_id, case.client_group = said.client_id, str(said.client_group)
    case.opened_at = entry.occurred_at


def _contacted(case: CaseStatus, entry: Entry, said: intake.ClientContacted) -> None:
    case.place(said.commune, entry.moment, by_contact=True)


def _registered(case: CaseStatus, entry: Entry, said: intake.ClientRegistered) -> None:
    if said.residence_commune is not None:
        case.place(said.residence_commune, entry.moment, by_contact=False)


def _agreed(case: CaseStatus, entry: Entry, said: intake.PlanAgreed | intake.PlanRevised) -> None:
    case.plan, case.plan_recorded_at = tuple(_planned(item) for item in said.items), entry.recorded_at


def _closed(case: CaseStatus, entry: Entry, said: cases.CaseClosed) -> None:
    case.closed_at, case.close_reason, case.merged_into = entry.occurred_at, str(said.reason), said.into_case


def _reopened(case: CaseStatus, _entry: Entry, _said: cases.CaseReopened) -> None:
    case.closed_at, case.close_reason, case.merged_into = None, "", None


def _moved(case: CaseStatus, entry: Entry, said: cases.ClientMoved) -> None:
    case.moved_to, case.moved_recorded_at = said.to_commune, entry.recorded_at


def _voided(case: CaseStatus, _entry: Entry, _said: common.EventVoided) -> None:
    case.voids += 1


def _admitted(case: CaseStatus, entry: Entry, said: followup.DetoxAdmitted) -> None:
    admitted_at = entry.occurred_at.isoformat()
    client = str(entry.told_of or "")
    case.stays += (Stay(said.stay_number, str(said.kind), said.facility, admitted_at, "", client=client),)


def _consent_lapsed(case: CaseStatus, _: Entry, said: followup.HandoverConsentLapsed) -> None:
    case.stays = tuple(_lapsed(stay, said) for stay in case.stays)


_Taking = Callable[[CaseStatus, Entry, Any], None]
_OF_THE_CASE: MappingProxyType[str, _Taking] = MappingProxyType(
    {
        intake.CaseOpened.TYPE: _opened,
        cases.CaseClosed.TYPE: _closed,
        cases.CaseReopened.TYPE: _reopened,
        common.EventVoided.TYPE: _voided,
        followup.DetoxAdmitted.TYPE: _admitted,
        followup.HandoverConsentLapsed.TYPE: _consent_lapsed,
    }
)
_OF_THE_CLIENT: MappingProxyType[str, _Taking] = MappingProxyType(
    {
        intake.ClientContacted.TYPE: _contacted,
        intake.ClientRegistered.TYPE: _registered,
        intake.PlanAgreed.TYPE: _agreed,
        intake.PlanRevised.TYPE: _agreed,
        cases.ClientMoved.TYPE: _moved,
    }
)
"""What more than the type has to be read of, of a case and of the client; found by the type: to ask an event
of which class it is takes longer than to take it in."""


def _planned(item: intake.PlanItem) -> Planned:
    return Planned(str(item.service), item.goal or "", item.due_on.isoformat() if item.due_on else "")


def _lapsed(stay: Stay, lapsed: followup.HandoverConsentLapsed) -> Stay:
    if stay.number != lapsed.stay:
        return stay
    told = {"told_to": lapsed.to_org, "told_labels": " ".join(lapsed.labels)}
    return stay._replace(**told, consent_id=lapsed.consent or "")


def _completed(stays: tuple[Stay, ...], facility: str, at: datetime) -> tuple[Stay, ...]:
    """Ends the stay that lasts at the facility: followup lets one have at most one of them."""
    return tuple(
        stay._replace(completed_at=at.isoformat())
        if stay.facility == facility and not stay.completed_at
        else stay
        for stay in stays
    )
