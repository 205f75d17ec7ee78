"""The list of evaluations that are due, as far as the caller's organisation answers for them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.rpc.call import current_caller
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden, InvalidInput, Violation
from chassis.rpc.reads import Reads
from reference import Reference
from reference.days import local_day
from reftrack.followup.v1.followup_pb2 import DueEvaluation, ListDueRequest, ListDueResponse

USUAL, MOST = 50, 500

_PAGE = """
SELECT case_id, org, due_on, window_from, window_until FROM evaluations
WHERE NOT evaluated AND due_on <= %s AND org = ANY(%s) AND (due_on, case_id) > (%s, %s)
ORDER BY due_on, case_id LIMIT %s
"""


class Due:
    """Answers `ListDue`."""

    def __init__(self, reference: Reference, reads: Reads, cursors: Cursors, clock: Clock) -> None:
        self._reference = reference
        self._reads = reads
        self._cursors = cursors
        self._clock = clock

    async def page(self, request: ListDueRequest, _context: Any) -> ListDueResponse:
        """A page of what is due, earliest first. Raises `InvalidInput` for a day or token that is none."""
        today = local_day(self._clock.now())
        due_by = _day(request.due_by) if request.due_by else today
        orgs = self._answering_for(request.commune)
        query = ("ListDue", current_caller().org, request.due_by, request.commune)
        after = _place(self._cursors.place(request.page_token, *query))
        size = min(request.page_size, MOST) if request.page_size > 0 else USUAL
        rows = await self._reads.all(_PAGE, (due_by, orgs, *after, size + 1))
        page = rows[:size]
        token = (
            self._cursors.after([page[-1][2].isoformat(), str(page[-1][0])], *query) if rows[size:] else ""
        )
        return ListDueResponse(due=[self._due(*row, today=today) for row in page], next_page_token=token)

    def _answering_for(self, commune: str) -> list[str]:
        """The organisations whose cases the caller may see: its own, and those of the area that it answers
        for."""
        organisations, org = self._reference.organisations, current_caller().org
        if org not in organisations:
            raise Forbidden("agency_unknown")
        answered_for = organisations.answered_for_by(org)
        return [one for one in answered_for if not commune or organisations[one].commune == commune]

    def _due(
        self, case_id: UUID, org: str, due_on: date, since: date, until: date, *, today: date
    ) -> DueEvaluation:
        organisation = self._reference.organisations.get(org)
        return DueEvaluation(
            case_id=str(case_id),
            due_on=due_on.isoformat(),
            window_from=since.isoformat(),
            window_until=until.isoformat(),
            overdue=today > until,
            org=org,
            commune=(organisation.commune if organisation else None) or "",
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput([Violation("due_by", "wrong_type", {"expected": "date"})]) from None


def _place(place: list[str | int] | None) -> tuple[date, UUID]:
    if place is None:
        return date.min, UUID(int=0)
    return date.fromisoformat(str(place[0])), UUID(str(place[1]))
