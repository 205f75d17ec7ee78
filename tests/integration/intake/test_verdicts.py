"""One verdict for each event, one receipt for each delivery."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.events.followup import DetoxAdmitted, FollowupOpened
from contracts.events.referral import ReferralReceived, ReferralRequested
from contracts.vocabulary import DetoxKind, OrgKind, Service, VoidReason
from intake.application import keys
from intake.application.matching import addressed
from intake.domain.case import Case

from tests.integration.intake.desk import SOCIAL, Desk, verdicts
from tests.integration.intake.posts import NOW, contact, counselling, plan, referral, registration

CLINIC = "methadone-long-bien"
NUMBER = "CG-1A73-4KGW-YMQD-4"


def test_a_repetition_counts_once_and_gets_the_same_verdict_marked_as_one(desk: Desk) -> None:
    post = contact(SOCIAL, "TV-1")
    first, again = desk.post(post, post)
    (later,) = desk.post(post)
    assert [one["repetition"] for one in (first, again, later)] == [False, True, True]
    assert [one["offset"] for one in (first, again, later)] == [0, 1, 2]
    assert verdicts([first, again, later]) == ["accepted"] * 3
    assert desk.types().count("client-contacted") == 1


def test_a_repetition_of_what_was_refused_tells_the_reason_again(desk: Desk) -> None:
    early = plan(SOCIAL, "TV-1", at=NOW + timedelta(days=1))
    first, again = desk.post(early, early)
    assert (again["code"], again["remedy"]) == (first["code"], first["remedy"])
    assert (first["verdict"], again["repetition"]) == ("rejected", True)


def test_the_same_event_in_structured_mode_is_no_other_event_to_the_door(desk: Desk) -> None:
    post = contact(SOCIAL, "TV-1")
    (told,) = desk.take([desk.structured(post)])
    assert (told["verdict"], told["id"]) == ("accepted", post.id)


def test_other_content_under_a_used_id_is_refused_by_itself_and_both_are_kept(desk: Desk) -> None:
    first = contact(SOCIAL, "TV-1")
    other = replace(first, data={**first.data, "channel": "phone"})
    accepted, reused, again = desk.post(first, other, first)
    assert (reused["verdict"], reused["code"], reused["field"]) == ("rejected", "id_reused", "ce_id")
    assert (accepted["verdict"], again["verdict"], again["repetition"]) == ("accepted", "accepted", True)
    assert desk.types().count("client-contacted") == 1
    assert desk.count("other_contents") == 1
    assert b"phone" not in desk.rows("SELECT sealed FROM other_contents")[0][0]


def test_over_grpc_an_event_that_came_by_kafka_is_a_repetition(desk: Desk) -> None:
    post = contact(SOCIAL, "TV-1")
    desk.post(post)
    (result,) = desk.submit(post)
    assert b'"repetition":true' in (result.answer or b"")
    assert desk.types().count("client-contacted") == 1


def test_the_owners_word_is_the_verdict_and_brings_the_number(desk: Desk) -> None:
    post = routed_referral(desk)
    data = ReferralRequested(service=Service.METHADONE, provider=CLINIC, number=NUMBER)
    (told,) = desk.take([says(desk, "referral", data)])
    assert (told["id"], told["verdict"], told["numbers"]) == (post.id, "accepted", {"referral": NUMBER})
    assert told["offset"] == 1
    assert told["type"] == "org.reftrack.referral-requested.v1"


def test_a_referral_that_is_voided_leaves_its_provider_the_number_and_no_right_in_the_case(
    desk: Desk,
) -> None:
    routed_referral(desk)
    data = ReferralRequested(service=Service.METHADONE, provider=CLINIC, number=NUMBER)
    told, case_id = says(desk, "referral", data), UUID(desk.events()[0]["id"].partition(":")[0])

    def concerns(*, voided: bool) -> bool:
        uow = desk.store.unit_of_work()
        uow.load(Case, [case_id])
        uow.load_claims(keys.ADDRESSED, [keys.as_text(case_id)])
        case = uow.get(Case, case_id)
        assert case is not None
        return CLINIC in {org for org, _ in addressed(uow, case, voided=voided)}

    desk.take([told])
    assert concerns(voided=False)
    event_id = json.loads(told.value or b"")["id"]
    void = EventVoided(event_id=event_id, type=data.TYPE, reason=VoidReason.WRONG_PERSON)
    desk.take([says(desk, "referral", void, version=2)])
    assert not concerns(voided=False)
    assert concerns(voided=True), "it is told what became of it"


def test_what_the_owner_refuses_is_rejected_with_its_reason(desk: Desk) -> None:
    routed_referral(desk)
    data = AgencyEventRefused(
        code="move_not_allowed", detail={"move": "accept"}, state="requested", moves=("receive", "reject")
    )
    (told,) = desk.take([says(desk, "referral", data)])
    assert (told["verdict"], told["code"]) == ("rejected", "move_not_allowed")


def test_what_the_owner_puts_off_waits_and_its_later_word_is_final(desk: Desk) -> None:
    routed_referral(desk)
    put_off = AgencyEventDeferred(
        code="too_early",
        until=NOW + timedelta(days=30),
        waiting_for="received",
        type="org.reftrack.referral-accepted.v1",
        org_kind=OrgKind.METHADONE_CLINIC,
        data={},
    )
    told = desk.take([says(desk, "referral", put_off), says(desk, "referral", ReferralReceived(), version=2)])
    told += desk.take([says(desk, "referral", AgencyEventRefused(code="too_early", detail={}), version=3)])
    assert verdicts(told) == ["waiting", "accepted"]
    assert told[0]["waiting_for"] == "received"


def test_the_opening_of_a_followup_is_not_yet_the_answer(desk: Desk) -> None:
    routed_referral(desk)
    client = UUID(desk.events()[0]["data"]["client_id"])
    admitted = DetoxAdmitted(
        kind=DetoxKind.VOLUNTARY, facility="cai-nghien-so-1", stay_number="LT-GGPV-3MGM-4RSE-V"
    )
    told = desk.take(
        [
            says(desk, "followup", FollowupOpened(client_id=client)),
            says(desk, "followup", admitted, version=2),
        ]
    )
    assert [one["numbers"] for one in told] == [{"stay": "LT-GGPV-3MGM-4RSE-V"}]


def test_a_repetition_that_comes_before_the_owners_word_gets_its_receipt_with_it(desk: Desk) -> None:
    post = routed_referral(desk)
    assert desk.post(post) == []
    told = desk.take([says(desk, "referral", ReferralReceived())])
    assert [(one["offset"], one["repetition"]) for one in told] == [(1, False), (2, True)]
    (again,) = desk.post(post)
    assert (again["verdict"], again["repetition"], again["offset"]) == ("accepted", True, 3)


def test_events_of_owners_that_no_agency_caused_are_nobodys_receipt(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    assert desk.take([says(desk, "referral", ReferralReceived(), cause="elsewhere:1")]) == []


def test_submitted_items_get_the_same_verdicts_as_records(desk: Desk) -> None:
    posts = [
        registration(SOCIAL, {"agency_ref": "TV-1"}),
        counselling(SOCIAL, "TV-9"),
        contact("nobody", "X-1"),
    ]
    answers = [(result.answer or b"").partition(b"\n")[2] for result in desk.submit(*posts)]
    for word, body in zip((b"accepted", b"waiting", b"waiting"), answers, strict=True):
        assert b'"verdict":"%s"' % word in body
    assert not any(b'"topic"' in body for body in answers)


def routed_referral(desk: Desk) -> Any:
    """A case, and a referral that its owner has not answered yet."""
    post = referral(SOCIAL, "TV-1", CLINIC)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), post)
    return post


def says(desk: Desk, service: str, data: Payload, *, version: int = 1, cause: str | None = None) -> Any:
    """An event of an owner's log, caused by the last one that intake routed."""
    last = desk.events()[-1]
    meta = Meta(
        subject=UUID(last["meta"]["subject"]),
        occurred_at=NOW,
        received_at=NOW,
        actor="x",
        org=CLINIC,
        policy_version="p@1",
        correlation_id="c",
        causation_id=cause or last["id"],
    )
    return desk.owner_says(service, uuid4(), version, data, meta)
