"""How a case is found, and what ties organisations to it: what entries make known, once and for good."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.events import cases, followup, intake, referral, screening

from reporting.pathway.corrections import standing
from reporting.pathway.entry import Entry


class Tie(StrEnum):
    """How an organisation came by a case. What each shows to which kind stands in `reporting.access`."""

    CONTACTED = "contacted"
    INTRODUCED_TO = "introduced_to"
    REGISTERED = "registered"
    SCREENED = "screened"
    ADMITTED = "admitted"
    INDUCTED = "inducted"
    HANDED_OVER_TO = "handed_over_to"
    ASSIGNED_TO = "assigned_to"
    MOVED_TO = "moved_to"


@dataclass(frozen=True)
class Reference:
    """What a case is found by: a number that we gave (`org` empty), or an organisation's own reference.

    `told_by` and `recorded_at`: who made it known, when; `client_id`: of whom it was told, where that is not
    the case's own client.
    """

    kind: str
    org: str
    value: str
    case_id: UUID
    told_by: str = field(default="", compare=False)
    recorded_at: datetime | None = field(default=None, compare=False)
    client_id: UUID | None = field(default=None, compare=False)


def reference_in(entry: Entry) -> Reference | None:
    """The reference that an entry makes known, if it does."""
    naming = _REFERENCES.get(entry.type)
    if naming is None:
        return None
    kind, org, value = naming(entry.data)
    if value is None:
        return None
    return Reference(kind, org, value, entry.case_id, entry.org, entry.recorded_at, entry.told_of)


def references_standing(entries: Sequence[Entry]) -> list[Reference]:
    """What a case is found by after all its entries: what was voided is no name of it, save the number of a
    referral, which was given out and says now that it is void."""
    counting = {entry.event_id for entry in standing(entries)}
    return [
        found
        for entry in entries
        if (found := reference_in(entry)) and (entry.event_id in counting or found.kind == "referral")
    ]


_REFERENCES: dict[str, Callable[[Any], tuple[str, str, str | None]]] = {
    intake.ClientIntroduced.TYPE: lambda said: ("introduction", "", said.number),
    cases.ClientMoved.TYPE: lambda said: ("introduction", "", said.number),
    intake.AgencyReferenceBound.TYPE: lambda said: ("agency_ref", said.org, said.agency_ref),
    referral.ReferralRequested.TYPE: lambda said: ("referral", "", said.number),
    followup.DetoxAdmitted.TYPE: lambda said: ("stay", "", said.stay_number),
}
"""What each type names a case by: kind, organisation, value."""


def ties_in(entry: Entry) -> frozenset[tuple[str, Tie]]:
    """The organisations that an entry ties to the case, and how.

    Only what somebody did for the person or was sent the person by: a support, a referral, an answer or an
    event that is only routed ties nobody.
    """
    if entry.type in _BY_ACTING:
        return frozenset({(entry.org, _BY_ACTING[entry.type])})
    named = _BY_BEING_NAMED.get(entry.type)
    return frozenset() if named is None else frozenset(named(entry, entry.data))


_BY_ACTING = {
    intake.ClientContacted.TYPE: Tie.CONTACTED,
    intake.ClientRegistered.TYPE: Tie.REGISTERED,
    screening.ClientScreened.TYPE: Tie.SCREENED,
    intake.BriefInterventionGiven.TYPE: Tie.SCREENED,
}


def _introduced(entry: Entry, said: intake.ClientIntroduced) -> _Ties:
    return (entry.org, Tie.CONTACTED), (said.to_org, Tie.INTRODUCED_TO)


def _assigned(_: Entry, said: followup.ManagementStarted) -> _Ties:
    return ((said.team, Tie.ASSIGNED_TO),) if said.team is not None else ()


def _moved(_: Entry, said: cases.ClientMoved) -> _Ties:
    return ((said.to_org, Tie.MOVED_TO),) if said.to_org is not None else ()


_Ties = Iterable[tuple[str, Tie]]
_BY_BEING_NAMED: dict[str, Callable[[Entry, Any], _Ties]] = {
    intake.ClientIntroduced.TYPE: _introduced,
    followup.DetoxAdmitted.TYPE: lambda _, said: ((said.facility, Tie.ADMITTED),),
    followup.MethadoneInducted.TYPE: lambda _, said: ((said.clinic, Tie.INDUCTED),),
    followup.HandoverNotified.TYPE: lambda _, said: ((said.to_org, Tie.HANDED_OVER_TO),),
    followup.ManagementStarted.TYPE: _assigned,
    cases.ClientMoved.TYPE: _moved,
}
