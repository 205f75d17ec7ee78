"""What is told of who somebody is while two are one person: it stays with whom it was told of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from intake.profiles import profiles_of
from psycopg.rows import tuple_row
from reftrack.intake.v1.cases_pb2 import (
    AcknowledgeMoveRequest,
    CloseCaseRequest,
    DeclineScreeningRequest,
    MoveClientRequest,
    MoveClientResponse,
    ReviewScreeningRequest,
    VoidEventRequest,
)

from tests.integration.intake.case_posts import acknowledgement, void, withdrawal
from tests.integration.intake.desk import Desk, verdicts
from tests.integration.intake.people import (
    BO_DE,
    DISTRICT,
    NGOC_LAM,
    case_of,
    commanded,
    corrected,
    look,
    merge,
    merge_id,
    registered,
    told,
    unmerge,
)
from tests.integration.intake.posts import (
    NOW,
    answer,
    closing,
    contact,
    counselling,
    introduction,
    referral,
    screening,
)
from tests.integration.intake.test_consent import consent
from tests.integration.intake.test_merging import sent

NUMBER = "001090123456"


def test_what_is_told_of_a_merged_client_stays_with_that_client_when_the_merge_is_undone(desk: Desk) -> None:
    a, b = two(desk)
    one, other = client_of(desk, a), client_of(desk, b)
    merged = merge_id(merge(desk, a, b))
    slip = corrected(NGOC_LAM, "B", full_name="Trần Thị Mai Hương", id_number=NUMBER)
    assert verdicts(desk.post(slip)) == ["accepted"]
    assert told(desk, "identity-corrected")[0]["meta"]["subject"] == a, "the open case takes it"
    assert "Trần Thị Mai Hương" not in desk.identity(one).values()
    assert NUMBER in desk.identity(other).values()
    assert {str(row[0]) for row in desk.rows("SELECT person FROM likeness_due WHERE case_id = %s", a)} == {
        one,
        other,
    }
    look(desk)
    unmerge(desk, merged)
    desk.post(registered("ldtbxh-duc-giang", "C", "TRAN THI MAI HUONG", sex="female", id_number=NUMBER))
    assert case_of(desk, "ldtbxh-duc-giang", "C") == b, "the number means whom it was told of"
    assert verdicts(desk.post(void(NGOC_LAM, "B", slip.id))) == ["accepted"]
    (known,) = desk.rows("SELECT holder FROM claims WHERE kind = 'id_number'")
    assert known == (other,), "the later registration told it too"


def test_who_is_registered_again_while_merged_is_known_under_the_reference_that_was_used(desk: Desk) -> None:
    a, b = two(desk)
    one, other = client_of(desk, a), client_of(desk, b)
    merged = merge_id(merge(desk, a, b))
    again = registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female", id_number=NUMBER)
    assert verdicts(desk.post(again)) == ["accepted"]
    assert told(desk, "client-registered")[-1]["meta"]["subject"] == a
    unmerge(desk, merged)
    assert NUMBER in desk.identity(other).values()
    assert NUMBER not in desk.identity(one).values()
    desk.post(void(NGOC_LAM, "B", again.id))
    assert desk.rows("SELECT 1 FROM claims WHERE kind = 'id_number'") == [], (
        "given back by whom it was told of"
    )


def test_corrections_of_either_of_two_who_are_merged_change_only_the_likeness_of_the_one(desk: Desk) -> None:
    a, b = two(desk)
    one, other = UUID(client_of(desk, a)), UUID(client_of(desk, b))
    merge(desk, a, b)
    desk.post(corrected(NGOC_LAM, "B", birth_year=1971), corrected(BO_DE, "A", birth_year=1962))
    with desk.connect() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        (((_, mine),), ((_, theirs),)) = (profiles_of(cursor, desk.vault, who) for who in (one, other))
    assert (mine.birth_year, mine.sex, mine.full_name) == (1962, "male", "Nguyễn Văn Thử")
    assert (theirs.birth_year, theirs.sex, theirs.full_name) == (1971, "female", "Trần Thị Mai")


def test_a_child_who_was_merged_by_mistake_is_a_child_as_long_and_the_other_one_is_not(desk: Desk) -> None:
    a, b = two(desk)
    merged = merge_id(merge(desk, a, b))
    desk.post(corrected(NGOC_LAM, "B", birth_year=2012))
    assert told(desk, "identity-corrected")[0]["meta"]["client"] == client_of(desk, b)
    refused = {"verdict": "rejected", "code": "consent_lacks_guardian"}
    for ref, org in (("A", BO_DE), ("B", NGOC_LAM)):
        (receipt,) = desk.post(consent(ref, org, at=NOW))
        assert receipt.items() >= refused.items(), ref
    unmerge(desk, merged)
    (receipt,) = desk.post(consent("B", NGOC_LAM, at=NOW))
    assert receipt.items() >= refused.items(), "what was told of B while the two were one"
    assert verdicts(desk.post(consent("A", BO_DE, at=NOW))) == ["accepted"]


def test_what_was_reported_under_the_reference_of_a_merged_client_is_voided_and_corrected_by_it_for_ever(
    desk: Desk,
) -> None:
    a, b = two(desk)
    merged = merge_id(merge(desk, a, b))
    slip, other = counselling(NGOC_LAM, "B"), counselling(NGOC_LAM, "B")
    desk.post(slip, other)
    unmerge(desk, merged)
    assert verdicts(desk.post(counselling(NGOC_LAM, "B", corrects=slip.id))) == ["accepted"]
    assert verdicts(desk.post(void(NGOC_LAM, "B", other.id))) == ["accepted"]
    assert {event["meta"].get("client") for event in told(desk, "event-voided")} == {client_of(desk, b)}


def test_what_needs_a_step_told_before_the_two_were_one_is_corrected_after_they_were(desk: Desk) -> None:
    a, b = two(desk)
    merged = merge_id(merge(desk, a, b))
    slip = screening(NGOC_LAM, "B")
    desk.post(slip)
    unmerge(desk, merged)
    assert verdicts(desk.post(screening(NGOC_LAM, "B", corrects=slip.id))) == ["accepted"]
    assert told(desk, "client-screened")[-1]["meta"]["subject"] == a, "where the wrong one stands"


def test_a_command_goes_by_all_that_is_known_of_the_person_as_what_is_posted_does(desk: Desk) -> None:
    desk.post(contact("cap-bo-de", "P"), registered(BO_DE, "A"))
    case, merged = case_of(desk, "cap-bo-de", "P"), case_of(desk, BO_DE, "A")
    merge_id(merge(desk, case, merged))
    declined = commanded(
        desk, "DeclineScreening", DeclineScreeningRequest(case_id=case, reason="no_time"), BO_DE
    )
    assert declined.refusal is None, declined.refusal


def test_whoever_has_to_do_with_one_of_two_alone_commands_of_that_one(desk: Desk) -> None:
    """As what is posted under a reference of theirs: it stays with that client when they are two again."""
    (a, b), third = two(desk), "ldtbxh-duc-giang"
    merged = merge_id(merge(desk, a, b))
    to_third = MoveClientRequest(case_id=a, to_commune="00124", to_org=third, notified_on="2019-03-19")
    done = commanded(desk, "MoveClient", to_third, NGOC_LAM)
    commanded(desk, "DeclineScreening", DeclineScreeningRequest(case_id=a, reason="no_time"), BO_DE)
    commanded(desk, "DeclineScreening", DeclineScreeningRequest(case_id=a, reason="no_time"), DISTRICT)
    (moved,), declined = told(desk, "client-moved"), told(desk, "screening-declined")
    assert (moved["meta"]["subject"], moved["meta"].get("client")) == (a, client_of(desk, b))
    assert [one["meta"].get("client") for one in declined] == [None, None], "of the case's own where of both"
    unmerge(desk, merged)
    assert [reaches(desk, third, case) for case in (a, b)] == [False, True]
    outcome = MoveClientResponse.FromString(done.answer or b"").outcome
    about = {"agency_ref": "C", "introduction": outcome.number}
    assert verdicts(desk.post(registered(third, "C", "Lê Văn Ba", about=about))) == ["accepted"]
    assert verdicts(desk.post(acknowledgement(third, {"agency_ref": "C"}))) == ["accepted"]
    (answered,) = told(desk, "move-acknowledged")
    assert answered["data"]["move"] == moved["id"], "what was told of B in the case of A is known of B"
    taken_back = VoidEventRequest(event_id=outcome.event_id, reason="wrong_data")
    assert commanded(desk, "VoidEvent", taken_back, NGOC_LAM).refusal is None
    assert told(desk, "event-voided")[-1]["meta"]["client"] == client_of(desk, b)


def test_whoever_answers_a_move_by_its_number_tells_of_who_moved(desk: Desk) -> None:
    """As what is posted by the number does, also of an office that has to do with both."""
    a, b = two(desk)
    merge(desk, a, b)
    to_a = MoveClientRequest(case_id=a, to_commune="00139", to_org=BO_DE, notified_on="2019-03-19")
    moved = MoveClientResponse.FromString(commanded(desk, "MoveClient", to_a, NGOC_LAM).answer or b"")
    answer = AcknowledgeMoveRequest(case_id=a, number=moved.outcome.number)
    assert commanded(desk, "AcknowledgeMove", answer, BO_DE).refusal is None
    (answered,) = told(desk, "move-acknowledged")
    assert answered["meta"].get("client") == client_of(desk, b)


def test_whoever_looks_into_a_screening_tells_of_whom_that_tells(desk: Desk) -> None:
    a, b = two(desk)
    merge(desk, a, b)
    wrong = screening(NGOC_LAM, "B")
    desk.post(replace(wrong, data={**wrong.data, "risk": "low"}))
    (screened,) = told(desk, "client-screened")
    looked = ReviewScreeningRequest(event_id=screened["id"], outcome="claim_right")
    assert commanded(desk, "ReviewScreening", looked).refusal is None
    (reviewed,) = told(desk, "screening-reviewed")
    assert (reviewed["meta"]["subject"], reviewed["meta"].get("client")) == (a, client_of(desk, b))


def client_of(desk: Desk, case: str) -> str:
    """The client for whom a case was opened."""
    (opened,) = (event for event in told(desk, "case-opened") if event["meta"]["subject"] == case)
    return str(opened["data"]["client_id"])


def two(desk: Desk) -> tuple[str, str]:
    """Two people who are not like one another, each with a case in a commune of its own."""
    desk.post(registered(BO_DE, "A"), registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female"))
    return case_of(desk, BO_DE, "A"), case_of(desk, NGOC_LAM, "B")


def reaches(desk: Desk, org: str, case: str) -> bool:
    """Whether an office may command in a case: what expects a version that nobody has changes nothing."""
    stale = CloseCaseRequest(case_id=case, reason="goals_met", expected_version=10_000)
    refusal = commanded(desk, "CloseCase", stale, org).refusal
    assert refusal is not None
    assert refusal.code in ("version_not_reached", "case_unknown")
    return refusal.code == "version_not_reached"


def test_whom_somebody_was_sent_to_while_merged_goes_on_with_that_one_and_loses_the_other(desk: Desk) -> None:
    (a, _), police, third = two(desk), "cap-ngoc-lam", "ldtbxh-duc-giang"
    desk.post(contact(police, "P", commune="00133"))
    p = case_of(desk, police, "P")
    merged = merge_id(merge(desk, a, p))
    desk.post(introduction(police, "P", third))
    (introduced,) = told(desk, "client-introduced")
    assert introduced["meta"]["subject"] == a, "the open case takes it"
    assert [reaches(desk, third, case) for case in (a, p)] == [True, True]
    unmerge(desk, merged)
    assert [reaches(desk, third, case) for case in (a, p)] == [False, True]
    about = {"agency_ref": "C", "introduction": introduced["data"]["number"]}
    assert verdicts(desk.post(registered(third, "C", "Lê Văn Ba", about=about))) == ["accepted"]
    assert told(desk, "client-registered")[-1]["meta"]["subject"] == p, "the number means whom it was told of"
    assert case_of(desk, third, "C") == p
    assert not reaches(desk, third, a)


def test_the_number_of_a_referral_means_whom_its_request_told_of_when_they_are_two_again(desk: Desk) -> None:
    """What is posted by it goes on in the case in which the referral began, and is told of that one."""
    a, b = two(desk)
    clinic, other = "methadone-long-bien", client_of(desk, b)
    merged = merge_id(merge(desk, a, b))
    desk.post(referral(NGOC_LAM, "B", clinic))
    number = sent(desk, a)
    both = {"referral": number, "agency_ref": "K"}
    desk.post(replace(answer(clinic, number), about=both))
    unmerge(desk, merged)
    again = replace(answer(clinic, number, "referral-accepted"), about=both)
    assert desk.post(again) == [], "it is referral's to answer: the reference means whom the number means"
    routed = [event["meta"] for event in told(desk, "agency-event-routed")]
    assert {(meta["subject"], meta.get("client")) for meta in routed} == {(a, other)}
    assert len(routed) == 3
    assert case_of(desk, clinic, "K") == b


def test_a_consent_is_withdrawn_by_its_name_in_whichever_case_it_was_given(desk: Desk) -> None:
    a, b = two(desk)
    before, meanwhile = (consent("B", NGOC_LAM, form_number=None) for _ in range(2))
    desk.post(before)
    merged = merge_id(merge(desk, a, b))
    assert verdicts(desk.post(meanwhile, withdrawal(NGOC_LAM, "B", before.id, at=NOW))) == ["accepted"] * 2
    (refused,) = desk.post(withdrawal(NGOC_LAM, "B", before.id, at=NOW))
    assert refused["code"] == "consent_already_withdrawn"
    unmerge(desk, merged)
    first, again = (withdrawal(NGOC_LAM, "B", meanwhile.id, at=NOW) for _ in range(2))
    assert [one.get("code") for one in desk.post(first, again)] == [None, "consent_already_withdrawn"]
    named = [event["data"]["consent"] for event in told(desk, "consent-withdrawn")]
    assert named == [event["id"] for event in told(desk, "consent-given")]
    assert told(desk, "consent-withdrawn")[-1]["meta"]["subject"] == b, "whose shares it may end"


def test_a_consent_of_an_earlier_case_is_withdrawn_by_its_name(desk: Desk) -> None:
    given, weeks = consent("A", BO_DE, at=NOW - timedelta(days=9)), [timedelta(days=n) for n in (5, 4)]
    desk.post(registered(BO_DE, "A"), given)
    desk.post(closing(BO_DE, "A", at=NOW - weeks[0]), contact(BO_DE, "A", at=NOW - weeks[1]))
    assert len(told(desk, "case-opened")) == 2
    assert verdicts(desk.post(withdrawal(BO_DE, "A", given.id, at=NOW))) == ["accepted"]


def test_what_was_told_before_and_after_a_merge_is_put_right_where_it_stands(desk: Desk) -> None:
    before = registered(BO_DE, "A")
    desk.post(before, registered(NGOC_LAM, "B", "Trần Thị Khác"))
    cases = [str(case_of(desk, *ref)) for ref in ((BO_DE, "A"), (NGOC_LAM, "B"))]
    merge(desk, cases[1], cases[0])
    after = counselling(BO_DE, "A")
    desk.post(after)
    rights = [
        replace(registered(BO_DE, "A"), corrects=before.id),
        replace(counselling(BO_DE, "A"), corrects=after.id),
    ]
    assert verdicts(desk.post(*rights)) == ["accepted", "accepted"]
    subjects = [one["meta"]["subject"] for one in desk.events()[-4:]]
    assert subjects == [cases[0], cases[0], cases[1], cases[1]]
