"""The work list of screenings in which what an agency claims differs from what the instrument gives."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from chassis.rpc.call import Caller, Role, current_caller
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden
from chassis.rpc.reads import Reads
from contracts.envelope import Recorded
from contracts.events.screening import ClientScreened, ScreeningReviewed
from contracts.vocabulary import OrgKind
from reference import Organisation, Organisations
from reftrack.intake.v1 import cases_pb2 as pb

from intake.cases.versions import versions_for
from intake.rpc.messages import timestamp
from intake.rpc.receipts import page_size

USUAL, MOST = 50, 500

MAY_KNOW_OF_SCREENINGS = frozenset(
    {OrgKind.DISTRICT_SOCIAL, OrgKind.COMMUNE_SOCIAL, OrgKind.HEALTH_STATION, OrgKind.SUPERVISOR}
)
"""Who screens, and who supervises that (`domain.md`, Who takes part): scores are health data."""

_PAGE = """
    SELECT c.seq, c.case_id, c.org, screened.state, reviewed.state
    FROM screening_conflicts AS c
    JOIN stored_events AS screened ON screened.originator_id = c.case_id
        AND screened.originator_version = split_part(c.event_id, ':', 2)::bigint
    LEFT JOIN stored_events AS reviewed ON reviewed.originator_id = c.case_id
        AND reviewed.originator_version = split_part(c.review, ':', 2)::bigint
    WHERE c.org = ANY(%s) AND (%s = '' OR c.org = %s) AND (%s OR c.review IS NULL) AND c.seq < %s
    ORDER BY c.seq DESC LIMIT %s
"""
_NEWEST = 2**62


def screenings_within_reach(organisations: Organisations, office: Organisation | None) -> list[str]:
    """Of which organisations people of an office may see and look into screenings: all whom it answers for.
    Raises `Forbidden` for an office that may not know of any."""
    _check_may_know(office)
    assert office is not None
    return organisations.answered_for_by(office.id)


def _check_may_know(office: Organisation | None) -> None:
    if office is None or office.kind not in MAY_KNOW_OF_SCREENINGS:
        raise Forbidden("not_for_your_office", detail=_kinds(office.kind if office else ""))


class Conflicts:
    """Answers `ListScreeningConflicts`."""

    def __init__(self, reads: Reads, cursors: Cursors, organisations: Organisations) -> None:
        self._reads = reads
        self._cursors = cursors
        self._organisations = organisations

    async def page(self, request: pb.ListScreeningConflictsRequest) -> pb.ListScreeningConflictsResponse:
        """A page, newest first. Raises `Forbidden` for who may not know, `InvalidInput` for a wrong page."""
        caller = current_caller()
        orgs, size = self._reach(caller), page_size(request.page_size, USUAL, MOST)
        which = (request.org, request.all)
        query = ("ListScreeningConflicts", str(caller), caller.role, *map(str, which))
        place = self._cursors.place(request.page_token, *query)
        before = int(place[0]) if place else _NEWEST
        rows = await self._reads.all(_PAGE, (orgs, request.org, *which, before, size + 1))
        more = self._cursors.after([rows[size - 1][0]], *query) if len(rows) > size else ""
        shown = rows[:size]
        office, cases = self._organisations.get(caller.org), {case for _, case, *_ in shown}
        versions = await versions_for(office, cases, self._reads, self._organisations)
        return pb.ListScreeningConflictsResponse(
            conflicts=[_conflict(*told, version=versions[case]) for _, case, *told in shown],
            next_page_token=more,
        )

    def _reach(self, caller: Caller) -> list[str]:
        """Whose screenings: an agency's system its own, people those of all whom their office answers for."""
        office = self._organisations.get(caller.org)
        if caller.role is not Role.AGENCY:
            return screenings_within_reach(self._organisations, office)
        _check_may_know(office)
        return [caller.org]


def _kinds(kind: str) -> dict[str, str]:
    return {"kind": kind, "allowed": ", ".join(sorted(MAY_KNOW_OF_SCREENINGS))}


def _conflict(org: str, screened: bytes, reviewed: bytes | None, *, version: int) -> pb.ScreeningConflict:
    recorded: Recorded[Any] = Recorded.parse(bytes(screened))
    data = cast(ClientScreened, recorded.data)
    at: datetime = recorded.meta.occurred_at
    return pb.ScreeningConflict(
        event_id=recorded.id,
        case_id=str(recorded.meta.subject),
        case_version=version,
        org=org,
        posted_id=recorded.meta.causation_id or "",
        occurred_at=timestamp(at),
        judged_by=data.judged_by or "",
        claimed_risk=data.risk,
        computed_risk=data.computed_risk or "",
        differences=[
            pb.ScreeningDifference(
                about=one.about,
                substance=one.substance or "",
                claimed=one.claimed or "",
                computed=one.computed or "",
            )
            for one in data.differences
        ],
        review=_review(bytes(reviewed)) if reviewed is not None else None,
    )


def _review(state: bytes) -> pb.ScreeningReview:
    recorded: Recorded[Any] = Recorded.parse(state)
    return pb.ScreeningReview(
        event_id=recorded.id,
        outcome=cast(ScreeningReviewed, recorded.data).outcome,
        org=recorded.meta.org,
        actor=recorded.meta.actor,
        occurred_at=timestamp(recorded.meta.occurred_at),
    )
