"""Where a case stands: a fold that gives the same in whatever order the three logs came in.

Within one log the order of a case is kept, so what one log alone tells (stage, closed, followup stage) is its
latest or furthest. What several logs tell (last event, how many) is a greatest or a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from contracts.events import followup, intake

from reporting.pathway.entry import Entry, Moment

STAGES: MappingProxyType[str, str] = MappingProxyType(
    {
        intake.ClientContacted.TYPE: "contacted",
        intake.ClientIntroduced.TYPE: "introduced",
        intake.ClientRegistered.TYPE: "registered",
        intake.ClientScreened.TYPE: "screened",
        intake.BriefInterventionGiven.TYPE: "brief_intervention",
        intake.PlanAgreed.TYPE: "planned",
    }
)
"""Intake's stages in order; a case stands at the furthest reached, however late the others are told."""

FOLLOWUP_STAGES: MappingProxyType[str, str] = MappingProxyType(
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
"""Followup's stages; a case stands at the one that followup recorded last."""

_RANK = {stage: rank for rank, stage in enumerate(["", *STAGES.values()])}
_NEEDS_DATA = frozenset(
    {
        intake.CaseOpened.TYPE,
        intake.ClientContacted.TYPE,
        intake.ClientRegistered.TYPE,
        intake.CaseClosed.TYPE,
    }
)


@dataclass(slots=True)
class CaseStatus:
    """One case. Fields are empty until the log that tells them has told them."""

    case_id: UUID
    client_id: UUID | None = None
    client_group: str = ""
    commune: str = ""
    commune_told: Moment | None = None
    commune_by_contact: bool = False
    stage: str = ""
    followup_stage: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str = ""
    events: int = 0
    last_type: str = ""
    last: Moment | None = None

    @property
    def status(self) -> str:
        """`open` or `closed`; `unknown` while only other services' logs have told of the case."""
        if self.opened_at is None:
            return "unknown"
        return "closed" if self.closed_at else "open"

    def fold(self, entry: Entry) -> None:
        """Takes in one entry of the case, each entry once."""
        self.events += 1
        if self.last is None or entry.moment > self.last:
            self.last, self.last_type = entry.moment, entry.type
        if entry.type in STAGES:
            self.stage = max(self.stage, STAGES[entry.type], key=_RANK.__getitem__)
        self.followup_stage = FOLLOWUP_STAGES.get(entry.type, self.followup_stage)
        if entry.type in _NEEDS_DATA:
            self._fold_data(entry)

    def _fold_data(self, entry: Entry) -> None:
        match entry.data:
            case intake.CaseOpened(client_id=client_id, client_group=group):
                self.client_id, self.client_group, self.opened_at = client_id, str(group), entry.occurred_at
            case intake.ClientContacted(commune=commune):
                self._place(commune, entry.moment, by_contact=True)
            case intake.ClientRegistered(residence_commune=str() as commune):
                self._place(commune, entry.moment, by_contact=False)
            case intake.CaseClosed(reason=reason):
                self.closed_at, self.close_reason = entry.occurred_at, str(reason)

    def _place(self, commune: str, moment: Moment, *, by_contact: bool) -> None:
        """Keeps the commune of the first contact; a residence only while there was no contact."""
        told = (not self.commune_by_contact, self.commune_told)
        if self.commune_told is None or (not by_contact, moment) < told:
            self.commune, self.commune_told, self.commune_by_contact = commune, moment, by_contact
