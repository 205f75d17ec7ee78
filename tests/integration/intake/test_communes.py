"""Codes of communes through the door, on a real database: what is recorded, what the receipt says."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.followup import DetoxAdmitted, HandoverNotified
from contracts.receipt import Receipt
from contracts.vocabulary import DetoxKind

from tests.integration.intake.desk import POLICE, SOCIAL, Desk
from tests.integration.intake.posts import Post, contact, registration

FACILITY = "cai-nghien-ha-noi"
TODAY = datetime(2026, 11, 20, 3, tzinfo=UTC)


def contact_at(code: str, at: datetime, ref: str = "PX-1") -> Post:
    post = contact(POLICE, ref, at=at)
    return Post(post.agency, post.kind, post.about, {**post.data, "commune": code}, at=at)


def living_in(code: str, at: datetime, ref: str = "TV-1") -> Post:
    """A registration: who was `met` in the office's area may live anywhere."""
    post = registration(SOCIAL, {"agency_ref": ref}, at=at)
    return Post(post.agency, post.kind, post.about, {**post.data, "residence_commune": code}, at=at)


@pytest.fixture
def today(desk: Desk) -> Desk:
    desk.clock.move_to(TODAY)
    return desk


@pytest.fixture
def met(today: Desk) -> Desk:
    """The social worker has met TV-1 and TV-2, long ago."""
    long_ago = datetime(2011, 3, 10, 3, tzinfo=UTC)
    today.post(*(contact(SOCIAL, ref, at=long_ago) for ref in ("TV-1", "TV-2")))
    return today


def test_an_old_code_in_an_event_of_today_is_taken_for_the_ward_that_took_all_of_it(today: Desk) -> None:
    (receipt,) = today.post(contact_at("00133", TODAY))
    assert receipt["verdict"] == "accepted"
    (unit,) = receipt["units"]
    assert (unit["code"], unit["read_as"], unit["unit"]) == ("00133", "carried_forward", "00118")
    assert unit["name"] == {"vi": "Phường Bồ Đề", "en": "Bo De ward"}


def test_the_fact_keeps_the_code_as_it_was_sent(today: Desk) -> None:
    today.post(contact_at("00133", TODAY))
    (fact,) = [event for event in today.events() if event["type"].endswith("client-contacted.v1")]
    assert fact["data"]["commune"] == "00133"


def test_a_code_of_later_in_an_event_of_2019_means_what_was_there_and_is_refused_where_that_is_several(
    met: Desk,
) -> None:
    """Hoàng Sa was one district without communes; Mỹ Đình 1 began at the end of 2013."""
    in_2019 = datetime(2019, 3, 10, 3, tzinfo=UTC)
    island, later = met.post(
        living_in("20333", in_2019, "TV-1"),
        living_in("00625", datetime(2012, 9, 1, 3, tzinfo=UTC), "TV-2"),
    )
    assert (island["verdict"], island["units"][0]["read_as"]) == ("accepted", "carried_back")
    assert island["units"][0]["name"]["vi"] == "Huyện Hoàng Sa"
    assert (later["verdict"], later["code"]) == ("rejected", "unit_not_yet")


def test_a_district_is_no_commune(today: Desk) -> None:
    (receipt,) = today.post(contact_at("004", datetime(2019, 3, 10, 3, tzinfo=UTC)))
    assert (receipt["verdict"], receipt["code"]) == ("rejected", "unit_not_a_commune")
    assert "(004)" in receipt["remedy"]["vi"]


def test_a_divided_ward_is_asked_back_with_the_wards_that_it_may_be(today: Desk) -> None:
    (receipt,) = today.post(contact_at("00139", TODAY))
    assert (receipt["verdict"], receipt["code"], receipt["field"]) == (
        *("rejected", "unit_divided"),
        "/data/commune",
    )
    for code in ("00097", "00118", "00145"):
        assert f"({code})" in receipt["remedy"]["vi"]


def test_the_day_decides_not_the_code(today: Desk) -> None:
    """Event of 30 June 2025: the old ward; of 1 July in Hà Nội, still 30 June in UTC: the divided one."""
    before, after = today.post(
        contact_at("00139", datetime(2025, 6, 30, 16, 59, tzinfo=UTC), "PX-1"),
        contact_at("00139", datetime(2025, 6, 30, 17, tzinfo=UTC), "PX-2"),
    )
    assert (before["verdict"], after.get("code")) == ("accepted", "unit_divided")


def test_a_code_that_nobody_knows_is_refused_and_not_repeated(today: Desk) -> None:
    (receipt,) = today.post(contact_at("Tran.Thi.Thu", TODAY))
    assert (receipt["verdict"], receipt["code"]) == ("rejected", "unit_unknown")
    assert "Tran" not in str(receipt)


def test_what_is_disputed_or_presumed_is_told_and_told_again_to_who_sends_it_twice(met: Desk) -> None:
    disputed = living_in("00226", TODAY, "TV-1")
    presumed = living_in("00187", datetime(2019, 3, 10, 3, tzinfo=UTC), "TV-2")
    first, second, again = met.post(disputed, presumed, disputed)
    assert first["units"][0]["disputed"] == ["00229"]
    assert second["units"][0]["presumed"] is True
    assert again["repetition"]
    assert again["units"] == first["units"]


def test_residence_is_read_like_any_commune(today: Desk) -> None:
    post = registration(SOCIAL, {"agency_ref": "TV-1"}, at=TODAY)
    (receipt,) = today.post(post)
    assert (receipt["code"], receipt["field"]) == ("unit_divided", "/data/residence_commune")


def test_a_receipt_with_units_is_what_the_contract_says(met: Desk) -> None:
    (receipt,) = met.post(living_in("00226", TODAY))
    told = Receipt.model_validate_json(
        json.dumps({**receipt, "position": 1, "recorded_at": "2026-11-20T03:00:00Z"})
    )
    assert told.units[0].disputed == ("00229",)


def followup_says(desk: Desk, data: Payload, cause: str | None = None) -> list[dict[str, Any]]:
    """Followup's word on the case of the last event."""
    last = desk.events()[-1]
    meta = Meta(
        subject=UUID(last["meta"]["subject"]),
        occurred_at=TODAY,
        received_at=TODAY,
        actor="nv-07",
        org=FACILITY,
        policy_version="vn-law-2025@1",
        correlation_id="c-1",
        causation_id=cause,
    )
    return desk.take([desk.owner_says("followup", uuid4(), 1, data, meta)])


def test_what_the_commune_of_a_handover_was_taken_for_is_told_with_the_owners_verdict(today: Desk) -> None:
    post = living_in("00145", TODAY)
    today.post(post)
    stay = "LT-1A73-4KGW-YMQD-4"
    kind = DetoxKind.VOLUNTARY
    followup_says(today, DetoxAdmitted(kind=kind, facility=FACILITY, stay_number=stay))
    data = {"to_org": "ubnd-ngoc-lam", "to_commune": "00133", "due_on": "2026-12-20"}
    assert today.post(Post(FACILITY, "handover-notified", {"stay": stay}, data, at=TODAY)) == []
    routed = today.events()[-1]
    notified = HandoverNotified(to_org="ubnd-ngoc-lam", to_commune="00133", due_on=date(2026, 12, 20))
    (receipt,) = followup_says(today, notified, cause=routed["id"])
    assert receipt["verdict"] == "accepted"
    assert [(one["field"], one["unit"]) for one in receipt["units"]] == [("/data/to_commune", "00118")]
