"""ViewsService: the views that answers come from, and how one is built again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, LiteralString

from chassis.projector import Projector, RebuildUnderWay, Rebuilt
from chassis.refusal import Refusal
from chassis.rpc.call import Role, current_caller
from chassis.rpc.errors import Forbidden, NotFound
from chassis.rpc.reads import Reads
from reftrack.reporting.v1 import views_pb2 as pb
from reftrack.reporting.v1 import views_pb2_grpc as grpc

from reporting.rpc import asking
from reporting.rpc.messages import timestamp

_VIEWS: LiteralString = """
SELECT view, version, position, changed_at, (SELECT coalesce(max(seq), 0) FROM history),
    (SELECT coalesce(sum(pg_stat_get_live_tuples(oid)), 0)::bigint FROM pg_class
     WHERE relnamespace = to_regnamespace(quote_ident(view)) AND relkind = 'r')
FROM projections WHERE slot = 'live' ORDER BY view
"""
_NEXT: LiteralString = """
SELECT coalesce((SELECT position FROM projections WHERE view = %s AND slot = 'next'), 0),
    (SELECT coalesce(max(seq), 0) FROM history)
"""
TELL_EVERY_SECONDS = 0.5


class ViewsServicer(grpc.ViewsServiceServicer):
    """Shows the views and builds them again; the live ones answer meanwhile."""

    def __init__(self, reads: Reads, projector: Projector, readers: asking.Readers) -> None:
        self._reads = reads
        self._projector = projector
        self._readers = readers

    async def ListViews(self, _request: pb.ListViewsRequest, _context: Any) -> pb.ListViewsResponse:  # noqa: N802
        """Each view and how far it has come; `rows` is PostgreSQL's own estimate."""
        self._check_role()
        found = await self._reads.all(_VIEWS)
        return pb.ListViewsResponse(
            views=[
                pb.View(name=name, version=version, seq=seq, head=head, rows=rows, updated_at=timestamp(at))
                for name, version, seq, at, head, rows in found
            ]
        )

    async def RebuildView(  # noqa: N802
        self, request: pb.RebuildViewRequest, _context: Any
    ) -> AsyncIterator[pb.RebuildViewResponse]:
        """Builds one view again, telling how far it has come until both are compared and switched."""
        self._check_role()
        if request.name not in self._projector.positions():
            raise NotFound("not_found", field="name")
        building = asyncio.create_task(asyncio.to_thread(self._projector.rebuild, request.name))
        while not (await asyncio.wait({building}, timeout=TELL_EVERY_SECONDS))[0]:
            yield await self._progress(request.name)
        yield _switched(_result(building))

    def _check_role(self) -> None:
        """Raises `Forbidden` for a supervisor's or auditor's token of an office that is none."""
        if current_caller().role is not Role.ADMINISTRATOR and not self._readers.current().sees_every_case:
            raise Forbidden("role_not_yours")

    async def _progress(self, name: str) -> pb.RebuildViewResponse:
        row = await self._reads.one(_NEXT, (name,))
        assert row is not None
        return pb.RebuildViewResponse(phase=pb.REBUILD_PHASE_FILLING, seq=row[0], head=row[1])


def _result(building: asyncio.Task[Rebuilt]) -> Rebuilt:
    try:
        return building.result()
    except RebuildUnderWay:
        raise Refusal("conflict", state="rebuilding") from None


def _switched(done: Rebuilt) -> pb.RebuildViewResponse:
    differing = sum(table.differing_rows for table in done.differences)
    return pb.RebuildViewResponse(
        phase=pb.REBUILD_PHASE_SWITCHED,
        seq=done.position,
        head=done.position,
        equal=not done.differences,
        differing_rows=differing,
    )
