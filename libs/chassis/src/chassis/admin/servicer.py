"""What keeps a service running, for whoever looks after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from reftrack.admin.v1 import admin_pb2, admin_pb2_grpc

from chassis.admin.parked import CASES, case_of, case_of_items, records_of, timestamp
from chassis.rpc.call import Role, current_caller
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import InvalidInput, NotFound, Violation
from chassis.rpc.reads import Reads
from chassis.rpc.rules import Rules
from chassis.store.parking import NotParked, Parking, Retried
from chassis.store.store import Store

_KEEPERS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
_NAME = "reftrack.admin.v1.AdminService"
ADMIN_RULES: Rules = {
    f"{_NAME}/{method.name}": _KEEPERS
    for method in admin_pb2.DESCRIPTOR.services_by_name["AdminService"].methods
}
MOST_RECORDS = 1_000

T = TypeVar("T")
Lags = Callable[[], Mapping[tuple[str, int], int]]
Published = Callable[[], Mapping[str, tuple[int, int]]]


@dataclass(frozen=True)
class About:
    """What runs here."""

    service: str
    version: str
    instance: str
    started_at: datetime


class AdminServicer(admin_pb2_grpc.AdminServiceServicer):
    """Answers from the store; settles parked items through the writer, on its thread.

    `lags`: records behind each partition that is ours; `published`: (published, recorded) of each log.
    """

    def __init__(
        self,
        *,
        about: About,
        store: Store,
        parking: Parking,
        reads: Reads,
        cursors: Cursors,
        writer_thread: Executor,
        lags: Lags,
        published: Published,
    ) -> None:
        self._about = about
        self._store = store
        self._parking = parking
        self._reads = reads
        self._cursors = cursors
        self._thread = writer_thread
        self._lags = lags
        self._published = published

    def register(self, server: Any) -> None:
        """Add the service to a server."""
        admin_pb2_grpc.add_AdminServiceServicer_to_server(self, server)

    async def ListParked(  # noqa: N802
        self, request: admin_pb2.ListParkedRequest, _context: Any
    ) -> admin_pb2.ListParkedResponse:
        size = min(max(request.page_size, 0) or 50, 500)
        place = self._cursors.place(request.page_token, "ListParked") or [0]
        rows = await self._reads.all(CASES, (place[0], size))
        token = self._cursors.after([rows[-1][4]], "ListParked") if len(rows) == size else ""
        return admin_pb2.ListParkedResponse(cases=map(case_of, rows), next_page_token=token)

    async def ShowParked(  # noqa: N802
        self, request: admin_pb2.ShowParkedRequest, _context: Any
    ) -> admin_pb2.ShowParkedResponse:
        key = request.case_key
        items = await asyncio.to_thread(self._store.parked.list, case_key=key, limit=MOST_RECORDS)
        if not items:
            raise NotFound("parked_case_not_found", field="case_key")
        return admin_pb2.ShowParkedResponse(parked=case_of_items(items), records=records_of(items))

    async def RetryParked(  # noqa: N802
        self, request: admin_pb2.RetryParkedRequest, _context: Any
    ) -> admin_pb2.RetryParkedResponse:
        by = str(current_caller())
        retried = await self._settle(lambda: self._parking.retry(request.case_key, by=by))
        return admin_pb2.RetryParkedResponse(handled=retried.done, left=retried.left)

    async def SkipParked(  # noqa: N802
        self, request: admin_pb2.SkipParkedRequest, _context: Any
    ) -> admin_pb2.SkipParkedResponse:
        by, why = str(current_caller()), request.reason.strip()
        if not why:
            raise InvalidInput([Violation("reason", "field_missing")])
        await self._check_first(request.case_key, request.parked_id)
        retried = await self._settle(lambda: self._parking.skip(request.parked_id, by=by, why=why))
        return admin_pb2.SkipParkedResponse(handled=retried.done, left=retried.left)

    async def GetPositions(  # noqa: N802
        self, _request: admin_pb2.GetPositionsRequest, _context: Any
    ) -> admin_pb2.GetPositionsResponse:
        stored = await asyncio.to_thread(self._store.positions.read)
        lags = self._lags()
        published = await asyncio.to_thread(self._published)
        return admin_pb2.GetPositionsResponse(
            consumers=[
                admin_pb2.ConsumerPosition(
                    topic=topic,
                    partition=partition,
                    next_offset=position.next_offset,
                    lag=lags.get((topic, partition), -1),
                    source_position=position.source_position or 0,
                )
                for (topic, partition), position in sorted(stored.items())
            ],
            relays=[
                admin_pb2.RelayPosition(log=log, published=done, recorded=head)
                for log, (done, head) in sorted(published.items())
            ],
        )

    async def GetVersion(  # noqa: N802
        self, _request: admin_pb2.GetVersionRequest, _context: Any
    ) -> admin_pb2.GetVersionResponse:
        row = await self._reads.one("SELECT max(left(name, 4)::int) FROM schema_migrations")
        about = self._about
        return admin_pb2.GetVersionResponse(
            service=about.service,
            version=about.version,
            instance=about.instance,
            started_at=timestamp(about.started_at),
            schema=(row[0] if row else None) or 0,
        )

    async def _check_first(self, case_key: str, parked_id: int) -> None:
        """Only the first record of a case may be skipped: others wait behind it and may yet go through."""
        items = await asyncio.to_thread(self._store.parked.list, case_key=case_key, limit=1)
        if not items:
            raise NotFound("parked_case_not_found", field="case_key")
        if items[0].id != parked_id:
            raise InvalidInput([Violation("parked_id", "not_the_first_record")])

    async def _settle(self, work: Callable[[], Retried]) -> Retried:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, work)
        except NotParked:
            raise NotFound("parked_case_not_found", field="case_key") from None
