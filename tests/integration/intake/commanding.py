"""People command about cases over gRPC: their calls, and what a refusal tells."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from reftrack.intake.v1 import intake_pb2
from reftrack.intake.v1.cases_pb2_grpc import CaseServiceStub

from tests.integration.intake.desk import SOCIAL, as_item
from tests.integration.intake.posts import Post, registration
from tests.integration.intake.serving import Serving, bearer

SUPERVISOR, DISTRICT, ELSEWHERE = "pctnxh-ha-noi", "dpv-long-bien", "ldtbxh-my-dinh-1"

NO_CASE = "0b6f3c1e-5f0a-8c7e-9b1d-3a4e5f60718a"


async def posted(serving: Serving, *posts: Post) -> str:
    """Posts them as their agency; the case of the first."""
    request = intake_pb2.SubmitEventsRequest(events=[as_item(post) for post in posts])
    async for _ in serving.intake.SubmitEvents(iter([request]), metadata=bearer(serving, posts[0].agency)):
        pass
    ((case_id,),) = await serving.rows("SELECT DISTINCT subject::text FROM stored_events")
    return str(case_id)


async def a_case(serving: Serving, *more: Post) -> str:
    return await posted(serving, registration(SOCIAL, {"agency_ref": "TV-1"}), *more)


async def call(
    serving: Serving, method: str, request: Any, org: str = SOCIAL, role: str = "operator", **more: str
) -> Any:
    metadata = [*bearer(serving, org, role), *((key.replace("_", "-"), value) for key, value in more.items())]
    return await getattr(CaseServiceStub(serving.channel), method)(request, metadata=metadata)


async def refused(
    serving: Serving, method: str, request: Any, **more: Any
) -> tuple[str, str, dict[str, str]]:
    """Status, reason and what else is told."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(serving, method, request, **more)
    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]
    info = error_details_pb2.ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    return caught.value.code().name, info.reason.lower(), dict(info.metadata)


async def types(serving: Serving) -> list[str]:
    rows = await serving.rows("SELECT topic FROM stored_events ORDER BY notification_id")
    return [name.removeprefix("org.reftrack.").removesuffix(".v1") for (name,) in rows]
