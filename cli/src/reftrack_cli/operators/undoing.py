"""Voids a record wherever it stands: intake keeps those of cases, referral and followup their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf.message import Message
from reftrack.followup.v1 import followup_pb2
from reftrack.followup.v1.followup_pb2_grpc import FollowupServiceStub
from reftrack.intake.v1 import cases_pb2
from reftrack.intake.v1.cases_pb2_grpc import CaseServiceStub
from reftrack.referral.v1 import referral_pb2
from reftrack.referral.v1.referral_pb2_grpc import ReferralServiceStub
from reftrack_local.access import Speaker

from reftrack_cli import session
from reftrack_cli.operators.commanding import named_by

_ROADS: tuple[tuple[str, Any, type[Message]], ...] = (
    ("intake", CaseServiceStub, cases_pb2.VoidEventRequest),
    ("referral", ReferralServiceStub, referral_pb2.VoidEventRequest),
    ("followup", FollowupServiceStub, followup_pb2.VoidEventRequest),
)

NAMES: Mapping[type[Message], tuple[str, str]] = MappingProxyType(
    {
        referral_pb2.VoidEventResponse: ("ReferralState", "Move"),
        followup_pb2.VoidEventResponse: ("FollowupStage", "Move"),
    }
)
"""The lists of the catalogue that name an answer's state and moves, where they are not those of a case."""


def void_where_it_stands(
    said: Mapping[str, Any],
    request_id: str | None,
    who: Speaker,
    state: Path | None,
    *,
    lang: str | None,
    json: bool,
) -> Any:
    """The answer of the service that has the record; `said`: the fields of the request, the same for each.

    A refusal is told in words, and ends the command: that of the service which has the record, or of the last
    one asked.
    """
    named = named_by(request_id)
    for service, stub, request in _ROADS:
        with session.calling(service, who, state, lang=lang, json=json) as channel:
            try:
                return stub(channel).VoidEvent(request(**said), metadata=named)
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND or service == _ROADS[-1][0]:
                    raise
    raise AssertionError("the last service either answers or refuses")
