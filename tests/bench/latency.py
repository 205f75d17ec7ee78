"""Posted on Kafka → visible to GetReferral, beside a bare chain of the same three hops."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import grpc
import psycopg
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack.reporting.v1 import status_pb2_grpc
from reftrack_local import LocalRuntime

from tests.bench.agency_feed import Posted, fill, posted
from tests.bench.apart import apart
from tests.bench.bare_chain import Chain, chain
from tests.bench.databases import database
from tests.bench.harness import Figures, Pair, Servers, Work
from tests.bench.posting import Letter, percentiles, waited
from tests.bench.system import Metadata, bearer, running

CLINIC, SOCIAL, SUPERVISOR = "methadone-long-bien", "ldtbxh-bo-de", "pctnxh-ha-noi"
ROUNDS = 5


@contextmanager
def setup(servers: Servers) -> Iterator[Pair]:
    letters = servers.count(200)
    with (
        running("intake", "referral", "followup", "reporting") as runtime,
        database(servers.postgres_dsn) as dsn,
        chain(servers.kafka_bootstrap, dsn) as bare,
    ):
        numbers = iter(request_referrals(runtime, letters * (ROUNDS + 1)))
        yield Pair(
            lambda: _ours(runtime, list(itertools.islice(numbers, letters))),
            partial(_beside, servers.kafka_bootstrap, dsn, bare, letters),
        )


def request_referrals(runtime: LocalRuntime, count: int) -> list[str]:
    """Let an agency register people who agree to it and refer each of them; the referrals' numbers."""
    fill(runtime.kafka.bootstrap, _requests(count), f"agency.{SOCIAL}.events.v1")
    deadline = time.monotonic() + 120
    with psycopg.connect(runtime.dsn("reporting"), autocommit=True) as connection:
        while True:
            rows = connection.execute("SELECT number FROM referrals.referrals").fetchall()
            if len(rows) == count:
                return [str(row[0]) for row in rows]
            assert time.monotonic() < deadline, f"{len(rows)} of {count} referrals came through"
            time.sleep(0.2)


def _requests(count: int) -> Iterator[Posted]:
    at = datetime.now(UTC) - timedelta(days=2)
    person = {"client_group": "drug_user", "no_fixed_residence": True, "identity": {"full_name": "Thử"}}
    agreed = {"purposes": ["treatment"], "recipients": ["methadone_clinic"], "labels": ["OST"]}
    asked = {"service": "methadone", "provider": CLINIC}
    for number in range(count):
        yield posted("client-registered", f"R-{number}", person, at, f"c-{number}", org=SOCIAL)
        yield posted("consent-given", f"R-{number}", agreed, at, f"g-{number}", org=SOCIAL)
        yield posted("referral-requested", f"R-{number}", asked, at, f"r-{number}", org=SOCIAL)


def _ours(runtime: LocalRuntime, numbers: list[str]) -> Figures:
    metadata = bearer(runtime, role="supervisor", org=SUPERVISOR)
    return apart(_through_services, runtime.kafka.bootstrap, runtime.endpoint("reporting"), metadata, numbers)


def _through_services(bootstrap: str, address: str, metadata: Metadata, numbers: list[str]) -> Figures:
    at = datetime.now(UTC) - timedelta(days=1)
    letters = []
    for number in numbers:
        event = posted("referral-received", {"referral": number}, {}, at, f"a-{number}", org=CLINIC)
        letters.append(Letter(number, event.headers, event.value))
    with grpc.insecure_channel(address) as channel:
        status = status_pb2_grpc.StatusServiceStub(channel)

        def is_seen(number: str) -> bool:
            asked = pb.GetReferralRequest(number=number)
            return status.GetReferral(asked, metadata=metadata, timeout=10).referral.state == "received"

        return percentiles(waited(bootstrap, f"agency.{CLINIC}.events.v1", letters, is_seen))


def _beside(bootstrap: str, dsn: str, bare: Chain, count: int) -> Figures:
    return apart(_through_chain, bootstrap, dsn, bare, count)


def _through_chain(bootstrap: str, dsn: str, bare: Chain, count: int) -> Figures:
    at = datetime.now(UTC)
    letters = []
    for number in range(count):
        event = posted("referral-received", {"referral": f"CG-{number}"}, {}, at, f"a-{number}", org=CLINIC)
        letters.append(Letter(f"{at.isoformat()}/{number}", event.headers, event.value))
    with psycopg.connect(dsn, autocommit=True) as connection:

        def is_seen(key: str) -> bool:
            return connection.execute(bare.seen, (key,), prepare=True).fetchone() is not None

        return percentiles(waited(bootstrap, bare.topic, letters, is_seen))


LATENCY = Work(
    name="posted on Kafka → visible to GetReferral",
    against="three bare processes, each aiokafka's getmany (read committed) → one insert, one commit → a "
    "Kafka transaction of confluent-kafka's producer, and at the end a SELECT; one event at a time, looked "
    "for every 2 ms on both sides. Ours is intake, referral and reporting as they run, with relays, "
    "history and views between, and GetReferral with a token",
    unit="ms",
    at_least=0.5,
    setup=setup,
    less_is_better=True,
    rounds=ROUNDS,
)
