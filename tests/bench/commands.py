"""gRPC command, 64 callers at once, beside the same one at a time through the library's `save`."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import grpc
import psycopg
from chassis import ids
from contracts.base import Label
from contracts.events.consent import ConsentGiven
from contracts.vocabulary import OrgKind, PurposeOfUse
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from reftrack.referral.v1 import referral_pb2 as pb
from reftrack_local import LocalRuntime

from tests.bench.bare_server import serving
from tests.bench.calls import WARM_UP, Calls, a_second
from tests.bench.databases import database
from tests.bench.harness import Figures, Pair, Servers, Work
from tests.bench.library_projection import environment
from tests.bench.system import bearer, publish, running
from tests.unit.reporting.pathway import CLINIC, POLICE, SOCIAL, contacted, opened
from tests.unit.reporting.story import Story, named

CALLERS = 64
CASES = 500
METHOD = "RequestReferral"
SERVICE = "reftrack.referral.v1.ReferralService"
ROUNDS = itertools.count()
AGREED = ConsentGiven(
    purposes=(PurposeOfUse.TREATMENT,), recipients=(OrgKind.METHADONE_CLINIC,), labels=(Label.OST,)
)


@contextmanager
def setup(servers: Servers) -> Iterator[Pair]:
    with running("referral") as runtime, database(servers.postgres_dsn) as dsn, serving(_bare, dsn) as bare:
        _open_cases(runtime)
        many, few = servers.count(8_000) + WARM_UP, servers.count(1_500) + WARM_UP
        yield Pair(partial(_ours, runtime, many), partial(_beside, bare, few))


def _open_cases(runtime: LocalRuntime) -> None:
    story = Story()
    for case in range(CASES):
        story.intake(f"p{case}", opened(f"p{case}"), contacted(), org=POLICE)
        story.intake(f"p{case}", AGREED, org=SOCIAL)
    publish(runtime, story)
    deadline = time.monotonic() + 60
    with psycopg.connect(runtime.dsn("referral"), autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM consent_facts").fetchone() != (CASES,):
            assert time.monotonic() < deadline, "referral does not learn of the consents"
            time.sleep(0.05)


def _ours(runtime: LocalRuntime, count: int) -> Figures:
    metadata = bearer(runtime, role="operator", org=SOCIAL)
    round_ = f"r{next(ROUNDS)}"
    calls = _calls(runtime.endpoint("referral"), count, CALLERS, metadata=metadata, request_ids=round_)
    return {"commands": a_second(calls)}


def _beside(address: str, count: int) -> Figures:
    return {"commands": a_second(_calls(address, count, 1))}


def _calls(address: str, count: int, at_once: int, **more: Any) -> Calls:
    requests = [
        pb.RequestReferralRequest(
            case_id=str(named("case", f"p{number % CASES}")), service="methadone", provider=CLINIC
        ).SerializeToString()
        for number in range(count)
    ]
    return Calls(f"{address}", f"/{SERVICE}/{METHOD}", requests, pb.RequestReferralResponse, at_once, **more)


class Referral(Aggregate):
    """What the library's own documentation would write."""

    @event("Requested")
    def __init__(self, case_id: UUID, service: str, provider: str, number: str) -> None:
        self.case_id = case_id
        self.service = service
        self.provider = provider
        self.number = number
        self.state = "requested"


def _bare(server: Any, dsn: str) -> None:
    """A handler that makes the aggregate and saves it; nobody else calls meanwhile, so it needs no thread."""
    application: Application[UUID] = Application(environment(dsn))

    async def request(asked: pb.RequestReferralRequest, _context: Any) -> pb.RequestReferralResponse:
        made = Referral(UUID(asked.case_id), asked.service, asked.provider, "")
        made.number = ids.number(b"k" * 32, "CG", str(made.id))
        recorded = application.save(made)
        answer = pb.RequestReferralResponse()
        answer.outcome.event_id = f"{made.id}:{made.version}"
        answer.outcome.position = recorded[-1].notification.id
        answer.outcome.state, answer.outcome.version = made.state, made.version
        answer.outcome.number = made.number
        return answer

    handler = grpc.unary_unary_rpc_method_handler(
        request, pb.RequestReferralRequest.FromString, pb.RequestReferralResponse.SerializeToString
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))


COMMAND = Work(
    name=f"gRPC command, {CALLERS} callers at once",
    against="a bare grpc.aio handler that makes the same referral as an aggregate of the library and saves "
    "it with the stock PostgreSQL recorder; one caller, one call at a time. Ours is RequestReferral of the "
    "running service, with token, rules, request id and stored outcome",
    unit="commands/s",
    at_least=5,
    setup=setup,
)
