"""What the sentences about the way to reintegration are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import cast
from uuid import UUID

from answering import Posting
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.common import AgencyEventRefused
from contracts.events.followup import (
    DetoxAdmittedPosted,
    DetoxCompleted,
    HandoverNotified,
    HandoverReceived,
    ManagementStarted,
    MethadoneInductedPosted,
    ReintegrationEvaluated,
    SupportProvided,
)
from contracts.vocabulary import DetoxKind, Evidence, ManagementModel, OrgKind, SupportKind
from followup.domain import Pathway
from reference import Reference
from reference.days import start_of

REFERENCE = Reference.load(Path(__file__).parents[3] / "deploy" / "reference")
POLICY = REFERENCE.policy
CASE = UUID("0c1d6e0a-6c2f-4e0e-9d0e-0a0b0c0d0e0f")
CLIENT = UUID("51f0e2a1-0000-4000-8000-000000000001")
FACILITY, CLINIC = "cai-nghien-ha-noi", "methadone-long-bien"
COMMUNE, NEIGHBOUR = "ubnd-bo-de", "ubnd-duc-giang"
STAY, OTHER_STAY = "LT-0000-0000-0001-1", "LT-0000-0000-0002-2"

ADMITTED = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
COMPLETED = DetoxCompleted(months=6)
INDUCTED = MethadoneInductedPosted()
NOTIFIED = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 9, 1))
RECEIVED = HandoverReceived()
MANAGED = ManagementStarted(model=ManagementModel.CLUB)
SUPPORTED = SupportProvided(kind=SupportKind.LOAN, amount_vnd=20_000_000)
EVALUATED = ReintegrationEvaluated(
    relapsed=False,
    employed=True,
    evidence=(Evidence.HOME_VISIT,),
    checked_by="gs-02",
    checked_by_kind=OrgKind.SUPERVISOR,
)

WHO: dict[type[Payload], tuple[str, OrgKind]] = {
    DetoxAdmittedPosted: (FACILITY, OrgKind.DETOX_FACILITY),
    DetoxCompleted: (FACILITY, OrgKind.DETOX_FACILITY),
    HandoverNotified: (FACILITY, OrgKind.DETOX_FACILITY),
    MethadoneInductedPosted: (CLINIC, OrgKind.METHADONE_CLINIC),
}
Step = Callable[[Pathway], None]


def meta(org: str, on: date, cause: str | None = None) -> Meta:
    at = start_of(on)
    return Meta(
        subject=CASE,
        occurred_at=at,
        precision="day",
        received_at=at,
        actor="nv-07",
        org=org,
        policy_version="vn-law-2008@1",
        correlation_id=cause or "c-1",
        causation_id=cause,
    )


def opened() -> Pathway:
    return Pathway.open(CLIENT, meta(FACILITY, date(2019, 3, 1)))


def posting(
    payload: Payload, on: date, *, org: str | None = None, cause: str | None = None, number: str | None = None
) -> Posting:
    usual, kind = WHO.get(type(payload), (COMMUNE, OrgKind.COMMUNE_AUTHORITY))
    if isinstance(payload, DetoxAdmittedPosted):
        number = number or STAY
    return Posting.commanded(payload, meta(org or usual, on, cause), kind, number=number)


def posts(
    payload: Payload,
    on: date = date(2019, 3, 2),
    *,
    org: str | None = None,
    cause: str = "routed:1",
    number: str | None = None,
) -> Step:
    """An agency's event of that day."""
    return lambda pathway: pathway.answer(posting(payload, on, org=org, cause=cause, number=number), POLICY)


def commands(
    payload: Payload, on: date = date(2019, 3, 2), *, org: str | None = None, number: str | None = None
) -> Step:
    """An operator's command about that day."""
    return lambda pathway: pathway.command(posting(payload, on, org=org, number=number), POLICY)


def year_passes(on: date) -> Step:
    """The clock reaches that day and rings for the management that is under way."""
    return lambda pathway: pathway.fall_due(pathway.management or "", POLICY, meta("reftrack", on))


def recorded(pathway: Pathway) -> list[Pathway.Event]:
    """What happened since the last look, without the opening."""
    pending = cast("list[Pathway.Event]", list(pathway.pending_events))
    return [happened for happened in pending if not isinstance(happened, Pathway.Created)]


def refused(code: str, state: str, *moves: str, **detail: str) -> AgencyEventRefused:
    words = {**detail, "state": state, "moves": ", ".join(moves) or "–"}
    return AgencyEventRefused(code=code, detail=words, state=state, moves=moves)
