"""Where a referral stands: a fold over its own stream, which one log tells in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from contracts.events import referral
from contracts.states import FHIR_TASK, MOVES, ReferralState, moves_from
from contracts.vocabulary import SERVICE_LABELS, SERVICE_PURPOSE, PurposeOfUse

from reporting.pathway.corrections import corrections, is_void, standing
from reporting.pathway.entry import REFERRAL, Entry

STATE_AFTER: MappingProxyType[str, ReferralState] = MappingProxyType(
    {
        referral.ReferralRequested.TYPE: ReferralState.REQUESTED,
        **{move.records.TYPE: move.to for move in MOVES.values()},
    }
)
"""The state that each event leads to; what is not here moves nothing."""

RESULTS: MappingProxyType[str, str] = MappingProxyType(
    {
        referral.ServiceCompleted.TYPE: "outcome",
        referral.ServiceFailed.TYPE: "reason",
        referral.ReferralRejected.TYPE: "reason",
    }
)
"""The field that says how it came out."""

_LAPSES = frozenset({referral.ReferralCancelled.TYPE, referral.ConsentLapsed.TYPE})
"""Events that say why the consent on which a referral rests holds no more."""

_ENDED = frozenset({ReferralState.COMPLETED, ReferralState.FAILED})


@dataclass(slots=True)
class ReferralStatus:
    """One referral. `ended_as`: `completed` or `failed`; `version` counts all events of its stream; `voids`:
    how many of them void others; `consent_id`: on which consent it rests, empty for another ground; `purpose`
    and `labels` (codes, one space between two): of what it shared; `lapse`: why the consent holds no more, as
    referral found; `client_id`: of whom it was asked, where that is not the case's own client."""

    referral_id: UUID
    case_id: UUID
    number: str = ""
    service: str = ""
    sender: str = ""
    provider: str = ""
    state: str = ""
    ended_as: str = ""
    result: str = ""
    version: int = 0
    requested_at: datetime | None = None
    changed_at: datetime | None = None
    appointment_at: datetime | None = None
    last_event_id: str = ""
    voids: int = 0
    consent_id: str = ""
    purpose: str = ""
    labels: str = ""
    lapse: str = ""
    client_id: UUID | None = None

    @property
    def moves(self) -> tuple[str, ...]:
        """Names of the moves that the state allows."""
        return moves_from(ReferralState(self.state))

    @property
    def fhir(self) -> tuple[str, str]:
        """FHIR Task.status and businessStatus, the latter empty where FHIR's own word says all."""
        status, business = FHIR_TASK[ReferralState(self.state)]
        if self.state == ReferralState.CLOSED and self.ended_as == ReferralState.FAILED:
            status = FHIR_TASK[ReferralState.FAILED][0]
        return status, business or ""

    def fold(self, entry: Entry) -> None:
        """Takes in the next entry of the referral's stream."""
        if entry.version > self.version:
            self.version, self.last_event_id = entry.version, entry.event_id
        self.voids += is_void(entry)
        if entry.type in _LAPSES:
            self.lapse, self.changed_at = str(entry.data.reason), entry.occurred_at
        state = STATE_AFTER.get(entry.type)
        if state is None:
            return
        self.state, self.changed_at = str(state), entry.occurred_at
        if state in _ENDED:
            self.ended_as = str(state)
        self._fold_data(entry)

    def _fold_data(self, entry: Entry) -> None:
        if entry.type == referral.ReferralRequested.TYPE:
            asked = entry.data
            self.number, self.service, self.provider = asked.number, str(asked.service), asked.provider
            self.sender, self.requested_at, self.client_id = entry.org, entry.occurred_at, entry.told_of
            self.consent_id = asked.consent_id or ""
            if asked.shared is not None:
                self.purpose, self.labels = str(asked.shared.purpose), " ".join(asked.shared.labels)
            elif self.consent_id:
                self.purpose = SERVICE_PURPOSE.get(asked.service, PurposeOfUse.COORDINATION)
                self.labels = SERVICE_LABELS.get(asked.service, "")
        elif entry.type == referral.AppointmentScheduled.TYPE:
            self.appointment_at = entry.data.appointment_at
        elif entry.type in RESULTS:
            self.result = str(getattr(entry.data, RESULTS[entry.type]))

    def copy(self) -> ReferralStatus:
        """The same, for a fold that must leave this one as it is."""
        return replace(self)


def referral_after(entries: Sequence[Entry]) -> ReferralStatus | None:
    """The referral whose stream these are, from its first; none where they tell of none.

    A request that was voided stays a referral, which nothing moves any more: its number was given out.
    """
    begun = next(filter(begins_a_referral, entries), None)
    if begun is None:
        return None
    status = ReferralStatus(begun.stream, begun.case_id)
    made = corrections(entries)
    counting = standing(entries)
    for entry in counting if begun.event_id not in made else [begun, *counting]:
        status.fold(entry)
    if begun.event_id in made:
        _never_made(status, made[begun.event_id].by)
    return status


def _never_made(status: ReferralStatus, void: Entry) -> None:
    status.state, status.changed_at = str(ReferralState.VOIDED), void.occurred_at
    status.ended_as = status.result = ""
    status.appointment_at = None


def begins_a_referral(entry: Entry) -> bool:
    """Whether a stream that begins so is a referral: refusals of what never became one are streams too."""
    return entry.type == referral.ReferralRequested.TYPE


def may_concern_a_referral(entry: Entry) -> bool:
    """Whether the entry can be of a referral's stream."""
    return entry.source == REFERRAL
