"""Merging and unmerging in any order come to what a simple model says, and lose nothing."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest
from chassis.ids import derive
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.intake import CaseOpened
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.vocabulary import ClientGroup, CloseReason, IdentityField, MergeGround, ReopenReason, Sex
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from intake.application import people
from intake.domain.case import Case
from intake.domain.order import Step
from intake.domain.person import Edge, Person

from tests.unit.intake.case_facts import closed, contacted, corrected, on_day, registered
from tests.unit.intake.claims import Claims
from tests.unit.intake.merging_model import Model, check

KEY = bytes(32)
YEARS = st.none() | st.integers(1960, 2015)
SEXES = st.none() | st.sampled_from([Sex.MALE, Sex.FEMALE])
CLEARED = st.frozensets(st.sampled_from([IdentityField.BIRTH_YEAR, IdentityField.SEX]))


class World:
    """Cases, claims and merges, by intake's own code."""

    def __init__(self) -> None:
        self.claims = Claims()
        self.uow = cast(Any, self.claims)
        self.steps = 0

    def meta(self, case_id: UUID) -> Meta:
        return on_day(self.steps).model_copy(update={"subject": case_id})

    def open(self, client: UUID) -> str:
        self.steps += 1
        case_id = derive(KEY, "case", str(client), str(self.steps))
        opened = CaseOpened(client_id=client, client_group=ClientGroup.DRUG_USER)
        case = self.claims.add(Case.open(case_id, opened, self.meta(case_id)))
        people.take_case(self.uow, case)
        return str(case_id)

    def target(self, client: str) -> Case:
        case = people.latest_case_id(self.uow, client)
        assert case is not None
        return self.claims.cases[case]

    def take(self, client: str, data: Any) -> None:
        self.steps += 1
        case = self.target(client)
        case.take(data, self.meta(case.id))

    def tell(self, client: str, data: Any, day: int) -> None:
        """Somebody tells who a client is, by that client's own reference, in the case that takes it."""
        self.steps += 1
        case = self.target(client)
        whose = None if str(case.client_id) == client else UUID(client)
        at = {"occurred_at": on_day(day).occurred_at, "org": f"office-{self.steps}", "client": whose}
        case.take(data, self.meta(case.id).model_copy(update=at))
        if whose is not None:
            people.tell_beside(self.uow, client, case)

    def close(self, client: str) -> None:
        """Somebody tells that a client's way is over, by that client's own reference."""
        self.tell(client, closed, self.steps + 1)

    def reopen(self, client: str) -> None:
        self.steps += 1
        case = self.target(client)
        case.reopen(CaseReopened(reason=ReopenReason.CAME_BACK), self.meta(case.id))

    def merge(self, survivor: str, merged: str) -> str:
        self.steps += 1
        one, other = (people.case_of_client(self.uow, client) for client in (survivor, merged))
        assert one is not None
        assert other is not None
        ground = MergeGround.PAPERS_SEEN
        return str(people.merge(self.uow, KEY, one, other, ground, self.meta))

    def unmerge(self, merge: str) -> None:
        self.steps += 1
        people.unmerge(self.uow, UUID(merge), MergeGround.OTHER, self.meta)


