"""Voided and corrected events at intake's front door: everything follows, and both stay visible."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.wrappers_pb2 import StringValue
from intake.application.decider import RETRY
from intake.domain.case import Case
from intake.domain.order import Step
from intake.waits import ANSWERED

from tests.integration.intake.case_posts import of_group, void
from tests.integration.intake.desk import POLICE, SOCIAL, Desk, verdicts
from tests.integration.intake.people import corrected, registered
from tests.integration.intake.posts import (
    NOW,
    Post,
    closing,
    contact,
    counselling,
    intervention,
    introduction,
    plan,
    registration,
    screening,
)

OTHER = "ldtbxh-ngoc-lam"
SUPERVISOR = "pctnxh-ha-noi"
DISTRICT, OTHER_DISTRICT = "dpv-long-bien", "dpv-nam-tu-liem"


def case_of(desk: Desk) -> Case:
    """The only case there is."""
    (case_id,) = {event["meta"]["subject"] for event in desk.events()}
    case = desk.store.unit_of_work().get(Case, UUID(case_id))
    assert case is not None
    return case


def last(desk: Desk) -> tuple[str, str | None, str | None]:
    told = desk.receipts()[-1]
    return told["verdict"], told.get("code"), told.get("field")


def test_a_voided_event_counts_as_if_it_had_never_been_and_both_stay_in_the_history(desk: Desk) -> None:
    registered, screened = registration(SOCIAL, {"agency_ref": "TV-1"}), screening(SOCIAL, "TV-1")
    desk.post(registered, screened)
    assert verdicts(desk.post(void(SOCIAL, "TV-1", screened.id))) == ["accepted"]
    assert desk.types()[-2:] == ["client-screened", "event-voided"]
    told = desk.events()[-1]
    assert told["data"]["event_id"] == desk.events()[-2]["id"]
    assert told["data"]["type"] == "org.reftrack.client-screened.v1"
    assert told["data"]["reason"] == "wrong_data"
    (waiting,) = desk.post(intervention(SOCIAL, "TV-1"))
    assert (waiting["verdict"], waiting["code"]) == ("waiting", "too_early")


def test_what_voids_or_corrects_itself_is_refused_instead_of_waiting_for_itself(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    desk.post(void(SOCIAL, "TV-1", "own", id="own"))
    assert last(desk) == ("rejected", "names_itself", "/data/event_id")
    desk.post(counselling(SOCIAL, "TV-1", id="self", corrects="self"))
    assert last(desk) == ("rejected", "names_itself", "/corrects")
    assert desk.count("waits") == 0


def test_what_came_later_stays_a_fact(desk: Desk) -> None:
    screened = screening(SOCIAL, "TV-1")
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), screened, intervention(SOCIAL, "TV-1"))
    desk.post(void(SOCIAL, "TV-1", screened.id))
    assert case_of(desk).happened == {"registered", "brief_intervention_given"}


def test_an_event_is_voided_once_and_a_void_is_not_voided(desk: Desk) -> None:
    counselled = counselling(SOCIAL, "TV-1")
    first = void(SOCIAL, "TV-1", counselled.id)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), counselled, first)
    desk.post(void(SOCIAL, "TV-1", counselled.id))
    assert last(desk)[:2] == ("rejected", "already_voided")
    desk.post(void(SOCIAL, "TV-1", first.id))
    assert last(desk) == ("rejected", "void_of_a_void", "/data/event_id")


def test_the_same_void_again_gets_the_same_verdict_again(desk: Desk) -> None:
    counselled = counselling(SOCIAL, "TV-1")
    again = void(SOCIAL, "TV-1", counselled.id)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), counselled, again)
    (told,) = desk.post(again)
    assert (told["verdict"], told["repetition"]) == ("accepted", True)
    assert desk.types().count("event-voided") == 1


def test_what_was_rejected_has_nothing_to_void(desk: Desk) -> None:
    twice = plan(SOCIAL, "TV-1")
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), plan(SOCIAL, "TV-1"), twice)
    desk.post(void(SOCIAL, "TV-1", twice.id))
    assert last(desk) == ("rejected", "nothing_recorded", "/data/event_id")


def answered(desk: Desk) -> list[dict[str, Any]]:
    """What the clock finds to try again: what waited for events that are decided by now."""
    keys = [key for (key,) in desk.rows(ANSWERED, 10)]
    commands = [desk.command(RETRY, StringValue(value=key), "system") for key in keys]
    return desk.take(commands) if commands else []


def test_a_void_that_comes_before_its_event_waits_for_it(desk: Desk) -> None:
    counselled = counselling(SOCIAL, "TV-1")
    early = void(SOCIAL, "TV-1", counselled.id)
    (waiting,) = desk.post(early)
    assert (waiting["verdict"], waiting["code"]) == ("waiting", "event_not_known_yet")
    assert counselled.id in waiting["waiting_for"]
    assert answered(desk) == []
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), counselled)
    (told,) = answered(desk)
    assert (told["id"], told["verdict"]) == (early.id, "accepted")
    assert answered(desk) == []
    assert desk.types()[-1] == "event-voided"


def test_a_void_of_what_waits_waits_with_it(desk: Desk) -> None:
    screened = screening(SOCIAL, "TV-1")
    desk.post(contact(SOCIAL, "TV-1"), screened, void(SOCIAL, "TV-1", screened.id))
    assert verdicts(desk.receipts()) == ["accepted", "waiting", "waiting"]
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}))
    assert verdicts(answered(desk)) == ["accepted"]
    assert desk.types()[-2:] == ["client-screened", "event-voided"]


def test_an_office_voids_its_own_and_nobody_elses(desk: Desk) -> None:
    first = contact(POLICE, "PX-1")
    desk.post(first, contact(SOCIAL, "TV-1"))
    desk.post(void(SOCIAL, "TV-1", first.id, source=POLICE))
    assert last(desk) == ("rejected", "void_not_yours", "/data/source")


def test_who_may_not_void_an_event_does_not_learn_whether_there_is_one(desk: Desk) -> None:
    first = contact(POLICE, "PX-1")
    desk.post(first, contact(SOCIAL, "TV-1"))
    desk.post(void(SOCIAL, "TV-1", first.id, source=POLICE), void(SOCIAL, "TV-1", "none", source=POLICE))
    there, none = ({**told, "id": ""} for told in desk.receipts()[-2:])
    assert {**there, "offset": 0} == {**none, "offset": 0}


@pytest.mark.parametrize("office", [DISTRICT, SUPERVISOR])
def test_who_answers_for_the_area_voids_what_an_office_there_reported(desk: Desk, office: str) -> None:
    counselled = counselling(SOCIAL, "TV-1")
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), counselled)
    desk.post(void(office, "GS-1", counselled.id, "did_not_happen", source=SOCIAL))
    assert last(desk)[0] == "accepted"
    assert desk.events()[-1]["meta"]["org"] == office
    assert case_of(desk).references == {(SOCIAL, "TV-1")}


def test_a_coordinator_of_another_district_may_not(desk: Desk) -> None:
    counselled = counselling(SOCIAL, "TV-1")
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), counselled)
    desk.post(void(OTHER_DISTRICT, "GS-1", counselled.id, source=SOCIAL))
    assert last(desk)[:2] == ("rejected", "void_not_yours")


def test_a_void_that_names_somebody_else_is_refused(desk: Desk) -> None:
    counselled = counselling(SOCIAL, "TV-1")
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), counselled, contact(SOCIAL, "TV-2"))
    desk.post(void(SOCIAL, "TV-2", counselled.id))
    assert last(desk) == ("rejected", "void_other_person", "/about")


# What follows from it


def test_a_registration_that_is_put_right_under_another_reference_needs_no_second_meeting(desk: Desk) -> None:
    def far_away(ref: str, **more: Any) -> Post:
        return registered(SOCIAL, ref, id_number="001090123456", commune="00625", **more)

    desk.post(contact(SOCIAL, "TV-1"), first := far_away("TV-1"), far_away("TV-2", corrects=first.id))
    assert last(desk)[:2] == ("accepted", None), "who lives elsewhere was met here, and is the same person"


def test_a_number_that_was_sent_to_others_says_nothing_of_whose_it_is(desk: Desk) -> None:
    far = "cap-my-dinh-1"
    met = contact(far, "PX-1", commune="00625")
    desk.post(contact(SOCIAL, "TV-1"), met, introduction(far, "PX-1", "ldtbxh-my-dinh-1"))
    number = desk.events()[-1]["data"]["number"]
    unknown = "GT-QFMZ-RR76-RRYG-3"
    for one in (number, unknown):
        again = counselling(SOCIAL, "TV-1")
        desk.post(again, void(SOCIAL, {"introduction": one}, again.id))
        assert last(desk)[0] == "accepted", one


def test_a_voided_registration_frees_the_id_number_and_the_office_registers_again(desk: Desk) -> None:
    registered = registration(SOCIAL, {"agency_ref": "TV-1"}, id_number="001090000001")
    desk.post(contact(SOCIAL, "TV-1"), registered, void(SOCIAL, "TV-1", registered.id))
    other = registration(OTHER, {"agency_ref": "NL-1"}, name="Trần Thị Khác", id_number="001090000001")
    desk.post(other)
    clients = {holder for (holder,) in desk.rows("SELECT holder FROM claims WHERE kind = 'ref'")}
    assert len(clients) == 2
    (again,) = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}, id_number="001090000002"))
    assert again["verdict"] == "accepted"


def test_a_case_of_which_all_was_voided_stays_and_is_merely_opened(desk: Desk) -> None:
    first = contact(POLICE, "PX-1")
    desk.post(first, void(POLICE, "PX-1", first.id, "did_not_happen"))
    case = case_of(desk)
    assert (case.happened, case.closed_at, case.place) == (frozenset(), None, None)
    assert case.references == frozenset()
    (told,) = desk.post(counselling(SOCIAL, "PX-1"))
    assert told["code"] == "agency_ref_unknown"


def test_a_reference_goes_on_meaning_the_client_where_other_reports_stand(desk: Desk) -> None:
    first = contact(SOCIAL, "TV-1")
    desk.post(first, counselling(SOCIAL, "TV-1"), void(SOCIAL, "TV-1", first.id, "entered_twice"))
    (told,) = desk.post(counselling(SOCIAL, "TV-1"))
    assert told["verdict"] == "accepted"


def test_a_reference_bound_to_the_wrong_person_is_free_for_the_right_one(desk: Desk) -> None:
    wrong, right = (introduction(POLICE, ref, SOCIAL) for ref in ("PX-1", "PX-2"))
    told = desk.post(contact(POLICE, "PX-1"), wrong, contact(POLICE, "PX-2"), right)
    numbers = [one["numbers"]["introduction"] for one in told if "numbers" in one]
    mistaken = registration(SOCIAL, {"agency_ref": "TV-1", "introduction": numbers[0]})
    desk.post(mistaken, void(SOCIAL, "TV-1", mistaken.id, "wrong_person"))
    (again,) = desk.post(registration(SOCIAL, {"agency_ref": "TV-1", "introduction": numbers[1]}))
    assert again["verdict"] == "accepted"
    assert desk.types().count("event-voided") == 2


def test_a_voided_introduction_stays_known_and_cannot_be_taken_up(desk: Desk) -> None:
    introduced = introduction(POLICE, "PX-1", SOCIAL)
    number = desk.post(contact(POLICE, "PX-1"), introduced)[1]["numbers"]["introduction"]
    desk.post(void(POLICE, "PX-1", introduced.id))
    (told,) = desk.post(registration(SOCIAL, {"agency_ref": "TV-1", "introduction": number}))
    assert (told["verdict"], told["code"]) == ("rejected", "introduction_voided")
    (stranger,) = desk.post(registration(OTHER, {"agency_ref": "NL-1", "introduction": number}))
    assert (stranger["verdict"], stranger["code"]) == ("waiting", "number_unknown")


def test_a_voided_closing_opens_the_case_again_unless_the_client_has_a_later_one(desk: Desk) -> None:
    at = NOW - timedelta(days=5)
    closed = closing(SOCIAL, "TV-1", at=at)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), closed, void(SOCIAL, "TV-1", closed.id))
    assert case_of(desk).closed_at is None
    again = closing(SOCIAL, "TV-1", at=at)
    desk.post(again, contact(SOCIAL, "TV-1", at=at + timedelta(days=1)), void(SOCIAL, "TV-1", again.id))
    assert last(desk)[:2] == ("rejected", "later_case_open")


# Corrections


def test_a_correction_voids_the_wrong_one_and_stands_in_its_place(desk: Desk) -> None:
    wrong = registration(SOCIAL, {"agency_ref": "TV-1"}, id_number="001090000001")
    right = replace(
        registration(SOCIAL, {"agency_ref": "TV-1"}, name="Lê Văn Đúng", id_number="001090000009"),
        corrects=wrong.id,
    )
    assert verdicts(desk.post(wrong, right)) == ["accepted", "accepted"]
    assert desk.types()[-2:] == ["event-voided", "client-registered"]
    voided, fresh = desk.events()[-2:]
    assert voided["data"]["replaced"] is True
    assert voided["meta"]["causation_id"] == fresh["meta"]["causation_id"] == right.id
    took_on = {one.org for one in case_of(desk).reports if one.step is Step.REGISTERED}
    assert took_on == {SOCIAL}
    links = desk.rows("SELECT count(*) FROM claims WHERE kind = 'id_number'")
    assert links == [(1,)]


def test_a_correction_that_is_refused_leaves_the_wrong_one_standing(desk: Desk) -> None:
    early = NOW - timedelta(days=8)
    wrong = counselling(SOCIAL, "TV-1", at=early)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), wrong, closing(SOCIAL, "TV-1", at=early))
    desk.post(replace(counselling(SOCIAL, "TV-1", at=NOW - timedelta(days=1)), corrects=wrong.id))
    assert last(desk)[:2] == ("rejected", "case_closed")
    assert "event-voided" not in desk.types()
    assert case_of(desk).voided == frozenset()


def test_a_correction_of_another_type_or_person_is_refused(desk: Desk) -> None:
    wrong = counselling(SOCIAL, "TV-1")
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), wrong, contact(SOCIAL, "TV-2"))
    desk.post(replace(screening(SOCIAL, "TV-1"), corrects=wrong.id))
    assert last(desk) == ("rejected", "corrects_other_type", "/corrects")
    desk.post(replace(counselling(SOCIAL, "TV-2"), corrects=wrong.id))
    assert last(desk) == ("rejected", "corrects_other_person", "/corrects")


def test_a_correction_can_be_corrected_and_the_wrong_one_not_twice(desk: Desk) -> None:
    first = counselling(SOCIAL, "TV-1")
    second = replace(counselling(SOCIAL, "TV-1"), corrects=first.id)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), first, second)
    (third,) = desk.post(replace(counselling(SOCIAL, "TV-1"), corrects=second.id))
    assert third["verdict"] == "accepted"
    (told,) = desk.post(replace(counselling(SOCIAL, "TV-1"), corrects=first.id))
    assert (told["verdict"], told["code"]) == ("rejected", "already_voided")


def test_a_corrected_introduction_brings_a_new_number_and_the_old_one_is_gone(desk: Desk) -> None:
    wrong = introduction(POLICE, "PX-1", OTHER)
    right = replace(introduction(POLICE, "PX-1", SOCIAL), corrects=wrong.id)
    _, first, second = desk.post(contact(POLICE, "PX-1"), wrong, right)
    old, new = (told["numbers"]["introduction"] for told in (first, second))
    assert old != new
    told = desk.post(
        registration(OTHER, {"agency_ref": "NL-1", "introduction": old}),
        registration(SOCIAL, {"agency_ref": "TV-1", "introduction": new}),
    )
    assert [one.get("code") for one in told] == ["introduction_voided", None]


def test_a_correction_counts_where_the_wrong_one_stood_also_for_what_comes_next(desk: Desk) -> None:
    sent = desk.post(contact(POLICE, "PX-1"), *(introduction(POLICE, "PX-1", to) for to in (SOCIAL, OTHER)))
    numbers = [one["numbers"]["introduction"] for one in sent[1:]]
    wrong = registration(SOCIAL, {"agency_ref": "TV-1", "introduction": numbers[0]})
    desk.post(wrong)
    later = registration(OTHER, {"agency_ref": "NL-1", "introduction": numbers[1]})
    later = replace(later, data={**later.data, "client_group": "relative"})
    right = replace(of_group(SOCIAL, "TV-1", "sex_worker"), corrects=wrong.id)
    told = desk.post(later, right, screening(SOCIAL, "TV-1"))
    assert [one.get("code") for one in told] == [None, None, "not_in_path"]
    (again,) = desk.post(screening(SOCIAL, "TV-1"))
    assert again["code"] == "not_in_path", "read from the log"


def test_a_number_told_by_a_registration_that_is_put_right_is_not_told_after_its_correction(
    desk: Desk,
) -> None:
    wrong = registration(SOCIAL, {"agency_ref": "TV-1"}, id_number="001090000001")
    desk.post(wrong, corrected(SOCIAL, "TV-1", id_number="001090000002"))
    first = registration(SOCIAL, {"agency_ref": "TV-1"}, name="Lê Văn Đúng", id_number="001090000001")
    second = registration(SOCIAL, {"agency_ref": "TV-1"}, name="Lê Đúng", id_number="001090000001")
    for right in (replace(first, corrects=wrong.id), replace(second, corrects=first.id)):
        assert verdicts(desk.post(right)) == ["accepted"]
        ((links,),) = desk.rows("SELECT count(*) FROM claims WHERE kind = 'id_number'")
        assert links == 1, "by the number that was put right alone"


def test_a_screening_that_is_put_right_is_not_after_those_that_came_after_the_wrong_one(desk: Desk) -> None:
    wrong, later = screening(SOCIAL, "TV-1"), screening(SOCIAL, "TV-1")
    first = replace(screening(SOCIAL, "TV-1"), corrects=wrong.id)
    second = replace(screening(SOCIAL, "TV-1"), corrects=first.id)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), wrong, later, first, second)
    told = [one["data"]["earlier"] for one in desk.events() if one["type"].endswith("client-screened.v1")]
    assert [earlier is None for earlier in told] == [True, False, True, True]


def test_a_correction_of_a_mistyped_reference_binds_the_right_one(desk: Desk) -> None:
    """Also by the number of an introduction: what is reported under the right one no longer waits."""
    _, told = desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    number = told["numbers"]["introduction"]
    wrong = registration(SOCIAL, {"agency_ref": "TV-12", "introduction": number})
    early = counselling(SOCIAL, "TV-21")
    assert verdicts(desk.post(wrong, early)) == ["accepted", "waiting"]
    right = registration(SOCIAL, {"agency_ref": "TV-21", "introduction": number})
    assert verdicts(desk.post(replace(right, corrects=wrong.id))) == ["accepted", "accepted"]
    assert desk.types()[-1] == "counselling-provided"
