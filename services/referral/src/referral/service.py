"""Referral as a service: what it reads, writes, serves, and to whom."""

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
from reftrack.referral.v1 import referral_pb2

from referral.application.decider import ReferralDecider
from referral.domain import PutOff, Referral, TurnedAway
from referral.settings import Settings

SOURCE = "/services/referral"
INTAKE = "intake.events.v1"
RPC = referral_pb2.DESCRIPTOR.services_by_name["ReferralService"]
RULES: Rules = {f"{RPC.full_name}/{method.name}": {Role.OPERATOR, Role.SUPERVISOR} for method in RPC.methods}
QUERIES = frozenset({f"{RPC.full_name}/ListDeadlines"})
"""All others are commands, judged by the day of what they report."""


def _decider(parts: Parts[Settings]) -> ReferralDecider:
    begin_with_kept(parts)
    reference = living_of(parts).deciding
    return ReferralDecider(reference, parts.secrets.ids_key, parts.connect)


def _admits(parts: Parts[Settings]) -> Admits:
    organisations = living_of(parts).reading.organisations
    return Standing(organisations, parts.clock, by_day=RULES.keys() - QUERIES).admit


def _servicers(parts: Parts[Settings]) -> Sequence[Register]:
    organisations = living_of(parts).reading.organisations
    method = RPC.methods_by_name["ListDeadlines"]
    work_list = WorkList(organisations, parts.reads, parts.cursors, parts.clock, method)
    return [serve(RPC, parts.commands, parts.reads, {method.name: work_list.page})]


SERVICE: Service[Settings] = Service(
    name="referral",
    settings=Settings,
    decider=_decider,
    mappers=(Mapper(Referral, SOURCE), Mapper(TurnedAway, SOURCE), Mapper(PutOff, SOURCE)),
    consumers=(Consume(topics=(INTAKE,), sources=(INTAKE,)),),
    logs=lambda _parts: (EventsLog("referral"),),
    servicers=_servicers,
    rules=RULES,
    admits=_admits,
    texts=answer,
    others=lambda parts: [living_of(parts).feed],
    tickers=(timers.ticker(RINGING), FOLLOW_KEPT),
)
"""Operators and supervisors command for their own organisation; agencies post events to intake instead."""
