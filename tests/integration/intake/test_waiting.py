"""What waits, and what lets it go on."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from chassis.items import Item, Record
from chassis.store.parking import Retried
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.followup import HandoverNotified
from contracts.events.referral import ReferralRequested
from contracts.vocabulary import Service
from google.protobuf.wrappers_pb2 import StringValue
from intake.application.decider import RETRY

from tests.integration.intake.desk import POLICE, SOCIAL, Desk, park, verdicts
from tests.integration.intake.posts import (
    NOW,
    answer,
    closing,
    contact,
    counselling,
    intervention,
    introduction,
    registration,
    screening,
)

CLINIC = "methadone-long-bien"
NUMBER = "CG-1A73-4KGW-YMQD-4"


def test_an_event_about_a_person_not_known_yet_waits_and_says_for_what_and_until_when(desk: Desk) -> None:
    (receipt,) = desk.post(counselling(SOCIAL, "TV-1"))
    assert (receipt["verdict"], receipt["code"], receipt["field"]) == (
        "waiting",
        "agency_ref_unknown",
        "/about/agency_ref",
    )
    assert receipt["waiting_for"] == "agency_ref TV-1"
    assert datetime.fromisoformat(receipt["until"]) > NOW + timedelta(days=1)
    assert "TV-1" not in receipt["remedy"]["en"]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
def test_what_waited_goes_on_as_soon_as_the_person_is_known_in_the_order_of_its_coming(
    desk: Desk, together: bool
) -> None:
    early = [screening(SOCIAL, "TV-1"), intervention(SOCIAL, "TV-1")]
    opens = registration(SOCIAL, {"agency_ref": "TV-1"})
    if together:
        desk.post(*early, opens)
    else:
        desk.post(*early)
        desk.post(opens)
    told = [(receipt["id"], receipt["verdict"]) for receipt in desk.receipts()]
    assert told == [
        *((post.id, "waiting") for post in early),
        *((post.id, "accepted") for post in (opens, *early)),
    ]
    assert desk.types()[-2:] == ["client-screened", "brief-intervention-given"]
    assert desk.count("waits") == 0


def test_a_step_that_comes_too_early_waits_for_the_case_and_then_for_nothing(desk: Desk) -> None:
    desk.post(contact(SOCIAL, "TV-1"))
    (early,) = desk.post(screening(SOCIAL, "TV-1"))
    assert (early["verdict"], early["code"], early["waiting_for"]) == ("waiting", "too_early", "registered")
    told = desk.post(counselling(SOCIAL, "TV-1"), registration(SOCIAL, {"agency_ref": "TV-1"}))
    assert verdicts(told) == ["accepted"] * 3
    assert desk.types()[-1] == "client-screened"


def test_what_waited_in_a_case_that_ended_goes_on_when_the_client_comes_back_to_a_new_one(desk: Desk) -> None:
    ends, back = NOW - timedelta(days=9), NOW - timedelta(days=5)
    desk.post(contact(SOCIAL, "TV-1"), screening(SOCIAL, "TV-1"), closing(SOCIAL, "TV-1", at=ends))
    assert desk.count("waits") == 1
    told = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}, at=back))
    assert verdicts(told) == ["accepted"] * 2
    assert desk.types()[-2:] == ["client-registered", "client-screened"]


def test_one_release_leads_to_the_next(desk: Desk) -> None:
    desk.post(intervention(SOCIAL, "TV-1"), screening(SOCIAL, "TV-1"), contact(SOCIAL, "TV-1"))
    assert desk.count("waits") == 2
    types = desk.rows("SELECT detail->>'type' FROM inbox WHERE verdict = 'waiting' ORDER BY 1")
    assert [one.split(".")[2] for (one,) in types] == ["brief-intervention-given", "client-screened"], (
        "it is told what waits, also when that was tried again"
    )
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    assert desk.types()[-3:] == ["client-registered", "client-screened", "brief-intervention-given"]


def test_the_bytes_of_what_waits_are_sealed(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"introduction": "GT-QFMZ-RR76-RRYG-3"}, name="CANARY Nguyễn Văn Kín"))
    ((sealed,),) = desk.rows("SELECT sealed FROM waits")
    assert b"CANARY" not in sealed


def test_an_answer_to_a_referral_that_intake_has_not_heard_of_waits_for_its_number(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    case_id = UUID(desk.events()[0]["meta"]["subject"])
    (early,) = desk.post(answer(CLINIC, NUMBER))
    assert (early["verdict"], early["code"], early["waiting_for"]) == (
        "waiting",
        "number_unknown",
        f"referral {NUMBER}",
    )
    told = desk.take([requested_by_an_operator(desk, case_id)])
    assert told == []
    assert desk.types()[-1] == "agency-event-routed"
    assert desk.events()[-1]["data"]["number"] == NUMBER
    assert desk.count("waits") == 0


def test_a_number_is_known_however_it_was_grouped_and_with_letters_for_its_digits(desk: Desk) -> None:
    number = desk.post(contact(POLICE, "P-1"), introduction(POLICE, "P-1", SOCIAL))[-1]["numbers"][
        "introduction"
    ]
    digits = number.replace("-", "")[2:].replace("0", "O").replace("1", "I")
    (taken_up,) = desk.post(
        registration(SOCIAL, {"introduction": f"GT-{digits[:5]}-{digits[5:]}", "agency_ref": "TV-1"})
    )
    assert taken_up["verdict"] == "accepted"


def test_a_number_is_unknown_to_an_office_that_it_was_not_sent_to(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    desk.take([requested_by_an_operator(desk, UUID(desk.events()[0]["meta"]["subject"]))])
    (told,) = desk.post(answer("cai-nghien-ha-noi", NUMBER, "detox-admitted", data={"kind": "voluntary"}))
    assert (told["verdict"], told["code"], told["waiting_for"]) == (
        "waiting",
        "number_unknown",
        f"referral {NUMBER}",
    )


def test_what_an_office_posted_about_a_number_goes_on_when_the_client_is_sent_there(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    case_id = UUID(desk.events()[0]["meta"]["subject"])
    desk.take([requested_by_an_operator(desk, case_id)])
    desk.post(answer("ubnd-my-dinh-1", NUMBER, "management-started", data={"model": "club"}))
    told = HandoverNotified(to_org="ubnd-my-dinh-1", to_commune="00625", due_on=NOW.date())
    desk.take([of_an_owner(desk, case_id, "followup", told)])
    assert desk.types()[-1] == "agency-event-routed"
    assert desk.count("waits") == 0


def test_who_answers_for_the_area_of_an_office_takes_up_its_number(desk: Desk) -> None:
    _, introduced = desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    number = introduced["numbers"]["introduction"]
    for org, verdict in (("ldtbxh-my-dinh-1", "waiting"), ("dpv-long-bien", "accepted")):
        (told,) = desk.post(registration(org, {"agency_ref": "QH-1", "introduction": number}))
        assert told["verdict"] == verdict


def test_what_waits_for_the_commit_of_another_instance_is_tried_once_more(desk: Desk) -> None:
    """Another instance recorded the number between our look and our commit, and saw no wait to wake."""
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    case_id = desk.events()[0]["meta"]["subject"]
    desk.post(answer(CLINIC, NUMBER))
    numbered(desk, case_id)
    ((key,),) = desk.rows("SELECT key FROM waits")
    desk.take([desk.command(RETRY, StringValue(value=key), "system:intake")])
    assert desk.types()[-1] == "agency-event-routed"
    assert desk.count("waits") == 0


def test_what_waits_for_a_parked_case_does_not_overtake_what_is_parked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    case_id = desk.events()[0]["meta"]["subject"]
    desk.post(answer(CLINIC, NUMBER))
    with monkeypatch.context() as broken:
        park(desk, broken, screening(SOCIAL, "TV-1"))
    numbered(desk, case_id)
    ((key,),) = desk.rows("SELECT key FROM waits")
    (result,) = desk.writer.run([desk.command(RETRY, StringValue(value=key), "system:intake")])
    assert (result.refusal, result.error) == (None, None)
    assert desk.types()[-1] == "agency-reference-bound"
    assert desk.count("waits") == 0
    assert desk.rows("SELECT case_key, behind FROM parked ORDER BY id") == [(case_id, False), (case_id, True)]
    assert desk.parking().retry(case_id, by="operator") == Retried(2, 0, None)
    assert desk.types()[-2:] == ["client-screened", "agency-event-routed"]


def test_what_waits_for_a_parked_case_and_still_has_to_wait_stays_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.post(contact(SOCIAL, "TV-1"), screening(SOCIAL, "TV-1"))
    with monkeypatch.context() as broken:
        park(desk, broken, counselling(SOCIAL, "TV-1"))
    before = desk.rows("SELECT * FROM waits")
    desk.take([desk.command(RETRY, StringValue(value=before[0][1]), "system:intake")])
    assert desk.rows("SELECT * FROM waits") == before
    assert desk.count("parked") == 1


def test_a_wait_that_is_tried_in_vain_stays_as_it_was(desk: Desk) -> None:
    desk.post(answer(CLINIC, NUMBER))
    before = desk.rows("SELECT * FROM waits")
    told = desk.take([desk.command(RETRY, StringValue(value=before[0][1]), "system:intake")])
    assert told == []
    assert desk.rows("SELECT * FROM waits") == before


def test_what_has_waited_longer_than_its_term_still_goes_on_when_its_time_comes(desk: Desk) -> None:
    desk.post(counselling(SOCIAL, "TV-1"))
    desk.clock.move_to(NOW + timedelta(days=4000))
    assert desk.rows("SELECT count(*) FROM waits WHERE until < %s", desk.clock.now()) == [(1,)]
    told = desk.post(contact(SOCIAL, "TV-1"))
    assert verdicts(told) == ["accepted", "accepted"]


def test_what_names_a_number_not_known_yet_does_not_hold_up_what_names_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come from one organisation and lead to no case; one cannot be decided."""
    other = "CG-0000-0000-0001-1"
    decide = desk.decider.decide

    def break_on_the_first(uow: UnitOfWork, item: Item) -> bytes | None:
        if isinstance(item, Record) and NUMBER in (item.value or b"").decode():
            raise RuntimeError("software")
        return decide(uow, item)

    monkeypatch.setattr(desk.decider, "decide", break_on_the_first)
    posts = [answer(CLINIC, NUMBER), answer(CLINIC, NUMBER), answer(CLINIC, other)]
    topic = f"agency.{CLINIC}.events.v1"
    results = desk.writer.run([desk.record(topic, post.headers(), post.value()) for post in posts])
    assert [result.parked for result in results] == [True, True, False]


def requested_by_an_operator(desk: Desk, case_id: UUID) -> Record:
    data = ReferralRequested(service=Service.METHADONE, provider=CLINIC, number=NUMBER)
    return of_an_owner(desk, case_id, "referral", data)


def of_an_owner(desk: Desk, case_id: UUID, service: str, data: Payload) -> Record:
    """What an operator commanded there: no event of an agency is its cause."""
    meta = Meta(
        subject=case_id,
        occurred_at=NOW,
        received_at=NOW,
        actor="op-1",
        org=SOCIAL,
        policy_version="p@1",
        correlation_id="c",
    )
    return desk.owner_says(service, uuid4(), 1, data, meta)


def numbered(desk: Desk, case_id: str) -> None:
    """What another instance had recorded of a referral to the clinic."""
    desk.execute("INSERT INTO claims VALUES ('number', %s, %s)", f"referral/{NUMBER}", case_id)
    desk.execute("INSERT INTO claims VALUES ('addressed', %s, %s)", case_id, CLINIC)
