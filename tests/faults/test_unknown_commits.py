"""A caller who does not know whether a command was carried out asks again, under the same request id."""

from __future__ import annotations

import grpc
import pytest
from reftrack.referral.v1 import referral_pb2, referral_pb2_grpc
from reftrack.reporting.v1 import status_pb2, status_pb2_grpc
from reftrack_local.access import Speaker

from tests.faults.system import System

ASKED = (("x-request-id", "unknown-commit"), ("x-correlation-id", "unknown-commit"))


def someone(system: System, number: int) -> tuple[Speaker, str]:
    """The operator and the case of the first person of a company."""
    step = next(step for step in system.company(number) if "client-registered" in step.type)
    operator = Speaker(role="operator", org=step.org, subject="nv-01")
    with system.channel("reporting", operator) as channel:
        asked = status_pb2.FindCaseRequest(agency_ref=step.about["agency_ref"])
        case = status_pb2_grpc.StatusServiceStub(channel).FindCase(asked, timeout=20).case
    return operator, case.case_id


def request(
    system: System, operator: Speaker, case_id: str, about: str
) -> referral_pb2.RequestReferralResponse:
    """Ask for a referral once, and wait for a service that is just starting."""
    with system.channel("referral", operator) as channel:
        service = "vocational_training"
        provider = system.agencies.provider(service, system.agencies.wards("004")[0])
        asked = referral_pb2.RequestReferralRequest(case_id=case_id, service=service, provider=provider)
        stub = referral_pb2_grpc.ReferralServiceStub(channel)
        metadata = tuple((name, f"{value}-{about}") for name, value in ASKED)
        return stub.RequestReferral(asked, timeout=30, wait_for_ready=True, metadata=metadata)


@pytest.mark.parametrize(
    ("number", "point"),
    [
        (30, "command_commit_unknown"),
        pytest.param(31, "before_commit", marks=pytest.mark.long),
    ],
)
@pytest.mark.timeout(300)
def test_the_same_request_again_makes_one_event_and_gets_the_first_answer(
    system: System, undisturbed: System, number: int, point: str
) -> None:
    for each in (undisturbed, system):
        each.play(number)
        each.quiet()
    operator, case_id = someone(system, number)
    with system.dying(point, "referral"):
        with pytest.raises(grpc.RpcError) as lost:
            request(system, operator, case_id, point)
        assert lost.value.code() is grpc.StatusCode.UNAVAILABLE, lost.value
    first, second = (request(system, operator, case_id, point) for _ in range(2))
    assert first == second
    alike = request(undisturbed, operator, case_id, point)
    # each log counts for itself, and other tests have written to these systems
    alike.outcome.position = first.outcome.position
    assert alike == first
    system.check()
    system.must_equal(undisturbed, number)
