"""The road of an agency's event, on a real database."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import PostgresDatabase
from tests.integration.intake.desk import POLICE, SOCIAL, Desk, verdicts
from tests.integration.intake.posts import (
    NOW,
    closing,
    contact,
    counselling,
    intervention,
    introduction,
    plan,
    referral,
    registration,
    screening,
)


def test_a_person_whom_the_police_introduced_is_taken_up_by_the_commune_under_its_own_reference(
    desk: Desk,
) -> None:
    first, second = desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    number = second["numbers"]["introduction"]
    told = desk.post(
        registration(SOCIAL, {"agency_ref": "TV-1", "introduction": number}),
        counselling(SOCIAL, "TV-1"),
        screening(SOCIAL, "TV-1"),
        intervention(SOCIAL, "TV-1"),
        plan(SOCIAL, "TV-1"),
    )
    assert verdicts([first, second, *told]) == ["accepted"] * 7
    assert desk.types() == [
        *("case-opened", "client-contacted", "agency-reference-bound", "client-introduced"),
        *("client-registered", "agency-reference-bound", "counselling-provided", "client-screened"),
        *("brief-intervention-given", "plan-agreed"),
    ]
    assert len({event["meta"]["subject"] for event in desk.events()}) == 1


def test_the_receipt_names_the_delivery_and_the_event(desk: Desk) -> None:
    post = contact(POLICE, "PX-1")
    (receipt,) = desk.post(post)
    assert receipt == {
        "source": f"/agencies/{POLICE}",
        "id": post.id,
        "type": "org.reftrack.client-contacted.v1",
        "verdict": "accepted",
        "repetition": False,
        "topic": f"agency.{POLICE}.events.v1",
        "partition": 0,
        "offset": 0,
    }


def test_what_is_recorded_says_who_when_by_which_policy_and_from_which_event(desk: Desk) -> None:
    post = contact(POLICE, "PX-1")
    desk.post(post)
    meta = desk.events()[1]["meta"]
    assert meta["occurred_at"] == "2019-03-10T03:00:00Z"
    assert meta["received_at"] == "2019-03-20T03:00:00Z"
    assert (meta["actor"], meta["org"], meta["causation_id"]) == ("nv-07", POLICE, post.id)
    assert "@" in meta["policy_version"]


def test_only_the_day_may_be_known(desk: Desk) -> None:
    post = contact(POLICE, "PX-1")
    value = post.value().replace(b'"by"', b'"occurred_on": "2019-03-05", "by"')
    desk.take([desk.record(f"agency.{POLICE}.events.v1", post.headers(), value)])
    meta = desk.events()[1]["meta"]
    assert (meta["occurred_at"], meta["precision"]) == ("2019-03-04T17:00:00Z", "day")


def test_a_closed_case_refuses_what_came_after_and_takes_what_came_before(desk: Desk) -> None:
    closed_at = NOW - timedelta(days=5)
    desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    desk.post(
        registration(SOCIAL, {"agency_ref": "TV-1"}),
        closing(SOCIAL, "TV-1", at=closed_at),
        counselling(SOCIAL, "TV-1", at=closed_at + timedelta(days=1)),
        counselling(SOCIAL, "TV-1", at=closed_at - timedelta(days=1)),
    )
    *_, after, before = desk.receipts()
    assert (after["verdict"], after["code"]) == ("rejected", "case_closed")
    assert before["verdict"] == "accepted"


def test_a_new_contact_after_the_closing_opens_a_new_case_of_the_same_client(desk: Desk) -> None:
    at = NOW - timedelta(days=5)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), closing(SOCIAL, "TV-1", at=at))
    desk.post(contact(SOCIAL, "TV-1", at=at + timedelta(days=2)), counselling(SOCIAL, "TV-1"))
    opened = [event for event in desk.events() if event["type"] == "org.reftrack.case-opened.v1"]
    assert len({event["meta"]["subject"] for event in opened}) == 2
    assert len({event["data"]["client_id"] for event in opened}) == 1
    assert verdicts(desk.receipts()) == ["accepted"] * 4


def test_exactly_the_same_id_number_links_two_references_and_anything_less_does_not(desk: Desk) -> None:
    other = "ldtbxh-ngoc-lam"
    desk.post(
        registration(SOCIAL, {"agency_ref": "TV-1"}, name="Trần Thị Thử", id_number="001090000001"),
        registration(other, {"agency_ref": "NL-9"}, name="Tran Thi Thu", id_number="001090000001"),
        registration(other, {"agency_ref": "NL-10"}, name="Trần Thị Thử", id_number="001090000002"),
    )
    clients = {holder for (holder,) in desk.rows("SELECT holder FROM claims WHERE kind = 'ref'")}
    assert verdicts(desk.receipts()) == ["accepted"] * 3
    assert len(clients) == 2


def test_a_reference_that_means_somebody_else_is_refused_for_good(desk: Desk) -> None:
    _, introduced = desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    desk.post(contact(SOCIAL, "TV-1"))
    about = {"agency_ref": "TV-1", "introduction": introduced["numbers"]["introduction"]}
    (receipt,) = desk.post(registration(SOCIAL, about))
    assert (receipt["verdict"], receipt["code"], receipt["field"]) == (
        "rejected",
        "agency_ref_taken",
        "/about/agency_ref",
    )


def test_what_another_service_owns_is_recorded_in_the_order_of_the_case_without_a_verdict_yet(
    desk: Desk,
) -> None:
    post = referral(SOCIAL, "TV-1", provider="methadone-long-bien")
    told = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), post)
    assert verdicts(told) == ["accepted"]
    routed = desk.events()[-1]
    assert routed["type"] == "org.reftrack.agency-event-routed.v1"
    assert routed["data"]["event_id"] == post.id
    assert routed["data"]["data"] == {
        "service": "methadone",
        "provider": "methadone-long-bien",
        "plan_item": None,
        "note": None,
        "note_labels": None,
    }


def test_a_batch_that_is_decided_again_from_the_start_gives_the_same_ids_and_numbers(
    desk: Desk, postgres_database: PostgresDatabase
) -> None:
    posts = [contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL)]
    desk.post(*posts)
    with desk.with_the_same_keys(postgres_database()) as another:
        another.post(*posts)
        assert another.events() == desk.events()
        assert another.receipts() == desk.receipts()
