"""Merged clients at the desk: references, numbers and ID numbers go on working, and undoing restores."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from contracts.envelope import Meta
from contracts.events.referral import ReferralRequested
from contracts.vocabulary import Service
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from intake.domain.case import Case

from tests.integration.intake.case_posts import reopening, void
from tests.integration.intake.desk import POLICE, Desk, verdicts
from tests.integration.intake.people import (
    BO_DE,
    ELSEWHERE,
    NGOC_LAM,
    case_of,
    corrected,
    merge,
    merge_id,
    registered,
    told,
    unmerge,
)
from tests.integration.intake.posts import (
    NOW,
    Post,
    answer,
    closing,
    contact,
    counselling,
    introduction,
    referral,
)
from tests.unit.intake.merging_model import Model, check

CLINIC = "methadone-long-bien"
NUMBER = "001090123456"
_serial = count(1)


class Merging(RuleBasedStateMachine):
    """Registrations, closings, reopenings and events by reference between merges and their undoing; each
    step a batch of its own."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.model, self.tag = Model(), f"m{next(_serial)}"
        self.clients: dict[str, str] = {}
        self.facts: list[str] = []

    def tick(self) -> None:
        self.desk.clock.move_to(self.desk.clock.now() + timedelta(seconds=10))

    def post(self, make: Any, ref: str) -> None:
        """One event now, of the commune that knows the reference."""
        self.tick()
        post: Post = make(BO_DE, ref, at=self.desk.clock.now())
        assert verdicts(self.desk.post(post)) == ["accepted"]
        self.facts.append(post.id)

    def ref(self, data: st.DataObject) -> str:
        return str(data.draw(st.sampled_from(list(self.clients))))

    def opened(self, ref: str) -> None:
        """Take in the case that the last event opened."""
        (case,) = self.desk.rows(
            "SELECT subject::text, convert_from(state, 'UTF8')::json->'data'->>'client_id' FROM stored_events"
            " WHERE topic LIKE '%%case-opened%%' ORDER BY notification_id DESC LIMIT 1"
        )
        self.clients.setdefault(ref, case[1])
        assert self.clients[ref] == case[1], "a client's own reference opens the client's own case"
        self.model.open(case[0], case[1])

    @rule()
    def register(self) -> None:
        ref = f"{self.tag}-{len(self.clients)}"
        self.post(contact, ref)
        self.opened(ref)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        ref = self.ref(data)
        over = self.model.is_over(self.clients[ref])
        self.post(contact, ref)
        if over:
            self.opened(ref)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def end_or_take_up_again(self, data: st.DataObject) -> None:
        ref = self.ref(data)
        target = self.model.target(self.clients[ref])
        if self.model.is_over(self.clients[ref]):
            self.post(reopening, ref)
            self.model.reopen(target)
        else:
            self.post(closing, ref)
            self.model.close(self.clients[ref])

    @precondition(lambda self: len(self.clients) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        one, other = (self.clients[self.ref(data)] for _ in range(2))
        self.tick()
        result = merge(self.desk, self.model.target(one), self.model.own(other))
        client = self.model.cases[self.model.target(one)].client
        if other in self.model.person(one):
            assert result.refusal is not None
            assert result.refusal.code == "already_merged"
        else:
            self.model.merge(merge_id(result), client, other)

    @precondition(lambda self: self.model.merges)
    @rule(data=st.data())
    def unmerge(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(list(self.model.merges)))
        self.tick()
        assert unmerge(self.desk, one).refusal is None
        self.model.unmerge(one)

    @invariant()
    def every_reference_leads_to_the_one_open_case(self) -> None:
        check(self.model)
        for ref, client in self.clients.items():
            assert case_of(self.desk, BO_DE, ref) == self.model.target(client)

    @invariant()
    def cases_stand_as_the_model_says_also_when_they_are_read_from_their_first_event(self) -> None:
        ids = [UUID(case) for case in self.model.cases]
        known = self.desk.store.unit_of_work()
        known.load(Case, ids)
        for case_id, case in self.model.cases.items():
            found = known.get(Case, UUID(case_id))
            assert found is not None
            assert ((found.closed_at is None), found.is_merged) == (case.is_open, case.into is not None)

    @invariant()
    def nothing_is_lost(self) -> None:
        rows = self.desk.rows(
            "SELECT count(*) FROM inbox WHERE verdict = 'accepted' AND event_id = ANY(%s)", self.facts
        )
        assert rows == [(len(self.facts),)]


@pytest.mark.parametrize("examples", [10, pytest.param(80, marks=pytest.mark.long)])
@pytest.mark.timeout(300)
def test_merging_in_any_order_comes_to_what_the_model_says(desk: Desk, examples: int) -> None:
    machine = type("MergingHere", (Merging,), {"desk": desk})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_both_agencies_go_on_with_their_references_and_back_again(desk: Desk) -> None:
    a, b = two(desk)
    one = merge_id(merge(desk, a, b))
    assert verdicts(desk.post(counselling(BO_DE, "A"), counselling(NGOC_LAM, "B"))) == ["accepted"] * 2
    assert {event["meta"]["subject"] for event in told(desk, "counselling-provided")} == {a}
    unmerge(desk, one)
    assert verdicts(desk.post(counselling(NGOC_LAM, "B", at=NOW))) == ["accepted"]
    assert told(desk, "counselling-provided")[-1]["meta"]["subject"] == b
    assert told(desk, "case-reopened")[-1]["data"]["reason"] == "unmerged"


def test_an_introduction_of_the_merged_case_is_taken_up_in_the_one_that_is_open(desk: Desk) -> None:
    desk.post(registered(NGOC_LAM, "B"), contact(POLICE, "PX"), introduction(POLICE, "PX", BO_DE))
    number = told(desk, "client-introduced")[0]["data"]["number"]
    into, merged = case_of(desk, NGOC_LAM, "B"), case_of(desk, POLICE, "PX")
    one = merge_id(merge(desk, into, merged))
    about = {"agency_ref": "A", "introduction": number}
    assert verdicts(desk.post(registered(BO_DE, "A", about=about))) == ["accepted"]
    assert told(desk, "client-registered")[-1]["meta"]["subject"] == into
    assert case_of(desk, BO_DE, "A") == into
    unmerge(desk, one)
    assert case_of(desk, BO_DE, "A") == merged, "the reference means whom the number named"


def test_a_referral_goes_on_under_the_case_in_which_it_began(desk: Desk) -> None:
    a, b = two(desk)
    desk.post(referral(NGOC_LAM, "B", CLINIC))
    number = sent(desk, b)
    merge(desk, a, b)
    desk.post(answer(CLINIC, number))
    assert told(desk, "agency-event-routed")[-1]["meta"]["subject"] == b
    desk.post(referral(NGOC_LAM, "B", CLINIC))
    assert told(desk, "agency-event-routed")[-1]["meta"]["subject"] == a


def test_who_has_to_do_with_either_case_may_use_the_numbers_of_both(desk: Desk) -> None:
    a, b = two(desk)
    desk.post(referral(NGOC_LAM, "B", CLINIC))
    number = sent(desk, b)
    nosy = answer(BO_DE, number, "loop-closed")
    assert verdicts(desk.post(nosy)) == ["waiting"]
    merge(desk, a, b)
    desk.post(answer(BO_DE, number, "loop-closed"))
    routed = [event["data"]["type"] for event in told(desk, "agency-event-routed")]
    assert routed.count("org.reftrack.loop-closed.v1") == 2, "what had waited goes on as well"


def test_an_id_number_links_to_the_one_open_case_of_the_person(desk: Desk) -> None:
    desk.post(
        registered(BO_DE, "A"), registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female", id_number=NUMBER)
    )
    a, b = case_of(desk, BO_DE, "A"), case_of(desk, NGOC_LAM, "B")
    one = merge_id(merge(desk, a, b))
    desk.post(registered("ldtbxh-duc-giang", "C", "TRAN THI MAI", sex="female", id_number=NUMBER))
    assert case_of(desk, "ldtbxh-duc-giang", "C") == a
    unmerge(desk, one)
    assert case_of(desk, "ldtbxh-duc-giang", "C") == b


def test_two_instances_that_merge_at_once_make_one_person(desk: Desk) -> None:
    for n in range(6):
        a, b = two(desk, str(n))
        with desk.with_the_same_keys(desk.dsn) as another, ThreadPoolExecutor() as threads:
            pair = [threads.submit(merge, one, *ends) for one, ends in ((desk, (a, b)), (another, (b, a)))]
            refused = [done.result(timeout=60).refusal for done in pair]
        assert sorted(getattr(one, "code", "") for one in refused) == ["", "already_merged"]
        assert case_of(desk, BO_DE, f"A{n}") == case_of(desk, NGOC_LAM, f"B{n}")
    assert len(told(desk, "clients-merged")) == 12


def test_two_instances_that_merge_one_client_with_two_others_make_one_person_of_three(desk: Desk) -> None:
    a, b = two(desk)
    desk.post(registered("ldtbxh-duc-giang", "C", "Lê Văn Tám"))
    c = case_of(desk, "ldtbxh-duc-giang", "C")
    with desk.with_the_same_keys(desk.dsn) as another, ThreadPoolExecutor() as threads:
        pair = [threads.submit(merge, one, *ends) for one, ends in ((desk, (a, b)), (another, (b, c)))]
        assert [done.result(timeout=60).refusal for done in pair] == [None, None]
    where = {case_of(desk, BO_DE, "A"), case_of(desk, NGOC_LAM, "B"), case_of(desk, "ldtbxh-duc-giang", "C")}
    assert len(where) == 1
    assert len(told(desk, "case-closed")) == 2


def test_a_merge_is_for_who_answers_for_both_and_outside_of_the_area_there_is_no_case(desk: Desk) -> None:
    a, b = two(desk)
    for org, code in ((BO_DE, "case_unknown"), (ELSEWHERE, "case_unknown"), (POLICE, "not_for_your_office")):
        refusal = merge(desk, a, b, org=org).refusal
        assert refusal is not None
        assert refusal.code == code
    missing = merge(desk, a, "00000000-0000-8000-8000-000000000000").refusal
    assert missing is not None
    assert missing.code == "case_unknown"
    one = merge_id(merge(desk, a, b))
    for org in (BO_DE, ELSEWHERE):
        refusal = unmerge(desk, one, org=org).refusal
        assert refusal is not None
        assert refusal.code == "merge_unknown"
    assert told(desk, "clients-unmerged") == []


def test_an_office_answers_for_somebody_whose_earlier_case_had_bound_its_reference(desk: Desk) -> None:
    desk.post(
        contact(BO_DE, "A"), closing(BO_DE, "A"), contact(BO_DE, "A", at=NOW), registered(NGOC_LAM, "B")
    )
    assert len(told(desk, "case-opened")) == 3
    assert merge(desk, case_of(desk, BO_DE, "A"), case_of(desk, NGOC_LAM, "B")).refusal is None


def test_a_stale_merge_is_told_what_happened_since(desk: Desk) -> None:
    a, b = two(desk)
    ((version,),) = desk.rows("SELECT max(originator_version) FROM stored_events WHERE originator_id = %s", a)
    desk.post(counselling(BO_DE, "A"))
    refusal = merge(desk, a, b, expected_survivor_version=version).refusal
    assert refusal is not None
    assert type(refusal).__name__ == "CaseChanged"
    assert refusal.detail["changed"] == "counselling-provided"
    assert merge(desk, a, b, expected_survivor_version=version + 1).refusal is None


def test_the_same_request_again_has_the_same_answer_and_merges_nothing_twice(desk: Desk) -> None:
    a, b = two(desk)
    first, again = merge(desk, a, b, request="r"), merge(desk, a, b, request="r")
    assert first.answer == again.answer
    assert len(told(desk, "clients-merged")) == 2


def test_a_correction_releases_the_number_told_before_and_what_was_known_then_stays(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A", id_number=NUMBER))
    assert verdicts(
        desk.post(corrected(BO_DE, "A", id_number="001090999999", full_name="Nguyễn Văn Thứ"))
    ) == ["accepted"]
    (event,) = told(desk, "identity-corrected")
    assert event["data"]["fields"] == ["full_name", "id_number"]
    client = told(desk, "case-opened")[0]["data"]["client_id"]
    kept = desk.identity(client)
    assert {value for (name, _), value in kept.items() if name == "id_number"} == {NUMBER, "001090999999"}
    desk.post(registered(NGOC_LAM, "B", "Trần Thị Mai", id_number=NUMBER, sex="female"))
    assert case_of(desk, NGOC_LAM, "B") != case_of(desk, BO_DE, "A"), "the number is free again"
    assert told(desk, "matches-proposed") == []
    desk.post(registered("ldtbxh-duc-giang", "C", "NGUYEN VAN THU", id_number="001090999999"))
    assert case_of(desk, "ldtbxh-duc-giang", "C") == case_of(desk, BO_DE, "A")


def test_a_correction_to_somebody_elses_number_is_accepted_and_goes_to_a_person(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A"), registered(NGOC_LAM, "B", id_number=NUMBER))
    assert verdicts(desk.post(corrected(BO_DE, "A", id_number=NUMBER))) == ["accepted"]
    (proposed,) = told(desk, "matches-proposed")
    assert proposed["data"]["ground"] == "id_number"
    assert proposed["data"]["candidates"][0]["case"] == case_of(desk, NGOC_LAM, "B")
    assert told(desk, "clients-merged") == []


def test_a_voided_registration_and_a_voided_correction_count_no_more(desk: Desk) -> None:
    wrong = registered(BO_DE, "A", id_number=NUMBER)
    desk.post(contact(BO_DE, "A"), wrong)
    desk.post(void(BO_DE, "A", wrong.id))
    desk.post(registered(NGOC_LAM, "B", id_number=NUMBER))
    assert case_of(desk, BO_DE, "A") != case_of(desk, NGOC_LAM, "B")
    slip = corrected(NGOC_LAM, "B", id_number="001090999999")
    desk.post(slip)
    desk.post(void(NGOC_LAM, "B", slip.id))
    desk.post(registered("ldtbxh-duc-giang", "C", id_number=NUMBER))
    assert case_of(desk, "ldtbxh-duc-giang", "C") == case_of(desk, NGOC_LAM, "B")


def test_what_corrects_nothing_or_comes_before_a_registration_is_told_so(desk: Desk) -> None:
    desk.post(contact(BO_DE, "A"))
    empty, early = desk.post(corrected(BO_DE, "A"), corrected(BO_DE, "A", sex="female"))
    assert (empty["verdict"], empty["code"]) == ("quarantined", "nothing_corrected")
    assert (early["verdict"], early["code"]) == ("waiting", "too_early")


def two(desk: Desk, tag: str = "") -> tuple[str, str]:
    """Two people who are not like one another, each with a case in a commune of its own."""
    desk.post(registered(BO_DE, f"A{tag}"), registered(NGOC_LAM, f"B{tag}", "Trần Thị Mai", sex="female"))
    return case_of(desk, BO_DE, f"A{tag}"), case_of(desk, NGOC_LAM, f"B{tag}")


def sent(desk: Desk, case: str) -> str:
    """Referral gives the number of the last referral asked for."""
    routed = told(desk, "agency-event-routed")[-1]
    meta = Meta.model_validate_json(json.dumps({**routed["meta"], "causation_id": routed["id"]}))
    data = ReferralRequested(service=Service.METHADONE, provider=CLINIC, number="CG-1A73-4KGW-YMQD-4")
    desk.take([desk.owner_says("referral", uuid4(), 1, data, meta)])
    assert case == routed["meta"]["subject"]
    return data.number
