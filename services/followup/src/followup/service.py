"""Followup as a service: what it reads, writes, serves, and to whom."""

from __future__ import annotations

from collections.abc import Sequence

from answering.deadlines import RINGING
from answering.serving import serve
from answering.work_list import WorkList
from chassis import timers
from chassis.mapper import Mapper
from chassis.relay import EventsLog
from chassis.rpc.call import Role
from chassis.rpc.rules import Admits, Rules
from chassis.rpc.server import Register
from chassis.service import Consume, Parts, Service
from contracts.catalogue import answer
from directory import Standing, living_of
from directory.units import FOLLOW_KEPT, begin_with_kept
from reftrack.followup.v1 import followup_pb2

from followup.application.decider import FollowupDecider
from followup.application.due import Due
from followup.domain import Pathway
from followup.settings import Settings

INTAKE, REFERRAL = "intake.events.v1", "referral.events.v1"
RPC = followup_pb2.DESCRIPTOR.services_by_name["FollowupService"]
RULES: Rules = {f"{RPC.full_name}/{method.name}": {Role.OPERATOR, Role.SUPERVISOR} for method in RPC.methods}
QUERIES = frozenset({f"{RPC.full_name}/ListDue", f"{RPC.full_name}/ListDeadlines"})
"""All others are commands, judged by the day of what they report."""


def _decider(parts: Parts[Settings]) -> FollowupDecider:
    begin_with_kept(parts)
    reference = living_of(parts).deciding
    return FollowupDecider(reference, parts.secrets.ids_key, parts.connect)


def _admits(parts: Parts[Settings]) -> Admits:
    organisations = living_of(parts).reading.organisations
    return Standing(organisations, parts.clock, by_day=RULES.keys() - QUERIES).admit


def _servicers(parts: Parts[Settings]) -> Sequence[Register]:
    reference = living_of(parts).reading
    due = Due(reference, parts.reads, parts.cursors, parts.clock)
    method = RPC.methods_by_name["ListDeadlines"]
    work_list = WorkList(reference.organisations, parts.reads, parts.cursors, parts.clock, method)
    queries = {"ListDue": due.page, method.name: work_list.page}
    return [serve(RPC, parts.commands, parts.reads, queries)]


SERVICE: Service[Settings] = Service(
    name="followup",
    settings=Settings,
    decider=_decider,
    mappers=(Mapper(Pathway, "/services/followup"),),
    consumers=(Consume(topics=(INTAKE, REFERRAL), sources=(INTAKE, REFERRAL)),),
    logs=lambda _parts: (EventsLog("followup"),),
    servicers=_servicers,
    rules=RULES,
    admits=_admits,
    texts=answer,
    others=lambda parts: [living_of(parts).feed],
    tickers=(timers.ticker(RINGING), FOLLOW_KEPT),
)
"""Operators and supervisors command for their own organisation; agencies post events to intake instead."""
