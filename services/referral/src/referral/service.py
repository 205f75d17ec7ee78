"""Referral as a service: what it reads, writes, serves, and to whom."""

from __future__ import annotations

from collections.abc import Sequence

from answering.serving import serve
from chassis import timers
from chassis.mapper import Mapper
from chassis.relay import EventsLog
from chassis.rpc.call import Role
from chassis.rpc.server import Register
from chassis.service import Consume, Parts, Service
from contracts.catalogue import remedy
from reference import Reference
from reftrack.referral.v1 import referral_pb2

from referral.application.decider import ReferralDecider
from referral.domain import Referral, TurnedAway
from referral.settings import Settings

SOURCE = "/services/referral"
INTAKE = "intake.events.v1"
RPC = referral_pb2.DESCRIPTOR.services_by_name["ReferralService"]


def _decider(parts: Parts[Settings]) -> ReferralDecider:
    reference = Reference.load(parts.settings.reference_path)
    return ReferralDecider(reference, parts.secrets.ids_key, parts.connect)


def _servicers(parts: Parts[Settings]) -> Sequence[Register]:
    return [serve(RPC, parts.commands, parts.reads)]


SERVICE: Service[Settings] = Service(
    name="referral",
    settings=Settings,
    decider=_decider,
    mappers=(Mapper(Referral, SOURCE), Mapper(TurnedAway, SOURCE)),
    consumers=(Consume(topics=(INTAKE,), sources=(INTAKE,)),),
    logs=lambda _parts: (EventsLog("referral"),),
    servicers=_servicers,
    rules={f"{RPC.full_name}/{method.name}": {Role.OPERATOR, Role.SUPERVISOR} for method in RPC.methods},
    texts=remedy,
    tickers=(timers.ticker(),),
)
"""Operators and supervisors command for their own organisation; agencies post events to intake instead."""
