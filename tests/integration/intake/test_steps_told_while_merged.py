"""Steps told of one client in the case of the other, while the two were one: each counts for that one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from tests.integration.intake.case_posts import acknowledgement, declined, move, revision, withdrawal
from tests.integration.intake.desk import Desk, verdicts
from tests.integration.intake.people import (
    BO_DE,
    case_of,
    corrected,
    merge,
    merge_id,
    registered,
    told,
    unmerge,
)
from tests.integration.intake.posts import NOW, Post, closing, contact, intervention, plan, screening
from tests.integration.intake.test_consent import consent

Told = Callable[[str], Post]


class Way(NamedTuple):
    """A step that needs others: what both were told of before, what B alone was told of while merged."""

    both: tuple[Told, ...]
    alone: tuple[Told, ...]
    step: Told


def met(ref: str) -> Post:
    return contact(BO_DE, ref)


def taken_on(ref: str) -> Post:
    return registered(BO_DE, ref, f"Nguyễn Văn {ref.title()}")


def screened(ref: str) -> Post:
    return screening(BO_DE, ref)


def intervened(ref: str) -> Post:
    return intervention(BO_DE, ref)


def planned(ref: str) -> Post:
    return plan(BO_DE, ref)


def revised(ref: str) -> Post:
    return revision(BO_DE, ref, "methadone")


def moved(ref: str) -> Post:
    return move(BO_DE, ref, "00139", BO_DE)


NEEDING = {
    "consented": Way((met,), (taken_on,), lambda ref: consent(ref, BO_DE)),
    "screened": Way((met,), (taken_on,), screened),
    "declined": Way((met,), (taken_on,), lambda ref: declined(BO_DE, ref)),
    "planned": Way((met,), (taken_on,), planned),
    "moved": Way((met,), (taken_on,), moved),
    "corrected": Way((met,), (taken_on,), lambda ref: corrected(BO_DE, ref, birth_year=1981)),
    "intervened": Way((taken_on,), (screened,), intervened),
    "followed up": Way(
        (taken_on,),
        (screened,),
        lambda ref: replace(screened(ref), data={**screened(ref).data, "occasion": "follow_up"}),
    ),
    "revised": Way((taken_on,), (planned,), revised),
}
"""The steps of the table that need one that an agency reports, but for those by rules of their own."""


def parted(desk: Desk, both: Iterable[Told], *while_one: Post) -> tuple[str, str]:
    """The cases of A and B, who were one person while that was told."""
    desk.post(*(post(ref) for post in both for ref in ("A", "B")))
    a, b = case_of(desk, BO_DE, "A"), case_of(desk, BO_DE, "B")
    merged = merge_id(merge(desk, a, b))
    assert set(verdicts(desk.post(*while_one))) == {"accepted"}
    assert desk.events()[-1]["meta"]["subject"] == a, "A's case takes it"
    assert unmerge(desk, merged).refusal is None
    return a, b


def told_of(receipt: dict[str, Any]) -> tuple[str, str | None]:
    return receipt["verdict"], receipt.get("code")


@pytest.mark.parametrize("way", NEEDING.values(), ids=NEEDING)
def test_what_a_step_needs_counts_for_the_client_of_whom_it_was_told(desk: Desk, way: Way) -> None:
    _, b = parted(desk, way.both, *(post("B") for post in way.alone))
    waiting = way.step("A")
    assert told_of(desk.post(way.step("B"))[0]) == ("accepted", None)
    assert desk.events()[-1]["meta"]["subject"] == b
    assert told_of(desk.post(waiting)[0]) == ("waiting", "too_early")
    receipts = desk.post(*(post("A") for post in way.alone))
    assert [told_of(one) for one in receipts] == [("accepted", None)] * len(receipts)
    assert waiting.id in {one["id"] for one in receipts}, "what it needs has come"


@pytest.mark.parametrize(("both", "once"), [((taken_on,), planned), ((met,), taken_on)])
def test_what_is_told_once_was_told_of_that_client_alone(
    desk: Desk, both: tuple[Told, ...], once: Told
) -> None:
    parted(desk, both, once("B"))
    assert told_of(desk.post(once("B"))[0]) == ("rejected", "already_recorded")
    assert told_of(desk.post(once("A"))[0]) == ("accepted", None)
    assert told_of(desk.post(once("A"))[0]) == ("rejected", "already_recorded")


def test_each_of_two_who_are_one_has_a_plan_of_their_own_which_is_revised_under_either(desk: Desk) -> None:
    desk.post(*(post(ref) for post in (taken_on, planned) for ref in ("B",)), taken_on("A"))
    merge(desk, case_of(desk, BO_DE, "A"), case_of(desk, BO_DE, "B"))
    assert told_of(desk.post(revised("B"))[0]) == ("accepted", None), "what its own case tells counts"
    assert told_of(desk.post(planned("B"))[0]) == ("rejected", "already_recorded")
    assert told_of(desk.post(planned("A"))[0]) == ("accepted", None)
    assert told_of(desk.post(planned("A"))[0]) == ("rejected", "already_recorded")


def test_the_next_case_of_a_client_begins_without_what_was_told_before_it(desk: Desk) -> None:
    parted(desk, (taken_on,), planned("B"))
    later = [replace(told, at=NOW - timedelta(days=8)) for told in (met("B"), taken_on("B"), planned("B"))]
    desk.post(replace(closing(BO_DE, "B"), at=NOW - timedelta(days=9)))
    desk.clock.move_to(NOW + timedelta(seconds=1))
    assert [told_of(one) for one in desk.post(*later)] == [("accepted", None)] * 3


def test_what_is_put_right_after_the_next_case_began_was_told_when_the_wrong_one_was(desk: Desk) -> None:
    slip = planned("B")
    parted(desk, (taken_on,), slip)
    desk.post(replace(closing(BO_DE, "B"), at=NOW - timedelta(days=9)))
    desk.clock.move_to(NOW + timedelta(seconds=1))
    later = [replace(told, at=NOW - timedelta(days=8)) for told in (met("B"), taken_on("B"), planned("B"))]
    desk.post(*later[:2], replace(planned("B"), corrects=slip.id))
    assert told_of(desk.post(later[2])[0]) == ("accepted", None)


def test_a_move_told_of_one_is_acknowledged_for_that_one_alone(desk: Desk) -> None:
    parted(desk, (taken_on,), moved("B"))
    (move_told,) = told(desk, "client-moved")
    assert told_of(desk.post(acknowledgement(BO_DE, {"agency_ref": "A"}))[0]) == ("waiting", "too_early")
    assert told_of(desk.post(acknowledgement(BO_DE, {"agency_ref": "B"}))[0]) == ("accepted", None)
    (answered,) = told(desk, "move-acknowledged")
    assert answered["data"]["move"] == move_told["id"]
    assert answered["meta"]["client"] == move_told["meta"]["client"]


def test_a_screening_follows_those_of_its_own_client(desk: Desk) -> None:
    _, b = parted(desk, (taken_on,), screened("A"), screened("B"))
    first, second = (one["id"] for one in told(desk, "client-screened"))
    desk.post(screened("A"), screened("B"))
    mine, theirs = (one["data"]["earlier"] for one in told(desk, "client-screened")[2:])
    assert (mine, theirs) == (first, None), f"not {second}, which was B's and is not in the case {b}"


def test_a_consent_goes_on_when_the_other_one_took_all_of_theirs_back(desk: Desk) -> None:
    given = consent("B", BO_DE)
    parted(desk, (taken_on,), given, withdrawal(BO_DE, "A", at=NOW - timedelta(days=1)))
    assert told_of(desk.post(withdrawal(BO_DE, "B", given.id, at=NOW))[0]) == ("accepted", None)
