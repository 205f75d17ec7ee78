"""The service put together: what it consumes, the views it keeps, what it answers and to whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from chassis.projector import Projector
from chassis.rpc.call import Call, Role
from chassis.rpc.errors import Unavailable
from chassis.rpc.rules import Admits, Rules
from chassis.rpc.server import Register
from chassis.service import Consume, Parts, Service, Ticker
from contracts import catalogue
from contracts.events.territory import STREAM
from directory import Standing, living_of
from directory.units import EVERY_SECONDS, FOLLOW, UnitsFeed
from google.protobuf.message import Message
from reftrack.reporting.v1 import (
    audit_pb2_grpc,
    consents_pb2_grpc,
    report_pb2_grpc,
    status_pb2_grpc,
    views_pb2_grpc,
)

from reporting.freshness import Freshness
from reporting.history import CHANNEL, AppendToHistory, History
from reporting.indicators.definitions import published
from reporting.queries import Queries
from reporting.reports import Reports
from reporting.rpc.asking import Readers
from reporting.rpc.audit import AuditServicer
from reporting.rpc.consents import ConsentServicer
from reporting.rpc.covered import Covered
from reporting.rpc.report import ReportServicer
from reporting.rpc.status import StatusServicer
from reporting.rpc.timeline import Timeline
from reporting.rpc.views import ViewsServicer
from reporting.rpc.watching import Watching
from reporting.settings import ReportingSettings
from reporting.sharing import Sharing
from reporting.views import VIEWS

UNITS = f"SELECT seq, value FROM history WHERE subject = '{STREAM}' AND seq > %s ORDER BY seq"
"""Events of administrative units, as intake recorded them."""

LOGS = ("intake.events.v1", "referral.events.v1", "followup.events.v1")

_ASKING = {Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR}
RULES: Rules = {
    "reftrack.reporting.v1.StatusService/GetCase": _ASKING,
    "reftrack.reporting.v1.StatusService/FindCase": {Role.AGENCY, *_ASKING},
    "reftrack.reporting.v1.StatusService/GetReferral": {Role.AGENCY, *_ASKING},
    "reftrack.reporting.v1.StatusService/ListReferrals": _ASKING,
    "reftrack.reporting.v1.StatusService/GetTimeline": _ASKING,
    "reftrack.reporting.v1.StatusService/WatchReferral": {Role.AGENCY, *_ASKING},
    "reftrack.reporting.v1.ConsentService/ListConsents": _ASKING,
    "reftrack.reporting.v1.ReportService/ListIndicators": _ASKING,
    "reftrack.reporting.v1.ReportService/RunReport": _ASKING,
    "reftrack.reporting.v1.ReportService/ExplainFigure": _ASKING,
    "reftrack.reporting.v1.AuditService/ReplayCase": {Role.AUDITOR},
    "reftrack.reporting.v1.AuditService/StreamEvents": {Role.AUDITOR},
    "reftrack.reporting.v1.ViewsService/ListViews": {Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR},
    "reftrack.reporting.v1.ViewsService/RebuildView": {Role.SUPERVISOR, Role.ADMINISTRATOR},
}
"""Who may call what, coarsely; what each may see of an answer stands in `access`."""

FROM_VIEWS = frozenset(
    method
    for method in RULES
    if not method.startswith("reftrack.reporting.v1.ViewsService/") and not method.endswith("/ListIndicators")
)
"""What is answered from views. While one of these is of another version than this software (after an upgrade,
until it is built anew) there is no answer: of columns that are not there, or mean something else."""


def admits(parts: Parts[ReportingSettings], projector: Projector) -> Admits:
    """Who takes part today may ask, and is answered from views that this software can read alone."""
    standing = Standing(living_of(parts).reading.organisations, parts.clock)

    def admit(call: Call) -> None:
        standing.admit(call)
        others = projector.of_other_version() if call.method in FROM_VIEWS else ()
        if others:
            raise Unavailable("view_of_other_version", retry_after=5.0, detail={"view": ", ".join(others)})

    return admit


class Made:
    """What is made once and shared: the projector and whoever answers from its views."""

    def __init__(self, parts: Parts[ReportingSettings]) -> None:
        self.parts = parts
        self.projector = Projector(parts.dsn, History(), VIEWS, page=parts.settings.page)
        self.units = UnitsFeed(UNITS)

    def servicers(self) -> Sequence[Register]:
        """The services of reporting, ready to be added to a server."""
        parts, reference = self.parts, living_of(self.parts).reading
        bell, queries = parts.bell(CHANNEL), Queries(parts.reads)
        self.units.begin(parts, reference.country)
        fresh = Freshness(parts.reads, self.projector, bell)
        readers = Readers(reference.organisations, reference.policy, parts.clock)
        status = StatusServicer(
            queries,
            fresh,
            readers,
            parts.cursors,
            reference.country,
            Timeline(queries),
            Watching(queries, bell),
            Covered(queries, Sharing(reference.organisations, reference.policy, parts.clock)),
        )
        consents = ConsentServicer(queries, fresh, readers, parts.clock)
        reports = Reports(published(), reference.country)
        report = ReportServicer(parts.reads, reports, fresh, readers, parts.cursors, parts.clock)
        audit = AuditServicer(queries, fresh, readers, reference.country, bell)
        views = ViewsServicer(parts.reads, self.projector, readers)
        return [
            lambda server: status_pb2_grpc.add_StatusServiceServicer_to_server(status, server),
            lambda server: consents_pb2_grpc.add_ConsentServiceServicer_to_server(consents, server),
            lambda server: report_pb2_grpc.add_ReportServiceServicer_to_server(report, server),
            lambda server: audit_pb2_grpc.add_AuditServiceServicer_to_server(audit, server),
            lambda server: views_pb2_grpc.add_ViewsServiceServicer_to_server(views, server),
        ]


@cache
def _made(parts: Parts[ReportingSettings]) -> Made:
    return Made(parts)


async def _follow(parts: Parts[ReportingSettings]) -> Sequence[Message]:
    """Take in the decrees that the history tells of."""
    return await _made(parts).units.go_on(parts, living_of(parts).reading.country)


REPORTING: Service[ReportingSettings] = Service(
    name="reporting",
    settings=ReportingSettings,
    decider=lambda _parts: AppendToHistory(),
    consumers=(Consume(topics=LOGS, sources=LOGS),),
    others=lambda parts: [living_of(parts).feed, _made(parts).projector],
    servicers=lambda parts: _made(parts).servicers(),
    rules=RULES,
    admits=lambda parts: admits(parts, _made(parts).projector),
    texts=catalogue.answer,
    tickers=(Ticker(FOLLOW, EVERY_SECONDS, _follow),),
)
