"""How a case is named after a command: by its id, or by whatever `reftrack case find` finds it by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import grpc
import typer
from reftrack.reporting.v1 import status_pb2, status_pb2_grpc
from reftrack_local.access import Speaker

from reftrack_cli import session

Case = Annotated[
    str, typer.Argument(help="The case's id; or a number GT-…, CG-…, LT-…, or your own reference.")
]
KINDS = {"GT": "introduction", "CG": "referral", "LT": "stay"}
_NO_SUCH_NUMBER = frozenset({grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT})


def id_of(case: str, who: Speaker, state: Path | None, *, lang: str | None, json: bool) -> str:
    """The id of a case: an id as it is, anything else as `case find` finds it for that speaker.

    A refusal, as of a case that the speaker may not see, is told in words, and ends the command.
    """
    if is_id(case):
        return case
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        return found(status_pb2_grpc.StatusServiceStub(channel), case).case_id


def is_id(text: str) -> bool:
    """Whether it is written as ids of cases are: 32 hexadecimal digits without hyphens may be a reference."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def found(status: status_pb2_grpc.StatusServiceStub, what: str) -> status_pb2.Case:
    """The case that a number or a reference leads to. Raises grpc.RpcError."""
    kind = KINDS.get(what[:2].upper()) if what[2:3] in {"-", " "} else None
    as_reference = status_pb2.FindCaseRequest(agency_ref=what)
    if kind is None:
        return status.FindCase(as_reference).case
    try:
        return status.FindCase(status_pb2.FindCaseRequest(**{kind: what})).case
    except grpc.RpcError as no_number:
        if not _unknown(no_number):
            raise
        try:
            return status.FindCase(as_reference).case
        except grpc.RpcError as no_reference:
            if not _unknown(no_reference):
                raise
            raise no_number from None


def _unknown(error: grpc.RpcError) -> bool:
    return isinstance(error, grpc.Call) and error.code() in _NO_SUCH_NUMBER
