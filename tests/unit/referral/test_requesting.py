"""Who may ask whom for which service."""

from __future__ import annotations

from datetime import timedelta

import pytest
from chassis.refusal import Refusal
from contracts.events.referral import ReferralRequestedPosted
from contracts.vocabulary import Service
from referral.domain import CaseAsKnown, may_request

from tests.unit.referral.stories import BEGUN, PROVIDER, REFERENCE, SENDER

ORGANISATIONS = REFERENCE.organisations
REQUEST = ReferralRequestedPosted(service=Service.METHADONE, provider=PROVIDER)


def ask(
    request: ReferralRequestedPosted = REQUEST, *, sender: str = SENDER, case: CaseAsKnown | None = None
) -> None:
    known = case or CaseAsKnown()
    may_request(request, ORGANISATIONS.get(sender), known, ORGANISATIONS, occurred_at=BEGUN)


@pytest.mark.parametrize("sender", [SENDER, "tyt-bo-de", "dpv-long-bien"])
def test_social_staff_health_stations_and_coordinators_refer(sender: str) -> None:
    ask(sender=sender)


@pytest.mark.parametrize(
    ("sender", "request_", "code"),
    [
        ("cap-bo-de", REQUEST, "not_yours_to_report"),
        (PROVIDER, REQUEST, "not_yours_to_report"),
        ("nobody", REQUEST, "agency_unknown"),
        (SENDER, REQUEST.model_copy(update={"provider": "nobody"}), "provider_unknown"),
        (SENDER, REQUEST.model_copy(update={"service": Service.LOAN}), "service_not_offered"),
    ],
)
def test_others_and_to_others_it_is_refused(
    sender: str, request_: ReferralRequestedPosted, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        ask(request_, sender=sender)
    assert (refused.value.code, refused.value.later) == (code, code.endswith("unknown"))


def test_a_closed_case_takes_no_request_that_occurred_afterwards() -> None:
    with pytest.raises(Refusal, match="case_closed"):
        ask(case=CaseAsKnown(closed_at=BEGUN - timedelta(seconds=1)))


def test_a_closed_case_takes_a_request_that_occurred_before_and_is_reported_late() -> None:
    ask(case=CaseAsKnown(closed_at=BEGUN + timedelta(seconds=1)))
