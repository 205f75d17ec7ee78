"""The work list of terms that run: for who must act, for who waits, and for who supervises either."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.rpc.call import current_caller
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden
from chassis.rpc.reads import Reads
from contracts.vocabulary import OrgKind
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from reference import Organisations

USUAL, MOST = 50, 500

_PAGE = """
SELECT which, number, case_id, org, other, since, due_at, stream, key FROM deadlines
WHERE (org = ANY(%s) OR other = ANY(%s)) AND (due_at <= %s OR NOT %s)
    AND (%s::text[] = '{}' OR which = ANY(%s)) AND (due_at, stream, key) > (%s, %s, %s)
ORDER BY due_at, stream, key LIMIT %s
"""


class WorkList:
    """Answers `ListDeadlines` of a service that has the table `deadlines`; `response` is its message."""

    def __init__(
        self, organisations: Organisations, reads: Reads, cursors: Cursors, clock: Clock, method: Any
    ) -> None:
        self._organisations = organisations
        self._reads = reads
        self._cursors = cursors
        self._clock = clock
        self._response = GetMessageClass(method.output_type)

    async def page(self, request: Any, _context: Any) -> Message:
        """A page, the term that ends first first. Raises `InvalidInput` for a token that is none."""
        orgs, now = self._seen(), self._clock.now()
        query = ("ListDeadlines", current_caller().org, str(request.overdue_only), *sorted(request.which))
        after = _place(self._cursors.place(request.page_token, *query))
        size = min(request.page_size, MOST) if request.page_size > 0 else USUAL
        which = [*request.which]
        asked = (orgs, orgs, now, request.overdue_only, which, which, *after, size + 1)
        rows = await self._reads.all(_PAGE, asked)
        answer: Any = self._response()
        for row in rows[:size]:
            _add(answer.deadlines.add(), row, now)
        if rows[size:]:
            *_, at, stream, key = rows[size - 1]
            answer.next_page_token = self._cursors.after([at.isoformat(), str(stream), key], *query)
        return answer  # type: ignore[no-any-return]

    def _seen(self) -> list[str]:
        """The sides whose terms the caller may see. A provider's name can tell what it is for, so of others
        nobody sees them but who supervises the territory."""
        org = current_caller().org
        one = self._organisations.get(org)
        if one is None:
            raise Forbidden("agency_unknown")
        return self._organisations.answered_for_by(org) if one.kind == OrgKind.SUPERVISOR else [org]


def _place(place: list[str | int] | None) -> tuple[datetime | str, UUID, str]:
    if place is None:
        return "-infinity", UUID(int=0), ""
    at, stream, key = map(str, place)
    return datetime.fromisoformat(at), UUID(stream), key


def _add(message: Any, row: tuple[Any, ...], now: datetime) -> None:
    which, number, case_id, org, other, since, due_at, _, _ = row
    due = Timestamp()
    due.FromDatetime(due_at)
    message.MergeFrom(
        type(message)(
            which=which,
            number=number,
            case_id=str(case_id),
            org=org,
            other=other,
            since=since.isoformat(),
            due_at=due,
            overdue=due_at <= now,
        )
    )
