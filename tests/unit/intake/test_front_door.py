"""Who may post what, as a table of tries at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.catalogue import text
from contracts.events.followup import HandoverNotified
from contracts.events.intake import ClientIntroducedPosted
from contracts.events.referral import ReferralRequestedPosted
from contracts.registry import POSTABLE
from contracts.vocabulary import Service
from intake.domain.front_door import TOLERANCE, Arrival, admit
from reference.territory import whole_country

from tests.unit.intake.case_facts import DAY_ONE, consented, contacted, planned


@dataclass(frozen=True)
class Org:
    kind: str
    services: tuple[str, ...] = ()

    def offers(self, service: str) -> bool:
        return service in self.services


DIRECTORY = {
    "ca-bo-de": Org("ward_police"),
    "cap-bo-de": Org("commune_social"),
    "pk-long-bien": Org("methadone_clinic", ("methadone",)),
    "cai-nghien": Org("detox_facility"),
}

CONTACT = Arrival("ca-bo-de", "/agencies/ca-bo-de", "/agencies/ca-bo-de", DAY_ONE, contacted)


def referral(provider: str = "pk-long-bien", service: Service = Service.METHADONE) -> Arrival:
    data = ReferralRequestedPosted(service=service, provider=provider)
    return Arrival("cap-bo-de", "/agencies/cap-bo-de", "/agencies/cap-bo-de", DAY_ONE, data)


def knock(arrival: Arrival) -> None:
    kinds = POSTABLE[arrival.data.TYPE].by
    admit(arrival, kinds=kinds, organisations=DIRECTORY, communes=whole_country(), now=DAY_ONE)


@pytest.mark.parametrize(
    "arrival",
    [CONTACT, referral(), CONTACT._replace(occurred_at=DAY_ONE + TOLERANCE)],
    ids=["contact", "referral", "clock"],
)
def test_what_an_agency_may_report_is_let_in(arrival: Arrival) -> None:
    knock(arrival)


@pytest.mark.parametrize(
    ("arrival", "code", "field"),
    [
        (CONTACT._replace(claimed_source="/agencies/cap-bo-de"), "source_not_yours", "ce_source"),
        (CONTACT._replace(claimed_source="ca-bo-de"), "source_not_yours", "ce_source"),
        (
            CONTACT._replace(occurred_at=DAY_ONE + TOLERANCE + timedelta(seconds=1)),
            "time_in_future",
            "ce_time",
        ),
        (CONTACT._replace(data=planned), "not_yours_to_report", "ce_type"),
        (referral(provider="no-such-place"), "provider_unknown", "/data/provider"),
        (referral(service=Service.LEGAL_AID), "service_not_offered", "/data/service"),
    ],
    ids=[
        "other source",
        "no path",
        "future",
        "police plan",
        "unknown provider",
        "not offered",
    ],
)
def test_what_is_not_allowed_is_refused_for_good_and_the_field_named(
    arrival: Arrival, code: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        knock(arrival)
    assert (refused.value.code, refused.value.field, refused.value.later) == (code, field, False)


@pytest.mark.parametrize(
    "also", [{}, {"claimed_source": "/agencies/x"}, {"occurred_at": DAY_ONE + timedelta(days=1)}]
)
def test_an_agency_that_the_directory_lacks_is_told_that_and_may_be_entered_later(
    also: dict[str, Any],
) -> None:
    with pytest.raises(Refusal) as refused:
        knock(CONTACT._replace(agency="nobody", **also))
    assert (refused.value.code, refused.value.field, refused.value.later) == (
        "agency_unknown",
        "ce_source",
        True,
    )


def test_nobody_is_introduced_to_an_organisation_that_does_not_exist() -> None:
    data = ClientIntroducedPosted(to_org="nowhere", instead_of_administrative_file=False)
    with pytest.raises(Refusal) as refused:
        knock(CONTACT._replace(data=data))
    assert (refused.value.code, refused.value.field) == ("organisation_unknown", "/data/to_org")


@pytest.mark.parametrize(
    ("agency", "data", "code", "field"),
    [
        (
            "ca-bo-de",
            ClientIntroducedPosted(to_org="pk-long-bien", instead_of_administrative_file=False),
            "not_for_this_kind",
            "/data/to_org",
        ),
        (
            "ca-bo-de",
            ClientIntroducedPosted(to_org="ca-bo-de", instead_of_administrative_file=False),
            "not_for_this_kind",
            "/data/to_org",
        ),
        (
            "cai-nghien",
            HandoverNotified(to_org="pk-long-bien", to_commune="00139", due_on=DAY_ONE.date()),
            "not_for_this_kind",
            "/data/to_org",
        ),
        (
            "cai-nghien",
            HandoverNotified(to_org="cap-bo-de", to_commune="99999", due_on=DAY_ONE.date()),
            "unit_unknown",
            "/data/to_commune",
        ),
        ("ca-bo-de", contacted.model_copy(update={"commune": "99999"}), "unit_unknown", "/data/commune"),
        (
            "cap-bo-de",
            consented.model_copy(update={"expires_on": date(1901, 1, 1)}),
            "expires_before_given",
            "/data/expires_on",
        ),
    ],
    ids=["to a clinic", "to police", "handover to a clinic", "nowhere", "contact nowhere", "expired consent"],
)
def test_nobody_is_sent_where_nobody_can_take_them_up(
    agency: str, data: Payload, code: str, field: str
) -> None:
    source = f"/agencies/{agency}"
    with pytest.raises(Refusal) as refused:
        knock(Arrival(agency, source, source, DAY_ONE, data))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_what_the_agency_wrote_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(Refusal) as refused:
        knock(referral(provider="nguyen-van-an"))
    assert "nguyen" not in repr(refused.value) + str(refused.value.detail)


def test_a_time_in_the_future_is_held_against_the_clock_of_those_who_read_it() -> None:
    """DAY_ONE is told as in Hà Nội, seven hours ahead of UTC."""
    with pytest.raises(Refusal) as refused:
        knock(CONTACT._replace(occurred_at=DAY_ONE + timedelta(days=1)))
    now = refused.value.detail["now"]
    assert now.endswith("+07:00")
    assert datetime.fromisoformat(now) == DAY_ONE
    assert now in text("time_in_future", "vi", **refused.value.detail)
