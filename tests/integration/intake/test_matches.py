"""Who may be registered twice: what links by itself, what is proposed to people, and what never again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from types import SimpleNamespace
from typing import cast

import pytest
from chassis.vault import Keyring, MasterKeyAway
from contracts.events.intake import ClientRegisteredPosted
from intake.application.likely import FOUND
from intake.application.reading import Event
from intake.service import looking

from tests.conftest import PostgresDatabase
from tests.integration.intake.case_posts import move, void
from tests.integration.intake.desk import POLICE, Desk, verdicts
from tests.integration.intake.people import (
    BO_DE,
    DISTRICT,
    ELSEWHERE,
    NGOC_LAM,
    case_of,
    corrected,
    decide,
    look,
    matches,
    merge,
    merge_id,
    registered,
    told,
    unmerge,
)
from tests.integration.intake.posts import WHERE, contact, counselling, introduction

NUMBER = "001090123456"


def test_somebody_like_somebody_known_is_proposed_and_not_linked(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", "Nguyễn Thế Kiên"), registered(NGOC_LAM, "B", "NGUYEN THE KIEN"))
    look(desk)
    (proposed,) = told(desk, "matches-proposed")
    (candidate,) = proposed["data"]["candidates"]
    assert proposed["data"]["ground"] == "likeness"
    assert candidate["likely"] >= 50
    assert {"given_bare", "year_same"} <= set(candidate["reasons"])
    assert case_of(desk, BO_DE, "A") != case_of(desk, NGOC_LAM, "B")
    assert [row[1:] for row in matches(desk)] == [("open", "likeness", 1)]


def test_two_registered_in_one_batch_are_proposed_once(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", "Nguyễn Thế Kiên"), registered(NGOC_LAM, "B", "Nguyễn Thế Kiên"))
    look(desk)
    look(desk)
    assert len(told(desk, "matches-proposed")) == len(matches(desk)) == 1
    assert desk.count("likeness_due") == 0


def test_pairs_that_the_older_score_missed_are_proposed_once_the_database_is_brought_up_to_date(
    desk: Desk,
) -> None:
    desk.post(registered(BO_DE, "A", "Trần Bảo Quốc"), registered(NGOC_LAM, "B", "Nguyễn Thế Kiên"))
    desk.post(corrected(BO_DE, "A", full_name="NGUYEN THE KIEN"))
    for one in looking(desk.parts).take():
        looking(desk.parts).look(one)
    desk.execute("DELETE FROM likeness_due")  # looked for, and by that score not like enough
    for _ in range(2):
        desk.execute((files("intake") / "migrations" / "0310_likeness_anew.sql").read_text())
        assert desk.count("likeness_due") == 2
    look(desk)
    assert [row[1:] for row in matches(desk)] == [("open", "likeness", 1)]


def test_whoever_is_like_nobody_is_proposed_to_nobody(desk: Desk) -> None:
    desk.post(
        registered(BO_DE, "A", "Nguyễn Thế Kiên"), registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female")
    )
    look(desk)
    assert matches(desk) == []


def test_what_breaks_off_while_looking_is_looked_for_again_and_recorded_once(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", "Nguyễn Thế Kiên"), registered(NGOC_LAM, "B", "Nguyễn Thế Kiên"))
    beside = looking(desk.parts)
    for one in beside.take():
        beside.look(one)  # and the process dies before anything is recorded
    assert beside.take() == [], "whoever took them has a while"
    desk.execute("UPDATE likeness_due SET taken_until = now() - interval '1 second'")
    look(desk)
    assert len(told(desk, "matches-proposed")) == 1
    assert desk.count("likeness_due") == 0
    assert desk.rows("SELECT count(*) FROM vault_fields WHERE name = 'likeness'") == [(2,)]


def test_the_same_number_with_a_name_that_contradicts_goes_to_a_person(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", "Nguyễn Văn Thử", id_number=NUMBER))
    desk.post(registered(NGOC_LAM, "B", "Trần Thị Mai", id_number=NUMBER, sex="female"))
    assert case_of(desk, BO_DE, "A") != case_of(desk, NGOC_LAM, "B")
    (proposed,) = told(desk, "matches-proposed")
    (candidate,) = proposed["data"]["candidates"]
    assert proposed["data"]["ground"] == "id_number"
    assert candidate["case"] == case_of(desk, BO_DE, "A")
    assert candidate["reasons"] == ["conflict_full_name", "conflict_sex"]


def test_the_same_number_in_one_batch_is_compared_with_what_is_not_committed_yet(desk: Desk) -> None:
    desk.post(
        registered(BO_DE, "A", "Nguyễn Văn Thử", id_number=NUMBER),
        registered(NGOC_LAM, "B", "Trần Thị Mai", id_number=NUMBER, sex="female"),
        registered("ldtbxh-duc-giang", "C", "NGUYEN VAN THU", id_number=NUMBER),
    )
    assert case_of(desk, BO_DE, "A") == case_of(desk, "ldtbxh-duc-giang", "C")
    assert case_of(desk, BO_DE, "A") != case_of(desk, NGOC_LAM, "B")
    assert len(told(desk, "matches-proposed")) == 1


def test_a_name_written_otherwise_is_no_conflict_with_the_same_number(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", "Nguyễn Văn Hùng", id_number=NUMBER))
    desk.post(registered(NGOC_LAM, "B", "HUNG VAN NGUYEN", id_number=NUMBER, year=1991))
    assert case_of(desk, BO_DE, "A") == case_of(desk, NGOC_LAM, "B")
    assert told(desk, "matches-proposed") == []


def test_who_was_introduced_and_has_the_number_of_somebody_known_is_merged_by_itself(desk: Desk) -> None:
    desk.post(registered(NGOC_LAM, "B", id_number=NUMBER))
    desk.post(contact(POLICE, "PX"), introduction(POLICE, "PX", BO_DE))
    number = told(desk, "client-introduced")[0]["data"]["number"]
    about = {"agency_ref": "A", "introduction": number}
    assert verdicts(desk.post(registered(BO_DE, "A", id_number=NUMBER, about=about))) == ["accepted"]
    merged = told(desk, "clients-merged")
    assert len(merged) == 2
    assert {event["data"]["ground"] for event in merged} == {"id_number"}
    assert case_of(desk, BO_DE, "A") == case_of(desk, POLICE, "PX") == case_of(desk, NGOC_LAM, "B")
    assert verdicts(desk.post(counselling(BO_DE, "A"), counselling(NGOC_LAM, "B"))) == ["accepted"] * 2


def test_who_was_introduced_and_has_a_number_in_conflict_is_proposed(desk: Desk) -> None:
    desk.post(registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female", id_number=NUMBER))
    desk.post(contact(BO_DE, "A"), registered(BO_DE, "A", id_number=NUMBER))
    assert told(desk, "clients-merged") == []
    (proposed,) = told(desk, "matches-proposed")
    assert proposed["meta"]["subject"] == case_of(desk, BO_DE, "A")


def test_a_person_says_same_and_the_two_are_one(desk: Desk) -> None:
    match = proposed_pair(desk)
    result = decide(desk, match, "same", expected_version=1)
    assert (result.refusal, result.error) == (None, None)
    assert case_of(desk, BO_DE, "A") == case_of(desk, NGOC_LAM, "B")
    assert [row[1:] for row in matches(desk)] == [("same", "likeness", 2)]


def test_a_person_says_distinct_and_the_pair_is_never_proposed_again(desk: Desk) -> None:
    match = proposed_pair(desk)
    assert decide(desk, match, "distinct").refusal is None
    assert len(told(desk, "clients-distinguished")) == 2
    desk.post(corrected(BO_DE, "A", full_name="Nguyễn Thế Kiên", id_number=NUMBER))
    desk.post(corrected(NGOC_LAM, "B", full_name="Nguyễn Thế Kiên", id_number=NUMBER))
    look(desk)
    assert len(told(desk, "matches-proposed")) == 1
    assert [row[1] for row in matches(desk)] == ["distinct"]


def test_who_is_one_with_somebody_told_apart_is_not_proposed_either(desk: Desk) -> None:
    match = proposed_pair(desk)
    decide(desk, match, "distinct")
    desk.post(registered("ldtbxh-duc-giang", "C", "Lê Thị Xuyến", sex="female"))
    merge(desk, case_of(desk, BO_DE, "A"), case_of(desk, "ldtbxh-duc-giang", "C"))
    desk.post(corrected("ldtbxh-duc-giang", "C", full_name="Nguyễn Thế Kiên", sex="male"))
    look(desk)
    assert len(told(desk, "matches-proposed")) == 1


def test_a_match_is_decided_once_and_the_same_request_again_has_the_same_answer(desk: Desk) -> None:
    match = proposed_pair(desk)
    first = decide(desk, match, "same", request="r-same")
    again = decide(desk, match, "same", request="r-same")
    assert first.answer == again.answer
    late = decide(desk, match, "distinct")
    assert late.refusal is not None
    assert (late.refusal.code, late.refusal.state) == ("match_decided", "same")
    assert len(told(desk, "clients-merged")) == 2


def test_a_stale_decision_is_told_what_changed(desk: Desk) -> None:
    match = proposed_pair(desk)
    decide(desk, match, "distinct")
    stale = decide(desk, match, "same", expected_version=1)
    assert type(stale.refusal).__name__ == "MatchChanged"
    assert stale.refusal is not None
    assert stale.refusal.detail == {"expected_version": "1", "version": "2", "changed": "distinct"}


def test_only_who_answers_for_both_decides_and_to_who_answers_for_neither_there_is_no_match(
    desk: Desk,
) -> None:
    match = proposed_pair(desk)
    for org, code in (
        (BO_DE, "match_not_yours"),
        (ELSEWHERE, "match_unknown"),
        (POLICE, "not_for_your_office"),
    ):
        refusal = decide(desk, match, "same", org=org).refusal
        assert refusal is not None
        assert refusal.code == code
    missing = decide(desk, "00000000-0000-8000-8000-000000000000", "same", org=ELSEWHERE).refusal
    assert missing is not None
    assert missing.code == "match_unknown"
    assert told(desk, "clients-merged") == []
    assert decide(desk, match, "same", org="pctnxh-ha-noi").refusal is None


def test_a_merge_made_otherwise_settles_what_was_proposed_and_its_undoing_tells_apart(desk: Desk) -> None:
    proposed_pair(desk)
    merged = merge_id(merge(desk, case_of(desk, BO_DE, "A"), case_of(desk, NGOC_LAM, "B")))
    assert [row[1] for row in matches(desk)] == ["same"]
    assert unmerge(desk, merged).refusal is None
    assert [row[1] for row in matches(desk)] == ["distinct"]


def test_what_was_proposed_around_a_merge_is_to_be_decided_again_when_it_is_undone(desk: Desk) -> None:
    """A is like B; merged with C, C with B, they were one; without one of the two merges they are not."""
    proposed_pair(desk)
    desk.post(registered("ldtbxh-duc-giang", "C", "Lê Thị Xuyến", sex="female"))
    a, b, c = (case_of(desk, *who) for who in ((BO_DE, "A"), (NGOC_LAM, "B"), ("ldtbxh-duc-giang", "C")))
    merge(desk, a, c)
    second = merge_id(merge(desk, c, b))
    assert [row[1] for row in matches(desk)] == ["same"]
    unmerge(desk, second)
    assert sorted(row[1] for row in matches(desk)) == ["open"]


def proposed_pair(desk: Desk) -> str:
    """Two who are like one another, on the work list; the match."""
    desk.post(registered(BO_DE, "A", "Nguyễn Thế Kiên"), registered(NGOC_LAM, "B", "NGUYEN THE KIEN"))
    look(desk)
    ((match, *_),) = matches(desk)
    return str(match)


def test_two_instances_that_look_for_one_person_at_once_make_it_findable_once(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", "Nguyễn Thế Kiên"), registered(NGOC_LAM, "B", "Nguyễn Thế Kiên"))
    desk.post(*(corrected(BO_DE, "A", phone=f"09000000{n:02}") for n in range(10)))
    one, other = looking(desk.parts), looking(desk.parts)
    mine, theirs = one.take(most=6), other.take(most=6)
    with ThreadPoolExecutor() as threads:
        looked = [threads.submit(list, map(one.look, rows)) for rows in (mine, theirs)]
        found = [due for each in looked for due in each.result(timeout=60)]
    results = desk.writer.run([desk.command(FOUND, due.message(), "system:intake") for due in found])
    assert all(result.error is None for result in results)
    assert len(told(desk, "matches-proposed")) == 1
    assert desk.rows("SELECT count(*) FROM vault_fields WHERE name = 'likeness'") == [(2,)]
    assert desk.count("likeness_due") == 0


def test_what_was_corrected_is_found_by_what_is_right_and_no_more_by_what_was_wrong(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", "Trần Bảo Quốc"))
    desk.post(corrected(BO_DE, "A", full_name="Nguyễn Thế Kiên", birth_year=1985))
    look(desk)
    desk.post(registered(NGOC_LAM, "B", "Trần Bảo Quốc"))
    look(desk)
    assert matches(desk) == [], "nobody has that name any more"
    desk.post(registered("ldtbxh-duc-giang", "C", "NGUYEN THE KIEN", year=1985))
    look(desk)
    (proposed,) = told(desk, "matches-proposed")
    assert {proposed["meta"]["subject"], proposed["data"]["candidates"][0]["case"]} == {
        case_of(desk, BO_DE, "A"), case_of(desk, "ldtbxh-duc-giang", "C"),
    }  # fmt: skip


def test_what_is_proposed_does_not_hang_on_who_was_looked_for_first(
    desk: Desk, postgres_database: PostgresDatabase
) -> None:
    """So two runs of the same events come to the same, byte for byte, and no version of a case moves."""
    posts = [
        registered(BO_DE, "A", "Nguyễn Thế Kiên"),
        registered(DISTRICT, "B", "NGUYEN THE KIEN"),
        registered(DISTRICT, "C", "Nguyen The Kien", year=1991),
    ]
    desk.post(*posts)
    look(desk)
    with desk.with_the_same_keys(postgres_database()) as another:
        another.post(*posts)
        beside = looking(another.parts)
        for due in reversed(beside.take()):
            message = beside.look(due).message()
            another.writer.run([another.command(FOUND, message, "system:intake")])
        look(another)
        mine, theirs = (
            {event["id"]: event for event in told(one, "matches-proposed")} for one in (desk, another)
        )
    assert len(mine) == 3
    assert mine == theirs
    cases = {event["meta"]["subject"] for event in mine.values()}
    assert not cases & {event_id.partition(":")[0] for event_id in mine}


@pytest.mark.parametrize("met_before", [False, True])
def test_who_was_linked_by_a_number_and_moved_is_found_by_what_each_office_told(
    desk: Desk, *, met_before: bool
) -> None:
    """The name and commune that the second office told find the client, whatever the first one told."""
    there, far = "ldtbxh-duc-giang", WHERE["ldtbxh-my-dinh-1"]
    desk.post(registered(BO_DE, "A", "Thử Nguyễn", id_number=NUMBER), move(BO_DE, "A", far))
    look(desk)
    desk.post(
        *([contact(there, "F-1", commune=WHERE[there])] if met_before else []),
        registered(there, "F-1", "Nguyễn Văn Thử", id_number=NUMBER),
        registered(there, "F-3", "Nguyễn Van Thu"),
    )
    look(desk)
    assert case_of(desk, BO_DE, "A") == case_of(desk, there, "F-1")
    (proposed,) = told(desk, "matches-proposed")
    assert proposed["data"]["candidates"][0]["likely"] >= 50


def test_whose_registration_was_voided_is_not_found_by_it(desk: Desk) -> None:
    wrong = registered(BO_DE, "A", "Nguyễn Thế Kiên")
    desk.post(contact(BO_DE, "A"), wrong)
    desk.post(void(BO_DE, "A", wrong.id))
    look(desk)
    assert desk.count("likeness_keys") == 0
    desk.post(registered(NGOC_LAM, "B", "Nguyễn Thế Kiên"))
    look(desk)
    assert matches(desk) == []


def test_while_the_master_key_is_away_nothing_links_by_a_number_that_nobody_can_compare(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer waits for the key as for the database; what it would decide meanwhile would be wrong."""
    desk.post(registered(BO_DE, "A", "Nguyễn Văn Thử", id_number=NUMBER))

    def away(_ring: Keyring, _sealed: object) -> str:
        raise MasterKeyAway("away")

    with monkeypatch.context() as patched:
        patched.setattr(Keyring, "open", away)
        with pytest.raises(MasterKeyAway):
            desk.decider._door._recording.registrar.compare(
                desk.store.unit_of_work(), told(desk, "case-opened")[0]["data"]["client_id"], an_event()
            )


def an_event() -> Event:
    """A registration with that number, as it is read."""
    data = registered(NGOC_LAM, "B", "Trần Thị Mai", id_number=NUMBER).data
    posted = ClientRegisteredPosted.model_validate_json(json.dumps(data))
    return cast(Event, SimpleNamespace(data=posted))