class Merging(RuleBasedStateMachine):
    """Registrations, closings, reopenings and events by reference between merges and their undoing."""

    def __init__(self) -> None:
        super().__init__()
        self.world, self.model = World(), Model()
        self.facts = 0

    @rule()
    def register(self) -> None:
        client = derive(KEY, "client", str(len(self.model.clients)))
        self.model.open(self.world.open(client), str(client))

    @precondition(lambda self: self.model.clients)
    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        """Somebody reports by a reference: in the open case, or in a new one of that client."""
        client = data.draw(st.sampled_from(self.model.clients))
        if self.model.is_over(client):
            self.model.open(self.world.open(UUID(client)), client)
        self.world.take(client, contacted)
        self.facts += 1

    @precondition(lambda self: self.model.clients)
    @rule(data=st.data(), year=YEARS, sex=SEXES)
    def tell(self, data: st.DataObject, year: int | None, sex: Sex | None) -> None:
        """Somebody registers a client, or puts something right; some of it is told late."""
        client = data.draw(st.sampled_from(self.model.clients))
        if self.model.is_over(client):
            self.model.open(self.world.open(UUID(client)), client)
        day = data.draw(st.integers(0, self.world.steps))
        cleared = None
        told: Payload = registered.model_copy(update={"birth_year": year, "sex": sex})
        if Step.REGISTERED in self.world.target(client).happened and data.draw(st.booleans()):
            cleared = data.draw(CLEARED)
            told = corrected.model_copy(update={"birth_year": year, "sex": sex, "cleared": tuple(cleared)})
        self.world.tell(client, told, day)
        self.model.tell(client, day, year, sex, cleared)

    @precondition(lambda self: self.model.clients)
    @rule(data=st.data())
    def end_or_take_up_again(self, data: st.DataObject) -> None:
        client = data.draw(st.sampled_from(self.model.clients))
        target = self.model.target(client)
        if self.model.is_over(client):
            self.world.reopen(client)
            self.model.reopen(target)
        else:
            self.world.close(client)
            self.model.close(client)

    @precondition(lambda self: len(self.model.clients) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        """Two who are one already are refused: so nothing is merged twice or in a circle."""
        survivor, merged = (data.draw(st.sampled_from(self.model.clients)) for _ in range(2))
        if merged in self.model.person(survivor):
            before = dict(self.world.claims.held)
            with pytest.raises(Refusal, match="already_merged"):
                self.world.merge(survivor, merged)
            assert self.world.claims.held == before
            return
        self.model.merge(self.world.merge(survivor, merged), survivor, merged)

    @precondition(lambda self: self.model.merges)
    @rule(data=st.data())
    def unmerge(self, data: st.DataObject) -> None:
        """Any of them, also in the middle of a chain."""
        merge = data.draw(st.sampled_from(list(self.model.merges)))
        self.world.unmerge(merge)
        self.model.unmerge(merge)
        with pytest.raises(Refusal, match="already_unmerged"):
            self.world.unmerge(merge)

    @precondition(lambda self: len(self.model.clients) > 1)
    @rule(data=st.data())
    def merge_and_think_again(self, data: st.DataObject) -> None:
        """Undoing a merge at once brings back what was open and what was closed before it."""
        survivor, merged = (data.draw(st.sampled_from(self.model.clients)) for _ in range(2))
        if merged in self.model.person(survivor):
            return
        before = self.standing()
        self.world.unmerge(self.world.merge(survivor, merged))
        assert self.standing() == before

    def standing(self) -> object:
        """Which cases are open, and where each reference leads."""
        is_open = {str(case.id): case.closed_at is None for case in self.world.claims.cases.values()}
        return is_open, {client: str(self.world.target(client).id) for client in self.model.clients}

    @invariant()
    def one_case_is_open_and_every_reference_leads_to_it(self) -> None:
        check(self.model)
        for client in self.model.clients:
            assert str(self.world.target(client).id) == self.model.target(client)
        for name, case in self.model.cases.items():
            known = self.world.claims.cases[UUID(name)]
            assert (known.closed_at is None) is case.is_open
            assert known.is_merged is (case.into is not None)

    @invariant()
    def what_is_told_stays_told_of_its_client_and_counts_for_the_person(self) -> None:
        for client in self.model.clients:
            alone = people.particulars_of(self.world.uow, client)
            assert alone == self.model.known({client})
            together = people.particulars_of_person(self.world.uow, client)
            assert together == self.model.known(self.model.person(client))

    @invariant()
    def where_a_merged_case_goes_on_is_told_in_it(self) -> None:
        """Who reads intake's log knows no more than it tells."""
        told = {
            str(event.originator_id): event.data.into_case
            for event in self.world.claims.recorded()
            if isinstance(event.data, CaseClosed)
        }
        for name, case in self.model.cases.items():
            assert case.into is None or str(told[name]) == case.into

    @invariant()
    def the_roots_are_those_of_the_merges_played_again(self) -> None:
        for client in self.model.clients:
            assert people.person_of(self.world.uow, client).root() == self.model.root(client)

    @invariant()
    def nothing_is_lost(self) -> None:
        recorded = [event.data for event in self.world.claims.recorded()]
        assert sum(data is contacted for data in recorded) == self.facts


TestMerging = Merging.TestCase
TestMerging.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def two() -> tuple[World, str, str, str, str]:
    """Two clients with an open case each."""
    world = World()
    clients = [derive(KEY, "client", name) for name in "ab"]
    cases = [world.open(client) for client in clients]
    return world, *map(str, clients), *cases  # type: ignore[return-value]


def test_both_cases_are_told_of_a_merge_and_the_merged_one_is_closed_into_the_other() -> None:
    world, a, b, case_a, case_b = two()
    merge = world.merge(b, a)
    told = [event for event in world.claims.recorded() if isinstance(event.data, ClientsMerged)]
    assert {str(event.originator_id) for event in told} == {case_a, case_b}
    assert {(str(event.data.merge), str(event.data.survivor)) for event in told} == {(merge, b)}
    (end,) = [event for event in world.claims.recorded() if isinstance(event.data, CaseClosed)]
    assert (str(end.originator_id), end.data.reason, str(end.data.into_case)) == (
        case_a, CloseReason.MERGED, case_b,
    )  # fmt: skip
    assert all(event.meta.subject == event.originator_id for event in world.claims.recorded())


def test_a_merge_undone_in_the_middle_of_a_chain_opens_what_it_had_closed() -> None:
    world, a, b, _, case_b = two()
    c = derive(KEY, "client", "c")
    world.open(c)
    first, second = world.merge(a, b), world.merge(b, str(c))
    world.unmerge(first)
    assert str(world.target(b).id) == str(world.target(str(c)).id) == case_b
    assert str(world.target(a).id) != case_b
    told = [event for event in world.claims.recorded() if isinstance(event.data, ClientsUnmerged)]
    assert {str(event.originator_id) for event in told} >= {case_b}
    world.unmerge(second)
    assert len({str(world.target(client).id) for client in (a, b, str(c))}) == 3


def test_what_ended_does_not_begin_again_because_somebody_else_was_unmerged() -> None:
    world, a, b, case_a, _ = two()
    c = str(derive(KEY, "client", "c"))
    case_c = world.open(UUID(c))
    world.merge(a, b)
    with_c = world.merge(a, c)
    world.take(a, closed)
    world.unmerge(with_c)
    assert str(world.target(c).id) == case_c
    assert world.target(c).closed_at is None
    assert str(world.target(b).id) == case_a
    assert world.target(b).closed_at is not None


def test_a_closing_told_of_one_of_two_closes_not_the_case_of_the_other_when_they_are_two_again() -> None:
    world, a, b, case_a, _ = two()
    merge = world.merge(a, b)
    world.close(b)
    assert world.target(a).closed_at is not None, "as long as the two are one"
    world.unmerge(merge)
    assert str(world.target(a).id) == case_a
    assert world.target(a).closed_at is None
    told: list[Any] = list(world.target(a).pending_events)
    assert isinstance(told[-2].data, ClientsUnmerged)
    assert told[-1].data == CaseReopened(reason=ReopenReason.UNMERGED)


def test_a_closing_told_in_the_case_of_another_closes_the_own_case_when_the_two_are_two_again() -> None:
    world, a, b, case_a, case_b = two()
    merge = world.merge(a, b)
    world.close(b)
    told: Any = world.target(a).pending_events[-1]
    world.unmerge(merge)
    own: list[Any] = world.claims.cases[UUID(case_b)].pending_events[-3:]
    assert [type(event.data) for event in own] == [ClientsUnmerged, CaseReopened, CaseClosed]
    assert (own[-1].data, own[-1].meta.org) == (told.data, told.meta.org)
    assert own[-1].meta.causation_id == f"{case_a}:{told.originator_version}"
    assert (own[-1].meta.client, own[-1].meta.occurred_at) == (None, told.meta.occurred_at)
    assert world.target(b).closed_at == told.meta.occurred_at
    assert world.target(b).ended_on == own[-1].meta.received_at > told.meta.received_at


def test_a_closing_told_of_a_third_goes_from_one_own_case_to_the_next() -> None:
    world, a, b, _, case_b = two()
    c = str(derive(KEY, "client", "c"))
    case_c = world.open(UUID(c))
    first, second = world.merge(a, b), world.merge(b, c)
    world.close(c)
    world.unmerge(first)
    assert world.target(a).closed_at is None
    assert str(world.target(b).id) == str(world.target(c).id) == case_b
    assert world.target(b).closed_of == UUID(c), "who is still the same person"
    world.unmerge(second)
    assert world.target(b).closed_at is None
    assert str(world.target(c).id) == case_c
    assert world.target(c).closed_at is not None


def test_who_had_ended_before_is_not_ended_again_by_what_was_told_in_the_case_of_another() -> None:
    world, a, b, _, case_b = two()
    world.close(b)
    merge = world.merge(a, b)
    world.close(b)
    before = world.claims.cases[UUID(case_b)].closed_at
    world.unmerge(merge)
    assert world.target(a).closed_at is None
    assert world.target(b).closed_at == before


def test_a_closing_told_of_the_client_of_the_case_holds_when_the_two_are_two_again() -> None:
    world, a, b, case_a, case_b = two()
    merge = world.merge(a, b)
    world.close(a)
    world.unmerge(merge)
    assert world.claims.cases[UUID(case_a)].closed_at is not None
    assert world.claims.cases[UUID(case_b)].closed_at is None


def test_a_closing_told_of_a_third_holds_for_as_long_as_that_one_is_the_same_person() -> None:
    world, a, b, _, _ = two()
    c = str(derive(KEY, "client", "c"))
    world.open(UUID(c))
    first, second = world.merge(a, b), world.merge(a, c)
    world.close(c)
    world.unmerge(first)
    assert world.target(a).closed_at is not None, "who told of it is still the same person"
    assert world.target(b).closed_at is None
    world.unmerge(second)
    assert world.target(a).closed_at is None
    assert world.target(c).closed_at is not None


@pytest.mark.parametrize("whose", ["a", "b"])
def test_a_case_that_a_later_one_followed_stays_closed_whoever_was_told_to_have_ended_it(whose: str) -> None:
    """The way of whoever has the later case goes on there; the other one's was never told to be over."""
    world, a, b, case_a, case_b = two()
    merge = world.merge(a, b)
    world.close(b)
    again = world.open(UUID(a if whose == "a" else b))
    world.unmerge(merge)
    assert [str(world.target(client).id) for client in (a, b)] == (
        [again, case_b] if whose == "a" else [case_a, again]
    )
    assert [world.target(client).closed_at for client in (a, b)] == [None, None]
    assert (world.claims.cases[UUID(case_a)].closed_at is not None) is (whose == "a")


def test_a_new_case_of_one_of_them_is_that_of_all() -> None:
    world, a, b, _, _ = two()
    merge = world.merge(a, b)
    world.take(b, closed)
    again = world.open(UUID(b))
    assert str(world.target(a).id) == again
    world.unmerge(merge)
    assert str(world.target(b).id) == again
    assert world.target(a).closed_at is not None


def test_a_person_kept_before_anything_was_told_beside_is_read() -> None:
    person = Person.of_text('[[["m","a","b"]],{"x":"a","y":"b"},{"y":"x"}]')
    assert person == Person((Edge("m", "a", "b"),), {"x": "a", "y": "b"}, {"y": "x"})
    assert Person.of_text(person.to_text()) == person
