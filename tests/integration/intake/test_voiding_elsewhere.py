"""Voided and corrected events that another service decides about: its word is the verdict of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from contracts.base import Payload
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.vocabulary import OrgKind, VoidReason

from tests.integration.intake.answers import answer_of
from tests.integration.intake.case_posts import void
from tests.integration.intake.desk import SOCIAL, Desk, verdicts
from tests.integration.intake.posts import NOW, Post, referral, registration

CLINIC = "methadone-long-bien"


def requested(desk: Desk) -> tuple[Post, dict[str, Any]]:
    """A referral that referral has recorded, and the event that routed it."""
    post = referral(SOCIAL, "TV-1", CLINIC)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), post)
    routed = desk.events()[-1]
    desk.take([answer_of(desk, routed)])
    return post, routed


def test_a_void_of_what_another_service_decided_goes_to_it_and_its_word_is_the_verdict(desk: Desk) -> None:
    post, routed = requested(desk)
    assert desk.post(void(SOCIAL, "TV-1", post.id)) == []
    told = desk.events()[-1]
    assert told["data"] == {
        "event_id": routed["id"],
        "type": "org.reftrack.agency-event-routed.v1",
        "reason": "wrong_data",
        "replaced": False,
        "note": None,
    }
    gone = EventVoided(
        event_id=f"{routed['meta']['subject']}:1",
        type="org.reftrack.referral-requested.v1",
        reason=VoidReason.WRONG_DATA,
    )
    (receipt,) = desk.take([answer_of(desk, told, gone)])
    assert (receipt["verdict"], receipt["type"]) == ("accepted", "org.reftrack.event-voided.v1")


def test_a_void_that_the_other_service_refuses_is_rejected_and_can_be_asked_for_again(desk: Desk) -> None:
    post, _ = requested(desk)
    desk.post(void(SOCIAL, "TV-1", post.id))
    no = AgencyEventRefused(code="already_voided", detail={})
    (receipt,) = desk.take([answer_of(desk, desk.events()[-1], no)])
    assert (receipt["verdict"], receipt["code"]) == ("rejected", "already_voided")
    assert desk.post(void(SOCIAL, "TV-1", post.id)) == []
    assert desk.types().count("event-voided") == 2


def test_what_another_service_keeps_as_it_refuses_the_correction_can_be_corrected_again(desk: Desk) -> None:
    post, routed = requested(desk)
    right = partial(referral, SOCIAL, "TV-1", "tam-than-ha-noi", "mental_health", corrects=post.id)
    first, second, third, fourth = (right() for _ in range(4))
    desk.post(first)
    asked = desk.events()[-1]
    (told,) = desk.post(second)
    assert (told["verdict"], told["code"]) == ("rejected", "already_voided"), "the first is not answered yet"
    (refused,) = desk.take([answer_of(desk, asked, AgencyEventRefused(code="provider_unknown", detail={}))])
    assert (refused["id"], refused["verdict"]) == (first.id, "rejected")
    assert desk.post(third) == []
    assert desk.events()[-1]["data"]["replaces"] == routed["id"]
    desk.take([answer_of(desk, desk.events()[-1])])
    assert verdicts(desk.post(fourth)) == ["rejected"], "it was replaced by now"


def test_a_correction_of_what_another_service_decided_names_what_it_replaces(desk: Desk) -> None:
    post, routed = requested(desk)
    right = replace(referral(SOCIAL, "TV-1", "tam-than-ha-noi", "mental_health"), corrects=post.id)
    assert desk.post(right) == []
    voided, fresh = desk.events()[-2:]
    assert (voided["data"]["event_id"], voided["data"]["replaced"]) == (routed["id"], True)
    assert fresh["data"]["replaces"] == routed["id"]
    (receipt,) = desk.take([answer_of(desk, fresh)])
    assert (receipt["id"], receipt["verdict"]) == (right.id, "accepted")


def correction(of: Post) -> Post:
    """The same referral to another provider."""
    return referral(SOCIAL, "TV-1", "tam-than-ha-noi", "mental_health", corrects=of.id)


def put_off() -> Payload:
    """Referral waits for the client's consent."""
    return AgencyEventDeferred(
        type="org.reftrack.referral-requested.v1",
        number=None,
        org_kind=OrgKind.COMMUNE_SOCIAL,
        data={},
        code="consent_none",
        until=NOW + timedelta(days=30),
        waiting_for="consent_given",
        state=None,
        moves=(),
    )


def given_up(asked: dict[str, Any], *, replaced: bool = False) -> Payload:
    """What was put off is tried no more."""
    return EventVoided(
        event_id=f"{asked['meta']['subject']}:1",
        type=AgencyEventDeferred.TYPE,
        reason=VoidReason.WRONG_DATA,
        replaced=replaced,
    )


