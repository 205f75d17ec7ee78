"""Who may post what, as a table of tries at the door."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.catalogue import text
from contracts.events.followup import HandoverNotified
from contracts.events.intake import ClientIntroducedPosted, ClientRegisteredPosted, Identity
from contracts.events.referral import ReferralRequestedPosted
from contracts.vocabulary import ClientGroup, Service
from intake.domain.front_door import TOLERANCE, Arrival, admit
from reference import Organisation, Organisations, Policy
from reference.entries import Name
from reference.rights import Rights
from reference.territory import whole_country

from tests.unit.intake.case_facts import DAY_ONE, consented, contacted, planned


def office(org: str, kind: str, services: tuple[str, ...] = (), **more: Any) -> Organisation:
    return Organisation(id=org, kind=kind, name=Name(vi=org, en=org), services=services, **more)


DIRECTORY = Organisations(
    [
        office("ca-bo-de", "ward_police", commune="00139"),
        office("cap-bo-de", "commune_social"),
        office("pk-long-bien", "methadone_clinic", ("methadone",)),
        office("cai-nghien", "detox_facility"),
        office("dpv-long-bien", "district_social", district="004"),
        office("ca-dinh-chi", "ward_police", commune="00139", suspended=True),
        office("pk-dinh-chi", "methadone_clinic", ("methadone",), suspended=True),
        office("dpv-dinh-chi", "district_social", district="004", suspended=True),
        office("ca-it", "ward_police", commune="00139", may_post=("client-introduced",)),
        office("ca-da-het", "ward_police", commune="00139", until=DAY_ONE.date() - timedelta(days=1)),
        office("dpv-ha-noi", "district_social", province="01"),
        office("dpv-ha-giang", "district_social", province="02"),
    ]
)
RIGHTS = Rights(Policy.load(Path(__file__).parents[3] / "deploy" / "reference" / "policy"))
NOW = datetime(2026, 8, 1, 3, tzinfo=UTC)
IN_BO_DE = contacted.model_copy(update={"commune": "00139"})

CONTACT = Arrival("ca-bo-de", "/agencies/ca-bo-de", "/agencies/ca-bo-de", DAY_ONE, IN_BO_DE)


def referral(provider: str = "pk-long-bien", service: Service = Service.METHADONE) -> Arrival:
    data = ReferralRequestedPosted(service=service, provider=provider)
    return Arrival("cap-bo-de", "/agencies/cap-bo-de", "/agencies/cap-bo-de", DAY_ONE, data)


def of(agency: str, data: Payload = IN_BO_DE, at: datetime = DAY_ONE) -> Arrival:
    source = f"/agencies/{agency}"
    return Arrival(agency, source, source, at, data)


def introduced_to(org: str) -> Payload:
    return ClientIntroducedPosted(to_org=org, instead_of_administrative_file=False)


def contact_in(commune: str) -> Payload:
    return contacted.model_copy(update={"commune": commune})


def knock(arrival: Arrival, now: datetime = DAY_ONE) -> None:
    admit(arrival, rights=RIGHTS, organisations=DIRECTORY, communes=whole_country(), now=now)


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


@pytest.mark.parametrize(
    ("arrival", "code", "field"),
    [
        (of("ca-dinh-chi"), "agency_suspended", "ce_source"),
        (of("ca-it"), "not_in_your_registration", "ce_type"),
        (of("ca-da-het"), "agency_not_in_force", "ce_time"),
        (referral(provider="pk-dinh-chi"), "addressee_suspended", "/data/provider"),
        (
            of(
                "ca-bo-de",
                ClientIntroducedPosted(to_org="dpv-dinh-chi", instead_of_administrative_file=False),
            ),
            "addressee_suspended",
            "/data/to_org",
        ),
    ],
    ids=["suspended", "narrowed", "ended", "to a suspended clinic", "to a suspended office"],
)
def test_the_registry_has_the_last_word_on_who_takes_part(arrival: Arrival, code: str, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        knock(arrival)
    assert (refused.value.code, refused.value.field, refused.value.later) == (code, field, False)
    assert text(code, "vi", **refused.value.detail) != text(code, "en", **refused.value.detail)


def test_what_happened_while_an_office_was_in_force_it_may_report_after_its_end() -> None:
    knock(of("ca-da-het", at=DAY_ONE - timedelta(days=2)))


@pytest.mark.parametrize(
    ("agency", "commune", "day"),
    [
        ("ca-bo-de", "00139", DAY_ONE),
        ("dpv-long-bien", "00133", DAY_ONE),
        ("dpv-ha-noi", "00631", DAY_ONE),
        ("cap-bo-de", "00631", DAY_ONE),
        ("ca-bo-de", "00118", NOW),  # the new ward Bồ Đề took in a part of the old one
        ("ca-bo-de", "00145", NOW),  # and so did the new ward Long Biên
        ("dpv-long-bien", "00118", NOW),  # a district that ended works where its wards lie now
        ("dpv-ha-noi", "00118", NOW),
    ],
)
def test_an_office_works_in_its_own_territory_whatever_became_of_it(
    agency: str, commune: str, day: datetime
) -> None:
    knock(of(agency, contact_in(commune), day), NOW)


@pytest.mark.parametrize(
    ("agency", "commune", "day"),
    [
        ("ca-bo-de", "00133", DAY_ONE),  # another ward of the same district
        ("ca-bo-de", "00118", DAY_ONE),  # Ngọc Thụy bore the code that Bồ Đề has now
        ("dpv-long-bien", "00631", DAY_ONE),  # another district
        ("ca-bo-de", "00592", NOW),
        ("dpv-ha-giang", "00139", DAY_ONE),
        ("dpv-ha-giang", "00118", NOW),  # Hà Giang is a part of Tuyên Quang by then
    ],
)
def test_an_office_works_nowhere_else(agency: str, commune: str, day: datetime) -> None:
    with pytest.raises(Refusal) as refused:
        knock(of(agency, contact_in(commune), day), NOW)
    assert (refused.value.code, refused.value.field) == ("outside_territory", "/data/commune")
    assert DIRECTORY.area_of(agency) in text("outside_territory", "en", **refused.value.detail)


def test_a_client_may_live_anywhere() -> None:
    far = registered_posted("00631")
    knock(of("cap-bo-de", far))
    knock(of("dpv-long-bien", far))


def registered_posted(commune: str) -> Payload:
    return ClientRegisteredPosted(
        client_group=ClientGroup.DRUG_USER, residence_commune=commune, identity=Identity(full_name="A B")
    )
