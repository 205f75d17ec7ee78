"""gRPC GetReferral on 100 k cases, beside a bare grpc.aio handler with the same SELECT."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import grpc
import psycopg
from google.protobuf.timestamp_pb2 import Timestamp
from psycopg_pool import AsyncConnectionPool
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack_local import LocalRuntime
from reporting.queries import FoundReferral, Queries
from reporting.views import VIEWS

from tests.bench.bare_server import serving
from tests.bench.calls import WARM_UP, Calls, a_second
from tests.bench.harness import Figures, Pair, Servers, Work
from tests.bench.system import bearer, running
from tests.bench.told import number_of, tell_referrals
from tests.unit.reporting.pathway import SUPERVISOR

CALLERS = 16
METHOD = "GetReferral"
SERVICE = "reftrack.reporting.v1.StatusService"


@contextmanager
def setup(servers: Servers) -> Iterator[Pair]:
    cases = servers.count(100_000)
    with running("reporting") as runtime, serving(_bare, runtime.dsn("reporting")) as bare:
        events = tell_referrals(runtime.dsn("reporting"), cases)
        _await_views(runtime.dsn("reporting"), events)
        requests = _requests(servers.count(6_000) + WARM_UP, cases)
        yield Pair(partial(_ours, runtime, requests), partial(_beside, bare, requests))


def _await_views(dsn: str, events: int) -> None:
    """Wait until the running service has folded all of it into its views."""
    deadline = time.monotonic() + 600
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = "SELECT count(*) FROM projections WHERE slot = 'live' AND position >= %s"
        while connection.execute(query, (events,)).fetchone() != (len(VIEWS),):
            assert time.monotonic() < deadline, "the views do not reach the end of the history"
            time.sleep(0.5)
        connection.execute("VACUUM ANALYZE")


def _requests(count: int, cases: int) -> list[bytes]:
    chosen = random.Random(11)
    numbers = (number_of(chosen.randrange(cases)) for _ in range(count))
    return [pb.GetReferralRequest(number=number).SerializeToString() for number in numbers]


def _ours(runtime: LocalRuntime, requests: list[bytes]) -> Figures:
    metadata = bearer(runtime, role="supervisor", org=SUPERVISOR)
    return {"calls": a_second(_calls(runtime.endpoint("reporting"), requests, metadata=metadata))}


def _beside(address: str, requests: list[bytes]) -> Figures:
    return {"calls": a_second(_calls(address, requests))}


def _calls(address: str, requests: list[bytes], **more: Any) -> Calls:
    return Calls(address, f"/{SERVICE}/{METHOD}", requests, pb.GetReferralResponse, CALLERS, **more)


async def _bare(server: Any, dsn: str) -> None:
    """Parse, one SELECT over a pooled connection, answer: nobody is asked who they are."""
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        dsn, min_size=4, max_size=16, open=False, kwargs={"autocommit": True}
    )
    await pool.open(wait=True)
    bare = Bare(pool)

    async def get(request: pb.GetReferralRequest, _context: Any) -> pb.GetReferralResponse:
        return await bare.referral(request)

    handler = grpc.unary_unary_rpc_method_handler(
        get, pb.GetReferralRequest.FromString, pb.GetReferralResponse.SerializeToString
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))


class Bare:
    """The service's own SELECT, whatever it comes to be, over psycopg's pool and nothing around it."""

    def __init__(self, pool: AsyncConnectionPool[Any]) -> None:
        self._pool = pool
        self._queries = Queries(self)  # type: ignore[arg-type]

    async def one(self, query: Any, parameters: Sequence[Any]) -> Any:
        """The first row, as `chassis.rpc.reads.Reads` gives it."""
        async with self._pool.connection() as connection:
            return await (await connection.execute(query, parameters)).fetchone()

    async def referral(self, request: pb.GetReferralRequest) -> pb.GetReferralResponse:
        """The referral of a number."""
        found = await self._queries.referral(request.number, SUPERVISOR)
        assert found is not None, f"the bare side does not find {request.number}"
        return pb.GetReferralResponse(referral=_message(found))


def _message(found: FoundReferral) -> pb.Referral:
    one = found.referral
    return pb.Referral(
        number=one.number,
        referral_id=str(one.referral_id),
        case_id=str(one.case_id),
        service=one.service,
        sender=one.sender,
        provider=one.provider,
        commune=found.commune,
        state=one.state,
        requested_at=_moment(one.requested_at),
        changed_at=_moment(one.changed_at),
        appointment_at=_moment(one.appointment_at),
        result=one.result,
        version=one.version,
        seq=found.seq,
    )


def _moment(at: datetime | None) -> Timestamp | None:
    if at is None:
        return None
    message = Timestamp()
    message.FromDatetime(at)
    return message


READ = Work(
    name="gRPC GetReferral on 100 k cases",
    against="a bare grpc.aio handler with the same SELECT over psycopg's pool, which fills the same message; "
    f"{CALLERS} callers at once on both sides. Ours is the running service, with token, rules and labels",
    unit="calls/s",
    at_least=0.8,
    setup=setup,
)
