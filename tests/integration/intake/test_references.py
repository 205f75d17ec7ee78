"""References that an office mistyped are let go where nothing right stands under them, and no others."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from tests.integration.intake.case_posts import void
from tests.integration.intake.desk import POLICE, Desk, verdicts
from tests.integration.intake.people import BO_DE, NGOC_LAM, case_of, merge, registered, told
from tests.integration.intake.posts import NOW, Post, contact, counselling, introduction

ACCEPTED = ["accepted"]


def test_a_mistyped_reference_that_was_corrected_is_free_for_the_right_person(desk: Desk) -> None:
    wrong = sent(desk, "TV-12")
    right = replace(wrong, about={**wrong.about, "agency_ref": "TV-21"}, id="right", corrects=wrong.id)
    assert verdicts(desk.post(wrong, right)) == ACCEPTED * 2
    assert references(desk, BO_DE) == ["TV-21"]
    assert verdicts(desk.post(contact(BO_DE, "TV-12"), counselling(BO_DE, "TV-21"))) == ACCEPTED * 2
    assert case_of(desk, BO_DE, "TV-12") != case_of(desk, BO_DE, "TV-21")


def test_a_reference_under_which_something_right_stands_is_kept_beside_the_corrected_one(desk: Desk) -> None:
    wrong = sent(desk, "TV-12")
    right = replace(wrong, about={**wrong.about, "agency_ref": "TV-21"}, id="right", corrects=wrong.id)
    assert verdicts(desk.post(wrong, counselling(BO_DE, "TV-12"), right)) == ACCEPTED * 3
    assert references(desk, BO_DE) == ["TV-12", "TV-21"]
    assert case_of(desk, BO_DE, "TV-12") == case_of(desk, BO_DE, "TV-21")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_reference_is_free_once_all_that_stood_under_it_is_voided_in_whatever_order(
    desk: Desk, order: tuple[int, ...]
) -> None:
    posts = [contact(BO_DE, "TV-1"), registered(BO_DE, "TV-1"), counselling(BO_DE, "TV-1")]
    desk.post(*posts, contact(POLICE, "PX-1"))
    for left, n in enumerate(order):
        assert references(desk, BO_DE) == ["TV-1"], left
        assert verdicts(desk.post(void(BO_DE, "TV-1", posts[n].id, "entered_twice"))) == ACCEPTED
    assert references(desk, BO_DE) == []
    assert references(desk, POLICE) == ["PX-1"]
    assert verdicts(desk.post(contact(BO_DE, "TV-1", at=NOW))) == ACCEPTED


def test_a_reference_bound_while_two_are_one_is_let_go_in_the_case_of_its_client(desk: Desk) -> None:
    desk.post(registered(BO_DE, "A"), contact(POLICE, "PX"))
    given = desk.post(introduction(POLICE, "PX", NGOC_LAM))[0]["numbers"]["introduction"]
    merge(desk, case_of(desk, BO_DE, "A"), case_of(desk, POLICE, "PX"))
    slip = registered(NGOC_LAM, "B", about={"agency_ref": "B", "introduction": given})
    assert verdicts(desk.post(slip)) == ACCEPTED
    assert references(desk, NGOC_LAM) == ["B"]
    assert verdicts(desk.post(void(NGOC_LAM, "B", slip.id, "wrong_person"))) == ACCEPTED
    assert references(desk, NGOC_LAM) == []
    desk.post(registered(NGOC_LAM, "B", "Trần Thị Mai", sex="female"))
    assert case_of(desk, NGOC_LAM, "B") != case_of(desk, BO_DE, "A")


def sent(desk: Desk, ref: str) -> Post:
    """A registration by the number of an introduction, under that reference."""
    desk.post(contact(POLICE, "PX-1"))
    (told,) = desk.post(introduction(POLICE, "PX-1", BO_DE))
    return registered(BO_DE, ref, about={"agency_ref": ref, "introduction": told["numbers"]["introduction"]})


def references(desk: Desk, org: str) -> list[str]:
    """The references of an office that mean somebody."""
    rows = desk.rows("SELECT key FROM claims WHERE kind = 'ref' AND key LIKE %s ORDER BY key", f"{org}/%")
    return [str(key).partition("/")[2] for (key,) in rows]


def test_that_two_were_merged_by_its_number_says_nothing_right_of_a_registration(desk: Desk) -> None:
    desk.post(registered(NGOC_LAM, "A", id_number="001090123456"))
    posts = [contact(BO_DE, "B"), registered(BO_DE, "B", id_number="001090123456")]
    assert verdicts(desk.post(*posts)) == ACCEPTED * 2
    assert len(told(desk, "clients-merged")) == 2
    assert verdicts(desk.post(*(void(BO_DE, "B", one.id) for one in reversed(posts)))) == ACCEPTED * 2
    assert references(desk, BO_DE) == []
