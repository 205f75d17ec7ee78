"""For which places an office answers, on whatever map; and a directory that learns while it is running."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Organisation, Organisations, Policy, Reference
from reference.areas import Areas, Seat
from reference.entries import Name
from reference.rights import Rights
from territory import Living

REFERENCE = Reference.load(Path(__file__).parents[3] / "deploy" / "reference")
IN_2019, IN_2026 = date(2019, 3, 5), date(2026, 8, 1)
AREAS = Areas(Living())
COMMUNES = sorted({unit.code for unit in REFERENCE.territory.units(IN_2019, "commune", within="01")})


def seat(code: str | None, on: date | None = None) -> Seat:
    return Seat(code, on)


@pytest.mark.parametrize(
    ("one", "other", "so"),
    [
        (seat("004"), seat("00139"), True),
        (seat("004"), seat("00631"), False),
        (seat("00139"), seat("004"), False),
        (seat("01"), seat("004"), True),
        (seat("02"), seat("00139"), False),
        (seat(None), seat("00139"), True),
        (seat("01"), seat(None), False),
        (seat("01"), seat("00118", IN_2026), True),
        (seat("004"), seat("00118", IN_2026), True),  # all of the new ward lay in the old district
        (seat("00139"), seat("00118", IN_2026), False),  # the new ward took in more than the old one
    ],
)
def test_an_office_answers_for_another_only_if_all_of_it_lies_in_its_own(
    one: Seat, other: Seat, so: bool
) -> None:
    assert AREAS.covers(one, other) is so


@given(code=st.sampled_from(COMMUNES), day=st.sampled_from([IN_2019, date(2025, 6, 30)]))
@settings(max_examples=60, deadline=None)
def test_every_office_works_in_its_own_unit_and_so_does_who_answers_for_its_area(
    code: str, day: date
) -> None:
    own = seat(code, day)
    assert AREAS.holds(own, code, day)
    for above in REFERENCE.territory.parents(code, day):
        assert AREAS.covers(seat(above.code, day), own)
        assert AREAS.holds(seat(above.code, day), code, day)


@given(code=st.sampled_from(COMMUNES))
@settings(max_examples=60, deadline=None)
def test_an_office_of_a_unit_that_ended_works_in_all_that_became_of_it(code: str) -> None:
    before = date(2025, 6, 30)
    reached = REFERENCE.territory.successors(code, before, IN_2026)
    for unit in reached.units if reached else ():
        assert AREAS.holds(seat(code, before), unit.code, IN_2026)


def test_what_is_learnt_is_seen_live_at_once_and_by_a_batch_from_its_next_beginning_on() -> None:
    live = REFERENCE.organisations.live(REFERENCE.country)
    held = live.held()
    suspended = live["cap-bo-de"].model_copy(update={"suspended": True})
    assert live.learn([suspended]) == ["cap-bo-de"]
    assert live.learn([suspended]) == [], "told again, it is nothing new"
    assert live["cap-bo-de"].suspended
    assert not held["cap-bo-de"].suspended
    held.renew()
    assert held["cap-bo-de"].suspended
    assert not REFERENCE.organisations["cap-bo-de"].suspended, "the seed is shared with others"


def test_rights_that_were_remembered_do_not_outlive_what_the_directory_says() -> None:
    rights, live = Rights(REFERENCE.policy), REFERENCE.organisations.live(REFERENCE.country)
    assert rights.why_not(live["cap-bo-de"], "client-contacted", IN_2019) is None
    live.learn([live["cap-bo-de"].model_copy(update={"suspended": True})])
    denied = rights.why_not(live["cap-bo-de"], "client-contacted", IN_2019)
    assert denied is not None
    assert denied.code == "agency_suspended"


def test_where_an_office_works_is_asked_again_once_it_has_moved() -> None:
    live = Organisations([office("00139")])
    assert live.works_in("cap-moi", "00139", IN_2019)
    live.learn([office("00133")])
    assert not live.works_in("cap-moi", "00139", IN_2019)
    assert live.works_in("cap-moi", "00133", IN_2019)


def test_kinds_are_those_of_the_pack_of_the_day() -> None:
    policy: Policy = REFERENCE.policy
    rights = Rights(policy)
    for event in ("client-contacted", "plan-agreed"):
        assert rights.kinds(event, IN_2019, "01") == policy.holding(IN_2019, "01").may_post(event)


def office(commune: str) -> Organisation:
    return Organisation(
        id="cap-moi", kind="ward_police", name=Name(vi="Mới", en="New"), commune=commune, unit_on=IN_2019
    )
