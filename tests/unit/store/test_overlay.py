"""Changes of a batch, and taking them back."""

from __future__ import annotations

import pytest
from chassis.store.overlay import Journal, Overlay
from hypothesis import given
from hypothesis import strategies as st


def test_what_nobody_read_is_an_error_not_an_absence() -> None:
    overlay: Overlay[str, int] = Overlay(Journal())
    with pytest.raises(KeyError):
        overlay.get("a")
    overlay.know(["a"], [])
    assert overlay.get("a") is None


def test_a_change_that_ends_where_it_began_is_none() -> None:
    overlay: Overlay[str, int] = Overlay(Journal())
    overlay.know(["a"], [("a", 1)])
    overlay.put("a", 2)
    overlay.put("a", 1)
    assert list(overlay.changes()) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3) | st.none())), st.integers(0, 20))
def test_undoing_gives_back_what_was_there(writes: list[tuple[str, int | None]], at: int) -> None:
    journal = Journal()
    overlay: Overlay[str, int] = Overlay(journal)
    overlay.know("abc", [("b", 2)])
    seen, mark = {key: overlay.get(key) for key in "abc"}, 0
    for number, (key, value) in enumerate(writes):
        if number == at:
            seen, mark = {key: overlay.get(key) for key in "abc"}, len(journal)
        overlay.put(key, value)
    journal.undo(mark)
    assert {key: overlay.get(key) for key in "abc"} == seen


def test_what_was_written_unread_then_read_and_taken_back_is_no_change() -> None:
    journal = Journal()
    overlay: Overlay[str, str] = Overlay(journal)
    overlay.put("a", "mine")
    overlay.know(["a"], [("a", "theirs")])
    journal.undo(0)
    assert list(overlay.changes()) == []
    overlay.know(overlay.unknown(["a"]), [("a", "theirs")])
    assert overlay.get("a") == "theirs"


def test_a_row_written_unread_and_taken_back_is_read_as_it_stands() -> None:
    journal = Journal()
    overlay: Overlay[str, int] = Overlay(journal)
    overlay.put("a", 1)
    journal.undo(0)
    assert overlay.unknown(["a", "a", "b"]) == ["a", "b"]
    overlay.know(["a"], [("a", 5)])
    assert (overlay.get("a"), list(overlay.changes())) == (5, [])


def test_what_was_written_before_it_was_read_stays_and_is_a_change_of_what_was_there() -> None:
    overlay: Overlay[str, int] = Overlay(Journal())
    overlay.put("a", 1)
    assert overlay.unknown(["a"]) == ["a"]
    overlay.know(["a"], [("a", 5)])
    assert overlay.unknown(["a"]) == []
    assert (overlay.get("a"), list(overlay.changes())) == (1, [("a", 5, 1)])
