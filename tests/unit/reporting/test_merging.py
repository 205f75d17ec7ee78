"""Who is one person: against a model that only knows which edges hold."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from reporting.pathway.merging import Edge, roots

from tests.unit.reporting.story import START, named

CLIENTS = [named("client", str(number)) for number in range(6)]


@st.composite
def edges(draw: st.DrawFn) -> list[Edge]:
    """Merges and their ends as intake records them: each in both cases; in chains, in circles, made twice."""
    told: list[Edge] = []
    made: list[Edge] = []
    for place in range(draw(st.integers(0, 12))):
        at = START + timedelta(minutes=place)
        holding = [edge for edge in made if not any(each.ended and each.merge == edge.merge for each in told)]
        ends: bool = draw(st.booleans())
        if holding and ends:
            edge = draw(st.sampled_from(holding))._replace(ended=True)
        else:
            survivor, merged = draw(st.permutations(CLIENTS))[:2]
            edge = Edge("", named("merge", str(place)), survivor, merged, False, at)
            made.append(edge)
        for copy in range(2):
            moment = at + timedelta(microseconds=copy)
            told.append(edge._replace(event_id=f"{place}:{copy}", recorded_at=moment))
    return told


def joined(told: list[Edge]) -> set[frozenset[UUID]]:
    """The people, by walking along the edges that hold, from everybody."""
    ended = {edge.merge for edge in told if edge.ended}
    pairs = [{edge.survivor, edge.merged} for edge in told if edge.merge not in ended]
    people = []
    for client in CLIENTS:
        person = {client}
        while grown := [pair for pair in pairs if pair & person and not pair <= person]:
            person |= grown[0]
        people.append(frozenset(person))
    return set(people)


def people(over: dict[UUID, UUID]) -> set[frozenset[UUID]]:
    by_root: dict[UUID, set[UUID]] = {}
    for client in CLIENTS:
        by_root.setdefault(over.get(client, client), set()).add(client)
    return {frozenset(person) for person in by_root.values()}


@given(edges())
def test_clients_are_one_person_exactly_while_edges_that_hold_connect_them(told: list[Edge]) -> None:
    assert people(roots(told)) == joined(told)


@given(edges(), st.randoms(use_true_random=False))
def test_in_whatever_order_the_cases_tell_it_the_same_clients_count_as_the_same(
    told: list[Edge], random: object
) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert roots(shuffled) == roots(told)


@given(edges())
def test_nobody_counts_as_somebody_who_counts_as_another(told: list[Edge]) -> None:
    over = roots(told)
    assert not set(over) & set(over.values())


def test_the_survivor_of_the_first_merge_stands_for_all_and_each_merge_undone_gives_back_its_part() -> None:
    one, two, three = CLIENTS[:3]
    first = Edge("1:1", named("merge", "a"), one, two, False, START)
    second = Edge("2:1", named("merge", "b"), three, two, False, START + timedelta(1))
    assert roots([first]) == {two: one}
    assert roots([first, second]) == {two: three, one: three}
    undone = first._replace(event_id="1:2", ended=True, recorded_at=START + timedelta(2))
    assert roots([first, second, undone]) == {two: three}
