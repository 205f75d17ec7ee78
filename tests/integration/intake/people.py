"""Stories of people who are registered twice: what the tests of matches and merges do at the desk."""

from __future__ import annotations

from itertools import count
from typing import Any

from chassis.items import Command
from chassis.store.writer import Result
from google.protobuf.message import Message
from intake.application.likely import FOUND
from intake.application.match_desk import DECIDE, MERGE, UNMERGE
from intake.service import looking
from reftrack.intake.v1 import matching_pb2 as pb

from tests.integration.intake.desk import Desk
from tests.integration.intake.posts import WHERE, Post

BO_DE, NGOC_LAM, DISTRICT = "ldtbxh-bo-de", "ldtbxh-ngoc-lam", "dpv-long-bien"
"""Two communes of one district, and who answers for both."""
ELSEWHERE = "dpv-nam-tu-liem"

_serial = count(1)


def registered(
    agency: str,
    ref: str,
    name: str = "Nguyễn Văn Thử",
    *,
    id_number: str | None = None,
    year: int = 1990,
    sex: str = "male",
    commune: str | None = None,
    **more: Any,
) -> Post:
    """A registration of somebody; under a number of ours if `about` names one."""
    about = more.pop("about", None) or {"agency_ref": ref}
    identity = {"full_name": name, "id_number": id_number}
    data = {
        "client_group": "drug_user", "birth_year": year, "sex": sex, "identity": identity,
        "residence_commune": commune or WHERE.get(agency, "00139"),
    }  # fmt: skip
    return Post(agency, "client-registered", about, data, **more)


def corrected(agency: str, ref: str, **identity: Any) -> Post:
    """A correction of parts of an identity; `birth_year`, `sex` and `cleared` stand beside it."""
    names = ("birth_year", "sex", "cleared")
    beside: dict[str, Any] = {name: identity.pop(name) for name in names if name in identity}
    data: dict[str, Any] = {"reason": "papers_seen", "identity": identity or None, **beside}
    return Post(agency, "identity-corrected", {"agency_ref": ref}, data)


def commanded(
    desk: Desk, name: str, message: Message, org: str = DISTRICT, request: str | None = None
) -> Result:
    """One command; its result."""
    request = request or f"r-{next(_serial)}"
    (result,) = desk.writer.run([Command(request, f"{org}/nv-01", name, message, None, "test")])
    return result


def merge(desk: Desk, survivor: str, merged: str, **more: Any) -> Result:
    """Somebody says that the clients of two cases are one."""
    org, request = more.pop("org", DISTRICT), more.pop("request", None)
    message = pb.MergeClientsRequest(
        survivor_case_id=survivor, merged_case_id=merged, ground="papers_seen", **more
    )
    return commanded(desk, MERGE, message, org, request)


def merge_id(result: Result) -> str:
    assert result.refusal is None, result.refusal
    assert result.error is None, result.error
    return pb.MergeClientsResponse.FromString(result.answer or b"").merge_id


def unmerge(desk: Desk, merge: str, **more: Any) -> Result:
    """Somebody says that a merge was wrong."""
    org = more.pop("org", DISTRICT)
    return commanded(
        desk, UNMERGE, pb.UnmergeClientsRequest(merge_id=merge, ground="client_confirmed", **more), org
    )


def decide(desk: Desk, match: str, decision: str, **more: Any) -> Result:
    """Somebody decides about a match."""
    org, request = more.pop("org", DISTRICT), more.pop("request", None)
    message = pb.DecideMatchRequest(match_id=match, decision=decision, ground="papers_seen", **more)
    return commanded(desk, DECIDE, message, org, request)


def look(desk: Desk) -> None:
    """What the ticker does until nothing is due."""
    beside = looking(desk.parts)
    while taken := beside.take():
        messages = [beside.look(one).message() for one in taken]
        results = desk.writer.run([desk.command(FOUND, message, "system:intake") for message in messages])
        assert all(result.error is None and result.refusal is None for result in results), results


def case_of(desk: Desk, org: str, ref: str) -> str:
    """The case that takes what is reported of a reference."""
    query = """
        SELECT split_part(c.holder, ' ', 1) FROM claims AS r JOIN claims AS c
        ON c.kind = 'case' AND c.key = r.holder WHERE r.kind = 'ref' AND r.key = %s
    """
    ((case,),) = desk.rows(query, f"{org}/{ref}")
    return str(case)


def told(desk: Desk, name: str) -> list[dict[str, Any]]:
    """Everything recorded of one kind: `clients-merged`."""
    return [event for event in desk.events() if event["type"] == f"org.reftrack.{name}.v1"]


def matches(desk: Desk) -> list[tuple[Any, ...]]:
    """The work list: (match, state, ground, version), oldest first."""
    return desk.rows(
        "SELECT match_id::text, state, ground, version FROM matches ORDER BY proposed_at, match_id"
    )