def kept_waiting(desk: Desk, post: Post) -> dict[str, Any]:
    """The event as it was routed, which referral has put off."""
    assert desk.post(post) == []
    asked = desk.events()[-1]
    assert verdicts(desk.take([answer_of(desk, asked, put_off())])) == ["waiting"]
    return asked


def waiting(desk: Desk) -> list[str]:
    return [name for (name,) in desk.rows("SELECT event_id FROM inbox WHERE verdict = 'waiting'")]


def test_what_is_voided_while_its_owner_keeps_it_waits_no_more(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    post = referral(SOCIAL, "TV-1", CLINIC)
    asked = kept_waiting(desk, post)
    assert desk.post(void(SOCIAL, "TV-1", post.id)) == []
    told = desk.take([answer_of(desk, desk.events()[-1], given_up(asked))])
    assert [(one["id"] == post.id, one["verdict"]) for one in told] == [
        (True, "discarded"),
        (False, "accepted"),
    ]
    assert (told[0]["code"], waiting(desk)) == ("voided_while_waiting", [])
    (again,) = desk.post(post)
    assert (again["verdict"], again["repetition"]) == ("discarded", True)


def test_what_was_voided_before_intake_took_in_that_it_waits_no_more_is_settled_by_voiding_it_again(
    desk: Desk,
) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    post = referral(SOCIAL, "TV-1", CLINIC)
    kept_waiting(desk, post)
    desk.post(void(SOCIAL, "TV-1", post.id))
    told = desk.take(
        [answer_of(desk, desk.events()[-1], AgencyEventRefused(code="already_voided", detail={}))]
    )
    assert [(one["verdict"], one["code"]) for one in told] == [
        ("discarded", "voided_while_waiting"),
        ("rejected", "already_voided"),
    ]


def test_what_is_put_right_while_its_owner_keeps_it_waits_no_more(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    first = referral(SOCIAL, "TV-1", CLINIC)
    asked = kept_waiting(desk, first)
    right = correction(first)
    assert desk.post(right) == []
    routed = desk.events()[-1]
    (told,) = desk.take([answer_of(desk, routed, given_up(asked, replaced=True))])
    assert (told["id"], told["verdict"]) == (first.id, "discarded")
    (told,) = desk.take([answer_of(desk, routed)])
    assert (told["id"], told["verdict"], waiting(desk)) == (right.id, "accepted", [])


def test_what_was_carried_out_after_all_and_is_voided_stays_accepted(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    post = referral(SOCIAL, "TV-1", CLINIC)
    asked = kept_waiting(desk, post)
    desk.take([answer_of(desk, asked)])
    desk.post(void(SOCIAL, "TV-1", post.id))
    (told,) = desk.take([answer_of(desk, desk.events()[-1], given_up(asked))])
    assert (told["id"] == post.id, told["verdict"]) == (False, "accepted")
    (again,) = desk.post(post)
    assert (again["verdict"], again["repetition"]) == ("accepted", True)


def test_what_a_voided_correction_was_to_correct_can_be_corrected_again(desk: Desk) -> None:
    post, routed = requested(desk)
    first, second = correction(post), correction(post)
    asked = kept_waiting(desk, first)
    desk.post(void(SOCIAL, "TV-1", first.id))
    desk.take([answer_of(desk, desk.events()[-1], given_up(asked))])
    assert desk.post(second) == []
    assert desk.events()[-1]["data"]["replaces"] == routed["id"]


def test_what_a_correction_of_a_correction_has_replaced_cannot_be_corrected_again(desk: Desk) -> None:
    post, _ = requested(desk)
    first = correction(post)
    asked = kept_waiting(desk, first)
    second, third, fourth, fifth = correction(first), correction(post), correction(post), correction(post)
    desk.post(second)
    routed = desk.events()[-1]
    desk.take([answer_of(desk, routed, given_up(asked, replaced=True))])
    assert [one["code"] for one in desk.post(third)] == ["already_voided"], "not answered yet"
    desk.take([answer_of(desk, routed, put_off())])
    assert [one["code"] for one in desk.post(fourth)] == ["already_voided"], "kept by its owner"
    desk.take([answer_of(desk, routed)])
    assert [one["code"] for one in desk.post(fifth)] == ["already_voided"], "replaced by now"


def test_what_a_correction_of_a_correction_was_not_allowed_to_replace_can_be_corrected_again(
    desk: Desk,
) -> None:
    post, _ = requested(desk)
    first = correction(post)
    asked = kept_waiting(desk, first)
    desk.post(correction(first))
    routed = desk.events()[-1]
    no = AgencyEventRefused(code="provider_unknown", detail={})
    desk.take([answer_of(desk, routed, given_up(asked, replaced=True)), answer_of(desk, routed, no)])
    assert desk.post(correction(post)) == [], "its owner keeps what the first of them was to correct"
