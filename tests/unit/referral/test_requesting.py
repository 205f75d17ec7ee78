"""Who may ask whom for which service, and on which consent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from chassis.refusal import Refusal
from contracts.events.referral import ReferralRequestedPosted
from contracts.vocabulary import Service
from referral.domain import CaseAsKnown, Consent, consent_for, may_request

from tests.unit.referral.stories import BEGUN, PROVIDER, REFERENCE, SENDER

ORGANISATIONS = REFERENCE.organisations
REQUEST = ReferralRequestedPosted(service=Service.METHADONE, provider=PROVIDER)


def ask(
    request: ReferralRequestedPosted = REQUEST, *, sender: str = SENDER, case: CaseAsKnown | None = None
) -> None:
    known = case or CaseAsKnown()
    may_request(request, ORGANISATIONS.get(sender), known, ORGANISATIONS, occurred_at=BEGUN)


def consent(event_id: str = "c:1", **changes: object) -> Consent:
    usual: dict[str, object] = {
        "given_at": BEGUN - timedelta(days=1),
        "recipients": ("methadone_clinic",),
        "labels": ("OST",),
        "expires_on": None,
    }
    return Consent(event_id, **(usual | changes))  # type: ignore[arg-type]


def named(*consents: Consent) -> str | None:
    return consent_for(REQUEST, ORGANISATIONS[PROVIDER], consents, occurred_at=BEGUN)


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
    assert (refused.value.code, refused.value.later) == (code, False)


def test_a_closed_case_takes_no_request_that_occurred_afterwards() -> None:
    with pytest.raises(Refusal, match="case_closed"):
        ask(case=CaseAsKnown(closed_at=BEGUN - timedelta(seconds=1)))


def test_a_closed_case_takes_a_request_that_occurred_before_and_is_reported_late() -> None:
    ask(case=CaseAsKnown(closed_at=BEGUN + timedelta(seconds=1)))


def test_the_newest_consent_that_covers_the_request_is_named() -> None:
    older = consent("c:1", given_at=BEGUN - timedelta(days=9))
    assert named(older, consent("c:2"), consent("c:3", recipients=("provider",))) == "c:2"


@pytest.mark.parametrize(
    "changes",
    [
        {"recipients": ("provider", "health_station")},
        {"labels": ("HIV", "DRUG")},
        {"labels": ()},
        {"given_at": BEGUN + timedelta(seconds=1)},
        {"expires_on": date(2019, 3, 1)},
    ],
)
def test_a_consent_that_does_not_cover_it_is_not_named(changes: dict[str, Any]) -> None:
    assert named(consent(**changes)) is None


def test_a_consent_holds_on_its_last_day() -> None:
    assert named(consent(expires_on=date(2019, 3, 2))) == "c:1"


def test_a_service_without_a_label_needs_none_in_the_consent() -> None:
    request = ReferralRequestedPosted(service=Service.JOB_PLACEMENT, provider="viec-lam-ha-noi")
    given = consent(recipients=("provider",), labels=())
    assert consent_for(request, ORGANISATIONS["viec-lam-ha-noi"], [given], occurred_at=BEGUN) == "c:1"
